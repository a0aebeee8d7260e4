import fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { vetAddress, vetUrl } from '../../../../core/webhooks/targets/network-guard';
import vectors from '../../../vectors/network-guard.json';

const verdictOf = (url: string) => {
  const verdict = vetUrl(url, false);
  return verdict.ok ? 'allowed' : verdict.reason;
};

describe('vetAddress, by the published vectors', () => {
  it.each(vectors.addresses as [string, string, string][])('%j is %s: %s', (address, verdict) => {
    expect(vetAddress(address, false)).toBe(verdict);
  });

  const metadata = vectors.addresses.filter(([, verdict]) => verdict === 'metadata');

  it.each(metadata as [string, string, string][])('%j is never called, whatever is allowed', (address) => {
    for (const allow of [true, ['0.0.0.0/0', '::/0']]) {
      expect(vetAddress(address, allow)).toBe('metadata');
    }
  });
});

describe('vetUrl, by the published vectors', () => {
  it.each(vectors.urls as [string, string, string][])('%j is %s: %s', (url, verdict) => {
    expect(verdictOf(url)).toBe(verdict);
  });

  it.each(vectors.urls.filter(([, verdict]) => verdict === 'metadata') as [string, string, string][])(
    '%j is never called, whatever is allowed',
    (url) => {
      expect(vetUrl(url, true)).toEqual({ ok: false, reason: 'metadata' });
    },
  );
});

/** An address of a range: its prefix, and whatever bits behind it. */
function addressIn(cidr: string): fc.Arbitrary<ipaddr.IPv4 | ipaddr.IPv6> {
  const [base, prefix] = ipaddr.parseCIDR(cidr);
  const bytes = base.toByteArray();
  return fc.array(fc.nat(255), { minLength: bytes.length, maxLength: bytes.length }).map((random) =>
    ipaddr.fromByteArray(
      bytes.map((byte, index) => {
        const fixed = Math.min(8, Math.max(0, prefix - index * 8));
        const mask = (0xff << (8 - fixed)) & 0xff;
        return (byte & mask) | ((random[index] as number) & ~mask);
      }),
    ),
  );
}

describe('the special-purpose ranges', () => {
  type Range = [string, string, string, string[]?];
  it.each(vectors.ranges as Range[])('%s is %s throughout (%s)', (cidr, verdict, _, without = []) => {
    const holes = without.map((text) => ipaddr.parseCIDR(text));
    fc.assert(
      fc.property(addressIn(cidr), (address) => {
        fc.pre(!holes.some((hole) => address.kind() === hole[0].kind() && address.match(hole as never)));
        expect(vetAddress(address.toString(), false)).toBe(verdict);
      }),
    );
    const [base] = ipaddr.parseCIDR(cidr);
    if (holes.length === 0) {
      expect(vetAddress(base.toString(), false)).toBe(verdict);
    }
  });
});

const octet = fc.nat(255);
/** Every special range as often as the rest: uniform addresses would hit those once in a hundred. */
const ipv4 = fc.oneof(
  fc.tuple(octet, octet, octet, octet),
  ...vectors.ranges
    .map(([cidr]) => cidr as string)
    .filter((cidr) => !cidr.includes(':'))
    .map((cidr) =>
      addressIn(cidr).map((address) => address.toByteArray() as [number, number, number, number]),
    ),
);

