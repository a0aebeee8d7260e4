import { withScheme } from '../with-scheme';

/**
 * Where an origin lists what it keeps: exactly as it was given, over http where it names no scheme.
 * @param limit how many are asked for. @default the origin's own
 */
export function originListUrl(originHost: string, limit?: number): string {
  const url = withScheme(originHost);
  if (limit === undefined) {
    return url;
  }
  const [address = '', fragment] = url.split('#', 2);
  const asked = `${address}${address.includes('?') ? '&' : '?'}limit=${limit}`;
  return fragment === undefined ? asked : `${asked}#${fragment}`;
}

/** How an origin is told of: without the user and the password that its URL may hold. */
export function originName(originHost: string): string {
  return originHost.replace(/^([a-z][a-z0-9+.-]*:\/\/)?[^/?#]*@/i, '$1');
}

/**
 * What an origin is known by, however its URL is spelt: upper case in the host, a port that goes without saying, and
 * the user and password that its URL may hold make no other application of it.
 */
export function originKey(originHost: string): string {
  const text = originListUrl(originHost);
  if (!URL.canParse(text)) {
    return originHost;
  }
  const url = new URL(text);
  url.username = '';
  url.password = '';
  url.hash = '';
  return url.href;
}

/**
 * Where one row is removed: contract Postoffice, section 4, "plain concatenation".
 * @param id digits alone.
 * @returns `undefined` where that would lead to another host or port, because the origin's own path is missing.
 */
export function originRowUrl(originHost: string, id: string): string | undefined {
  const [list, row] = [originListUrl(originHost), `${originListUrl(originHost)}${id}/`];
  return URL.canParse(list) && URL.canParse(row) && new URL(list).origin === new URL(row).origin
    ? row
    : undefined;
}
