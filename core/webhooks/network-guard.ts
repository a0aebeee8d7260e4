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
  | 'credentials_in_url';

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
const metadataName = /^(metadata|instance-data|metadata\.google\.internal|metadata\.goog)$/;

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
  const host = hostname.toLowerCase().replace(/^\[(.*)\]$/, '$1');
  if (ipaddr.isValid(host)) {
    return vetAddress(host, allow);
  }
  // `localhost.` with the root's dot is the same name.
  const name = host.replace(/\.+$/, '');
  if (name === '') {
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
  credentials_in_url: 'it holds a user name or password; use the headers of the subscription instead',
  metadata: 'it leads to a cloud metadata service, which is never called',
};

/** The rest of the sentence "the target is refused: …", for the caller who may correct it. */
export function explainRefusal(reason: TargetRefusal): string {
  return (
    explanations[reason] ?? `its host is a ${reason.replaceAll('_', '-')} address, which is not called here`
  );
}
