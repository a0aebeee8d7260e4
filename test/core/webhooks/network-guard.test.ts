import fc from 'fast-check';
import { parsePrivateTargets, vetAddress, vetUrl } from '../../../core/webhooks/network-guard';

function hex(octets: readonly number[]): string {
  const [a = 0, b = 0, c = 0, d = 0] = octets;
  return `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
}

const octets = fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255));
/** Half of them near the ranges that matter: uniform addresses would hit those once in a hundred. */
const interesting = fc.oneof(
  octets,
  fc
    .tuple(fc.constantFrom(0, 10, 100, 127, 169, 172, 192, 198, 203, 224, 240, 255), octets)
    .map(([first, rest]) => [first, ...rest.slice(1)] as [number, number, number, number]),
  fc.nat(255).map((last) => [169, 254, 169, last] as [number, number, number, number]),
);

describe('vetAddress', () => {
  const refused: [string, string][] = [
    ['127.0.0.1', 'loopback'],
    ['127.255.255.254', 'loopback'],
    ['10.0.0.1', 'private'],
    ['172.16.0.1', 'private'],
    ['172.31.255.255', 'private'],
    ['192.168.1.1', 'private'],
    ['169.254.0.1', 'link_local'],
    ['169.254.169.254', 'metadata'],
    ['169.254.170.2', 'metadata'],
    ['169.254.170.23', 'metadata'],
    ['100.64.0.1', 'carrier_grade_nat'],
    ['100.100.100.200', 'metadata'],
    ['168.63.129.16', 'metadata'],
    ['198.18.0.1', 'benchmarking'],
    ['192.0.2.1', 'documentation'],
    ['198.51.100.7', 'documentation'],
    ['203.0.113.9', 'documentation'],
    ['224.0.0.1', 'multicast'],
    ['255.255.255.255', 'broadcast'],
    ['0.0.0.0', 'unspecified'],
    ['0.1.2.3', 'unspecified'],
    ['240.0.0.1', 'reserved'],
    ['192.0.0.8', 'reserved'],
    ['192.88.99.1', 'six_to_four'],
    ['::1', 'loopback'],
    ['::', 'unspecified'],
    ['::ffff:127.0.0.1', 'loopback'],
    ['::ffff:a00:1', 'private'],
    ['::127.0.0.1', 'ipv4_compatible'],
    ['::8.8.8.8', 'ipv4_compatible'],
    ['::ffff:0:127.0.0.1', 'ipv4_translated'],
    ['64:ff9b::7f00:1', 'loopback'],
    ['64:ff9b::a9fe:a9fe', 'metadata'],
    ['64:ff9b:1::7f00:1', 'nat64_local'],
    ['2002:7f00:1::', 'six_to_four'],
    ['2002:a9fe:a9fe::', 'metadata'],
    ['2001:0:4136:e378:8000:63bf:3fff:fdd2', 'teredo'],
    ['fc00::1', 'unique_local'],
    ['fd00:ec2::254', 'metadata'],
    ['fe80::1', 'link_local'],
    ['fe80::1%eth0', 'link_local'],
    ['fec0::1', 'site_local'],
    ['ff02::1', 'multicast'],
    ['100::1', 'discard'],
    ['5f00::1', 'segment_routing'],
    ['2001:db8::1', 'documentation'],
    ['3fff::1', 'documentation'],
    ['2001:2::1', 'benchmarking'],
    ['2001:20::1', 'reserved'],
    ['4000::1', 'reserved'],
    ['1::1', 'reserved'],
    ['', 'not_an_address'],
    ['example.com', 'not_an_address'],
    ['0177.0.0.1', 'not_an_address'],
    ['127.1', 'not_an_address'],
    ['2130706433', 'not_an_address'],
    ['::ffff:0177.0.0.1', 'not_an_address'],
  ];
  it.each(refused)('refuses %s as %s', (address, reason) => {
    expect(vetAddress(address, false)).toBe(reason);
  });

  it.each(['8.8.8.8', '172.32.0.1', '100.128.0.1', '2606:4700::1111', '::ffff:8.8.8.8', '64:ff9b::808:808'])(
    'lets the public address %s through',
    (address) => {
      expect(vetAddress(address, false)).toBe('allowed');
    },
  );

  it.each([
    '169.254.169.254',
    '169.254.170.2',
    '::ffff:169.254.169.254',
    '64:ff9b::a9fe:a9fe',
    '2002:a9fe:a9fe::1',
    '::169.254.169.254',
    '::ffff:0:169.254.169.254',
    '64:ff9b:1::a9fe:a9fe',
    '64:ff9b:1:a9fe:a9:fe00::',
    '2001:0:a9fe:a9fe::1',
    '2001:0:1:1::5601:5601',
    'fd00:ec2::254',
  ])('refuses the metadata address %s even where everything private is allowed', (address) => {
    expect(vetAddress(address, true)).toBe('metadata');
    expect(vetAddress(address, ['0.0.0.0/0', '::/0'])).toBe('metadata');
  });

  it('lets a private network through where the stage says so, and nothing else special', () => {
    for (const address of ['127.0.0.1', '::1', '10.1.2.3', 'fd12::1', '::ffff:127.0.0.1']) {
      expect(vetAddress(address, true)).toBe('allowed');
    }
    for (const address of ['224.0.0.1', '0.0.0.0', '2002:7f00:1::', '240.0.0.1']) {
      expect(vetAddress(address, true)).not.toBe('allowed');
    }
  });

  it('lets only the listed ranges through', () => {
    expect(vetAddress('10.2.0.1', ['10.2.0.0/16'])).toBe('allowed');
    expect(vetAddress('::ffff:10.2.0.1', ['10.2.0.0/16'])).toBe('allowed');
    expect(vetAddress('10.3.0.1', ['10.2.0.0/16'])).toBe('private');
    expect(vetAddress('::1', ['127.0.0.0/8'])).toBe('loopback');
  });

  it('gives an IPv4 address in its mapped and NAT64 forms the same verdict', () => {
    fc.assert(
      fc.property(interesting, fc.constantFrom(true, false, ['10.0.0.0/8']), (ip, allow) => {
        const verdict = vetAddress(ip.join('.'), allow);
        expect(vetAddress(`::ffff:${hex(ip)}`, allow)).toBe(verdict);
        expect(vetAddress(`::ffff:${ip.join('.')}`, allow)).toBe(verdict);
        expect(vetAddress(`64:ff9b::${hex(ip)}`, allow)).toBe(verdict);
      }),
    );
  });

  it('never lets a refused IPv4 address through inside a tunnelling form', () => {
    fc.assert(
      fc.property(interesting, fc.boolean(), (ip, allow) => {
        fc.pre(vetAddress(ip.join('.'), allow) !== 'allowed');
        for (const form of [
          `2002:${hex(ip)}::1`,
          `::${hex(ip)}`,
          `::ffff:0:${hex(ip)}`,
          `64:ff9b:1::${hex(ip)}`,
        ]) {
          expect(vetAddress(form, allow)).not.toBe('allowed');
        }
      }),
    );
  });

  it('refuses every 6to4 and Teredo address', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(0xffff), { minLength: 6, maxLength: 6 }), (words) => {
        const rest = words.map((word) => word.toString(16)).join(':');
        expect(vetAddress(`2002:0:${rest}`, false)).not.toBe('allowed');
        expect(vetAddress(`2001:0:${rest}`, false)).not.toBe('allowed');
      }),
    );
  });
});

describe('vetUrl', () => {
  it.each([
    ['http://127.0.0.1/', 'loopback'],
    ['http://2130706433/', 'loopback'],
    ['http://0x7f.0.0.1/', 'loopback'],
    ['http://0x7f000001/', 'loopback'],
    ['http://0177.0.0.1/', 'loopback'],
    ['http://127.1/', 'loopback'],
    ['http://127.0.0.1./', 'loopback'],
    ['http://１２７.0.0.1/', 'loopback'],
    ['http://127。0。0。1/', 'loopback'],
    ['http://[::1]:80/', 'loopback'],
    ['http://[::ffff:127.0.0.1]/', 'loopback'],
    ['http://[::ffff:7f00:1]/', 'loopback'],
    ['http://localhost/', 'loopback'],
    ['http://LOCALHOST./', 'loopback'],
    ['http://a.b.localhost/', 'loopback'],
    ['http://0/', 'unspecified'],
    ['http://169.254.169.254/latest/meta-data', 'metadata'],
    ['http://0xa9fea9fe/', 'metadata'],
    ['http://metadata.google.internal/', 'metadata'],
    ['ftp://example.com/', 'scheme_not_http'],
    ['javascript:alert(1)', 'scheme_not_http'],
    ['file:///etc/passwd', 'scheme_not_http'],
    ['http://user@example.com/', 'credentials_in_url'],
    ['http://:pass@example.com/', 'credentials_in_url'],
    ['http://example.com@127.0.0.1/', 'credentials_in_url'],
    ['example.com/hook', 'not_a_url'],
    ['', 'not_a_url'],
    [' http://example.com/', 'not_a_url'],
    ['http://exam\tple.com/', 'not_a_url'],
    ['http://./', 'not_a_url'],
    ['http://[fe80::1%25eth0]/', 'not_a_url'],
  ])('refuses %s as %s', (url, reason) => {
    expect(vetUrl(url, false)).toEqual({ ok: false, reason });
  });

  it('reads every spelling of an IPv4 host as the same address', () => {
    fc.assert(
      fc.property(interesting, (ip) => {
        const [a, b, c, d] = ip;
        const number = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
        const expected = vetAddress(ip.join('.'), false);
        for (const host of [
          `${number}`,
          `0x${number.toString(16)}`,
          ip.map((octet) => `0${octet.toString(8)}`).join('.'),
          `${a}.${number & 0xffffff}`,
          `[::ffff:${hex(ip)}]`,
        ]) {
          const verdict = vetUrl(`https://${host}/`, false);
          expect(verdict.ok ? 'allowed' : verdict.reason).toBe(expected);
        }
      }),
    );
  });

  it('lets public hosts and names through, and localhost where private targets are allowed', () => {
    expect(vetUrl('https://example.com:8443/hook?x=1', false)).toMatchObject({ ok: true });
    expect(vetUrl('http://8.8.8.8/', false)).toMatchObject({ ok: true });
    expect(vetUrl('http://localhost:9999/', true)).toMatchObject({ ok: true });
    expect(vetUrl('http://localhost:9999/', ['::1/128'])).toMatchObject({ ok: true });
    expect(vetUrl('http://localhost:9999/', ['10.0.0.0/8'])).toEqual({ ok: false, reason: 'loopback' });
  });
});

describe('parsePrivateTargets', () => {
  it('reads true, false and a list of ranges', () => {
    expect(parsePrivateTargets('true')).toBe(true);
    expect(parsePrivateTargets('false')).toBe(false);
    expect(parsePrivateTargets('["10.0.0.0/8","fd00::/8"]')).toEqual(['10.0.0.0/8', 'fd00::/8']);
  });

  it.each(['', 'yes', '1', 'null', '{}', '["10.0.0.0"]', '["010.0.0.0/8"]', '[1]', '["10.0.0.0/33"]'])(
    'refuses %s instead of opening the guard',
    (text) => {
      expect(() => parsePrivateTargets(text)).toThrow('ALLOW_PRIVATE_TARGETS');
    },
  );
});
