const SCHEME = /^[a-z][a-z0-9+.-]*:\/\//i;

/** What Postoffice's clients name without a scheme is called over http: contract Postoffice, sections 3.3 and 4. */
export function withScheme(address: string): string {
  return SCHEME.test(address) ? address : `http://${address}`;
}