const hex = ([a, b, c, d]: readonly [number, number, number, number]) =>
  `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;

const policies = fc.constantFrom<boolean | string[]>(true, false, ['10.0.0.0/8'], ['0.0.0.0/0']);

describe('an IPv4 address within an IPv6 address', () => {
  it('keeps its verdict where it is the same address: mapped and NAT64', () => {
    fc.assert(
      fc.property(ipv4, policies, (ip, allow) => {
        const verdict = vetAddress(ip.join('.'), allow);
        for (const form of [`::ffff:${hex(ip)}`, `::ffff:${ip.join('.')}`, `64:ff9b::${hex(ip)}`]) {
          expect(vetAddress(form, allow)).toBe(verdict);
          expect(vetUrl(`http://[${form}]/`, allow).ok).toBe(verdict === 'allowed');
        }
      }),
    );
  });

  it('is not called at all where it is hidden: compatible, translated, 6to4, Teredo, ISATAP, local NAT64', () => {
    const inverted = (ip: readonly [number, number, number, number]) =>
      hex(ip.map((byte) => byte ^ 0xff) as [number, number, number, number]);
    fc.assert(
      fc.property(ipv4, fc.constantFrom<boolean | string[]>(true, false, ['0.0.0.0/0']), (ip, allow) => {
        for (const form of [
          `::${hex(ip)}`,
          `::ffff:0:${hex(ip)}`,
          `2002:${hex(ip)}::1`,
          `2001:0:${hex(ip)}::`,
          `2001:0:102:304::${inverted(ip)}`,
          `2a00:1450::5efe:${hex(ip)}`,
          `2a00:1450::200:5efe:${hex(ip)}`,
          `64:ff9b:1::${hex(ip)}`,
        ]) {
          expect(vetAddress(form, allow)).not.toBe('allowed');
        }
      }),
    );
  });
});

const glyphs = ['0123456789', '０１２３４５６７８９', '𝟎𝟏𝟐𝟑𝟒𝟓𝟔𝟕𝟖𝟗', '⁰¹²³⁴⁵⁶⁷⁸⁹'].map((text) => [...text]);
const dots = ['.', '。', '．', '｡', '%2e'];

/** One of the ways in which an IPv4 address can stand in a URL. */
const spelling = fc.record({
  radices: fc.array(fc.constantFrom(8, 10, 16), { minLength: 4, maxLength: 4 }),
  parts: fc.integer({ min: 1, max: 4 }),
  zeros: fc.nat(3),
  glyphs: fc.constantFrom(...glyphs),
  dot: fc.constantFrom(...dots),
  end: fc.constantFrom('', '.'),
  upper: fc.boolean(),
});

function spell(
  ip: readonly number[],
  how: typeof spelling extends fc.Arbitrary<infer T> ? T : never,
): string {
  const first = ip.slice(0, how.parts - 1);
  const rest = ip.slice(how.parts - 1).reduce((sum, byte) => sum * 256 + byte, 0);
  return (
    [...first, rest]
      .map((value, index) => {
        const radix = how.radices[index] as number;
        const digits = value.toString(radix);
        const text = radix === 10 ? digits : `${radix === 16 ? '0x' : '0'}${'0'.repeat(how.zeros)}${digits}`;
        return how.upper ? text.toUpperCase() : text;
      })
      .join(how.dot)
      .replace(/[0-9]/g, (digit) => (how.dot === '%2e' ? digit : (how.glyphs[Number(digit)] as string)))
      .replace(/0X/g, '0x') + how.end
  );
}

describe('a URL', () => {
  it('has one verdict, however its IPv4 address is spelt', () => {
    fc.assert(
      fc.property(ipv4, spelling, (ip, how) => {
        expect(verdictOf(`https://${spell(ip, how)}/`)).toBe(vetAddress(ip.join('.'), false));
      }),
      { numRuns: 500 },
    );
  });

  it('never throws and never passes with a host that is a refused address, whatever it is made of', () => {
    const piece = fc.constantFrom(
      ...[
        '127',
        '0x7f',
        '0',
        '1',
        '.',
        '。',
        '@',
        ':',
        '/',
        '\\',
        '#',
        '?',
        '[',
        ']',
        '::',
        'ffff',
        'a9fe',
        '%',
        '2e',
      ],
      ...['localhost', '169.254.169.254', 'example.com', '\t', '\u0000', '\u00ad', '①', '٣', 'xn--'],
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const verdict = vetUrl(`http://${pieces.join('')}`, false);
        if (verdict.ok) {
          const host = verdict.url.hostname.replace(/^\[|\]$|\.+$/g, '');
          expect(verdict.url.username + verdict.url.password).toBe('');
          expect(host).not.toMatch(/(^|\.)localhost$/);
          expect(ipaddr.isValid(host) ? vetAddress(host, false) : 'allowed').toBe('allowed');
        }
      }),
      { numRuns: 2000 },
    );
  });
});
