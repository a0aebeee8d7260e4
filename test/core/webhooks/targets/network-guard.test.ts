import fc from 'fast-check';
import { parsePrivateTargets, vetAddress, vetUrl } from '../../../../core/webhooks/targets/network-guard';

describe('vetAddress', () => {
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
  it('holds to the ports of HTTP, except on a developer’s machine', () => {
    const mail = 'http://example.com:25/';
    const refused = { ok: false, reason: 'port_of_another_protocol' };
    expect(vetUrl(mail, false)).toEqual(refused);
    expect(vetUrl('http://10.0.0.1:22/', ['10.0.0.0/8'])).toEqual(refused);
    expect(vetUrl('http://127.0.0.1:1/', true)).toMatchObject({ ok: true });
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
