import ipaddr from 'ipaddr.js';

/** What an address is when it is not plainly public. */
export type AddressClass =
  | 'metadata'
  | 'loopback'
  | 'private'
  | 'link_local'
  | 'carrier_grade_nat'
  | 'unique_local'
  | 'site_local'
  | 'unspecified'
  | 'multicast'
  | 'broadcast'
  | 'documentation'
  | 'benchmarking'
  | 'six_to_four'
  | 'teredo'
  | 'nat64_local'
  | 'ipv4_compatible'
  | 'ipv4_translated'
  | 'isatap'
  | 'discard'
  | 'segment_routing'
  | 'reserved';

export type Address = ipaddr.IPv4 | ipaddr.IPv6;
export type Range = [Address, number];

/**
 * Credentials lie here: instance, container and function metadata of AWS, and of the clouds that a name can
 * point to from anywhere (Alibaba, Oracle, Azure's wire server, Google, Scaleway, Tencent, OpenStack); and what
 * Lambda serves a function from within its own sandbox: the runtime API with its events, the tracing daemon.
 */
const metadata = [
  '169.254.169.0/24',
  '169.254.170.0/23',
  '169.254.0.23/32',
  '169.254.79.0/24',
  '169.254.100.0/24',
  'fe80::a9fe:a9fe/128',
  '100.100.100.200/32',
  '192.0.0.192/32',
  '168.63.129.16/32',
  'fd00:ec2::/32',
  'fd20:ce::254/128',
  'fd00:42::42/128',
];

/** IANA's special-purpose registries (RFC 6890 and what came after it); the first match counts. */
const classes: readonly (readonly [AddressClass, readonly string[]])[] = [
  ['metadata', metadata],
  ['loopback', ['127.0.0.0/8', '::1/128']],
  ['private', ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16']],
  ['link_local', ['169.254.0.0/16', 'fe80::/10']],
  ['carrier_grade_nat', ['100.64.0.0/10']],
  ['unique_local', ['fc00::/7']],
  ['site_local', ['fec0::/10']],
  ['unspecified', ['0.0.0.0/8', '::/128']],
  ['multicast', ['224.0.0.0/4', 'ff00::/8']],
  ['broadcast', ['255.255.255.255/32']],
  ['documentation', ['192.0.2.0/24', '198.51.100.0/24', '203.0.113.0/24', '2001:db8::/32', '3fff::/20']],
  ['benchmarking', ['198.18.0.0/15', '2001:2::/48']],
  ['six_to_four', ['2002::/16', '192.88.99.0/24']],
  ['teredo', ['2001::/32']],
  ['nat64_local', ['64:ff9b:1::/48']],
  ['ipv4_compatible', ['::/96']],
  ['ipv4_translated', ['::ffff:0:0:0/96']],
  ['discard', ['100::/64']],
  ['segment_routing', ['5f00::/16']],
  // Protocol assignments, AS112, AMT, class E.
  ['reserved', ['192.0.0.0/24', '192.31.196.0/24', '192.52.193.0/24', '192.175.48.0/24', '240.0.0.0/4']],
  ['reserved', ['2001::/23', '2620:4f:8000::/48']],
];

const ranges = classes.map(([name, texts]) => ({
  name,
  ranges: texts.map((text) => ipaddr.parseCIDR(text)),
}));

/** Global unicast; whatever lies outside is unassigned or special. */
const globalUnicast = ipaddr.parseCIDR('2000::/3');

/** The class of an address as it is written, without looking into it; `undefined` when it is public. */
export function classifyAddress(address: Address): AddressClass | undefined {
  const found = ranges.find((candidate) => candidate.ranges.some((range) => isWithin(address, range)));
  if (found) {
    return found.name;
  }
  if (address.kind() === 'ipv4') {
    return undefined;
  }
  return isWithin(address, globalUnicast) ? tunnelClass(address) : 'reserved';
}

/** ISATAP hides an IPv4 address in the last four bytes, under whatever prefix (RFC 5214, section 6.1). */
function tunnelClass(address: Address): AddressClass | undefined {
  const [a = 0, b, c, d] = address.toByteArray().slice(8, 12);
  // The second bit of the first byte says whether the IPv4 address is public, and proves nothing.
  return (a & 0xfd) === 0 && b === 0 && c === 0x5e && d === 0xfe ? 'isatap' : undefined;
}

export function isWithin(address: Address, range: Range): boolean {
  return address.kind() === range[0].kind() && address.match(range);
}

const mapped = ipaddr.parseCIDR('::ffff:0:0/96');
const nat64 = ipaddr.parseCIDR('64:ff9b::/96');

/** v4-mapped and NAT64 addresses *are* the IPv4 address within, so they get its verdict (RFC 4291, 6052). */
export function unwrapAddress(address: Address): Address {
  if (address.kind() === 'ipv4' || !(isWithin(address, mapped) || isWithin(address, nat64))) {
    return address;
  }
  return ipv4At(address.toByteArray(), [12, 13, 14, 15]);
}

/**
 * Where the tunnelling and translating forms carry an IPv4 address: 6to4 (RFC 3056), Teredo's server, the last
 * four bytes of v4-compatible, translated, ISATAP and NAT64 /96, and the split form of a NAT64 /48 (RFC 6052, 2.2).
 */
const carriedAt = [
  [2, 3, 4, 5],
  [4, 5, 6, 7],
  [12, 13, 14, 15],
  [6, 7, 9, 10],
] as const;

const carriers: ReadonlySet<AddressClass | undefined> = new Set<AddressClass>([
  'six_to_four',
  'teredo',
  'nat64_local',
  'ipv4_compatible',
  'ipv4_translated',
  'isatap',
]);

/** True when a tunnelling or translating form carries a metadata address, Teredo's inverted client included. */
export function carriesMetadata(address: Address): boolean {
  if (address.kind() === 'ipv4' || !carriers.has(classifyAddress(address))) {
    return false;
  }
  const bytes = address.toByteArray();
  const inverted = bytes.map((byte) => byte ^ 0xff);
  const carried = [...carriedAt.map((at) => ipv4At(bytes, at)), ipv4At(inverted, carriedAt[2])];
  return carried.some((inner) => classifyAddress(inner) === 'metadata');
}

function ipv4At(bytes: readonly number[], at: readonly [number, number, number, number]): ipaddr.IPv4 {
  return new ipaddr.IPv4(at.map((index) => bytes[index] ?? 0));
}
