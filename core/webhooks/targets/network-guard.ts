import ipaddr from 'ipaddr.js';
import {
  type Address,
  type AddressClass,
  carriesMetadata,
  classifyAddress,
  isWithin,
  type Range,
  unwrapAddress,
} from './address-ranges';

/** Whether private targets may be called: none, those of a private network, or the CIDR ranges listed. */
export type PrivateTargets = boolean | readonly string[];

/** Why a target is not called. */
export type TargetRefusal =
  | AddressClass
  | 'not_an_address'
  | 'not_a_url'
  | 'scheme_not_http'
  | 'credentials_in_url'
  | 'port_of_another_protocol';

export type UrlVerdict =
  | { readonly ok: true; readonly url: URL }
  | { readonly ok: false; readonly reason: TargetRefusal };

/** What `true` lets through; multicast, tunnels and the like are no targets in any network. */
const privateClasses: ReadonlySet<AddressClass> = new Set<AddressClass>([
  'loopback',
  'private',
  'link_local',
  'carrier_grade_nat',
  'unique_local',
  'site_local',
]);

/** Names that resolvers answer from the machine itself, whatever the DNS says (RFC 6761). */
const loopbackName = /^(.*\.)?(localhost|localhost\.localdomain|ip6-localhost|ip6-loopback)$/;
const metadataName =
  /^(metadata|instance-data|(metadata|instance-data)\.(ec2|google|azure)\.internal|metadata\.goog|metadata\.tencentyun\.com)$/;

/**
 * Ports on which other protocols listen that can be led astray by a request they take for their own: mail,
 * shells, files, name servers (the list of the fetch standard, https://fetch.spec.whatwg.org/#port-blocking).
 */
const otherProtocols: ReadonlySet<number> = new Set([
  ...[0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103],
  ...[104, 109, 110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513],
  ...[514, 515, 526, 530, 531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720],
  ...[1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080],
]);

/**
 * Judges a target before its name is resolved: http or https, no credentials, and a host that is not a refused
 * address in any spelling (the URL standard turns decimal, octal, hexadecimal and short forms into one).
 * A name that passes must still have its addresses vetted when it is connected to.
 */
export function vetUrl(text: string, allow: PrivateTargets): UrlVerdict {
  const url = parseUrl(text);
  if (!url) {
    return { ok: false, reason: 'not_a_url' };
  }
  if (url.protocol !== 'http:' && url.protocol !== 'https:') {
    return { ok: false, reason: 'scheme_not_http' };
  }
  if (url.username !== '' || url.password !== '') {
    return { ok: false, reason: 'credentials_in_url' };
  }
  // On a developer's machine any port may be the developer's.
  if (allow !== true && url.port !== '' && otherProtocols.has(Number(url.port))) {
    return { ok: false, reason: 'port_of_another_protocol' };
  }
  const verdict = vetHost(url.hostname, allow);
  return verdict === 'allowed' ? { ok: true, url } : { ok: false, reason: verdict };
}

function parseUrl(text: string): URL | undefined {
  // The parser drops tabs and line breaks silently: what is stored would not be what is called.
  if (/[\s\p{Cc}]/u.test(text)) {
    return undefined;
  }
  try {
    return new URL(text);
  } catch {
    return undefined;
  }
}

function vetHost(hostname: string, allow: PrivateTargets): 'allowed' | TargetRefusal {
  // `localhost.` with the root's dot is the same name.
  const name = hostname
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/\.$/, '');
  if (ipaddr.isValid(name)) {
    return vetAddress(name, allow);
  }
  // No name has an empty label, and resolvers differ in what they make of `127.0.0.1..`.
  if (name.split('.').includes('')) {
    return 'not_a_url';
  }
  if (metadataName.test(name)) {
    return 'metadata';
  }
  if (!loopbackName.test(name)) {
    return 'allowed';
  }
  const verdicts = [vetAddress('127.0.0.1', allow), vetAddress('::1', allow)];
  return verdicts.includes('allowed') ? 'allowed' : 'loopback';
}

/**
 * Judges one resolved address.
 * v4-mapped and NAT64 forms get the verdict of the IPv4 address within; metadata addresses are refused always,
 * also where `allow` names their range.
 * @returns `allowed`, or why not.
 */
export function vetAddress(text: string, allow: PrivateTargets): 'allowed' | TargetRefusal {
  const written = parseAddress(text);
  if (!written) {
    return 'not_an_address';
  }
  const address = unwrapAddress(written);
  const found = classifyAddress(address);
  if (found === undefined) {
    return 'allowed';
  }
  if (found === 'metadata' || carriesMetadata(address)) {
    return 'metadata';
  }
  if (allow === true) {
    return privateClasses.has(found) ? 'allowed' : found;
  }
  return allow !== false && isListed(address, allow) ? 'allowed' : found;
}

function parseAddress(text: string): Address | undefined {
  // ipaddr.js takes octal and short IPv4 forms, and `::8.8.8.8` for the mapped form: only canonical text reaches it.
  if (!text.includes(':')) {
    return ipaddr.IPv4.isValidFourPartDecimal(text) ? ipaddr.parse(text) : undefined;
  }
  const withoutZone = text.replace(/%.*$/, '');
  const host = parseUrl(`http://[${withoutZone}]/`)?.hostname.slice(1, -1);
  return host !== undefined && ipaddr.IPv6.isValid(host) ? ipaddr.parse(host) : undefined;
}

function isListed(address: Address, allow: readonly string[]): boolean {
  return allow.some((text) => {
    const range = parseRange(text);
    return range !== undefined && isWithin(address, range);
  });
}

function parseRange(text: string): Range | undefined {
  const valid = text.includes(':')
    ? ipaddr.IPv6.isValidCIDR(text)
    : ipaddr.IPv4.isValidCIDRFourPartDecimal(text);
  return valid ? ipaddr.parseCIDR(text) : undefined;
}

/**
 * Reads the setting `ALLOW_PRIVATE_TARGETS`: `true`, `false` or a JSON array of CIDR ranges.
 * @throws when it is anything else: a deployment mistake must not open the guard.
 */
export function parsePrivateTargets(text: string): PrivateTargets {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    value = undefined;
  }
  if (typeof value === 'boolean') {
    return value;
  }
  if (Array.isArray(value) && value.every((item) => typeof item === 'string' && parseRange(item))) {
    return value as string[];
  }
  throw new Error(`ALLOW_PRIVATE_TARGETS is ${text}: it must be true, false or a JSON array of CIDR ranges`);
}

const explanations: Readonly<Partial<Record<TargetRefusal, string>>> = {
  not_a_url: 'it is not an absolute URL without spaces',
  scheme_not_http: 'its scheme is neither http nor https',
  credentials_in_url: 'it holds a user name or password; use the credentials of the subscription instead',
  port_of_another_protocol: 'its port belongs to another protocol than HTTP',
  metadata: 'it leads to a cloud metadata service, which is never called',
};

/** The rest of the sentence "the target is refused: …", for the caller who may correct it. */
export function explainRefusal(reason: TargetRefusal): string {
  return (
    explanations[reason] ?? `its host is a ${reason.replaceAll('_', '-')} address, which is not called here`
  );
}
