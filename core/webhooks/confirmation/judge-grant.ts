/** What the answer to a handshake says, as far as it matters. Lines of one name are joined by commas. */
export interface HandshakeAnswer {
  readonly status: number;
  readonly allowedOrigin?: string;
  readonly allowedRate?: string;
  /** What the Python library of Web PubSub grants by. */
  readonly requestOrigin?: string;
}

export type GrantVerdict =
  | { readonly outcome: 'granted'; readonly ratePerMinute?: number }
  /** Why not, in a word. */
  | { readonly outcome: 'withheld'; readonly failure: string };

const NO_SUCH_METHOD = 405;

/**
 * Reads a grant from an answer to the handshake. The header grants, not the status (section 4.2): but 405 says that
 * OPTIONS is not served, and a redirect is not followed.
 * @param asked.legacyGrant whether a 200 with `WebHook-Request-Origin: *` grants, too.
 */
export function judgeGrant(
  { status, allowedOrigin, allowedRate, requestOrigin }: HandshakeAnswer,
  asked: { readonly origin: string; readonly legacyGrant: boolean },
): GrantVerdict {
  if (status === NO_SUCH_METHOD || (status >= 300 && status < 400)) {
    return withheld(`status_${status}`);
  }
  const isLegacy = asked.legacyGrant && status === 200 && requestOrigin?.trim() === '*';
  if (allowedOrigin === undefined && !isLegacy) {
    return withheld('no_grant');
  }
  const origins = itemsOf(allowedOrigin ?? '');
  if (!isLegacy && !origins.includes('*') && !origins.includes(asked.origin.toLowerCase())) {
    return withheld('other_origin');
  }
  const rate = readAllowedRate(allowedRate);
  return rate === 'invalid'
    ? withheld('rate_invalid')
    : { outcome: 'granted', ...(rate !== undefined && { ratePerMinute: rate }) };
}

/**
 * `WebHook-Allowed-Rate`: requests a minute, above 0, or `*`. Of several the lowest.
 * @returns `undefined` for no limit.
 */
export function readAllowedRate(text: string | undefined): number | undefined | 'invalid' {
  if (text === undefined) {
    return undefined;
  }
  const items = itemsOf(text);
  if (!items.every((item) => item === '*' || /^[1-9]\d{0,8}$/.test(item))) {
    return 'invalid';
  }
  const rates = items.filter((item) => item !== '*').map(Number);
  return rates.length > 0 ? Math.min(...rates) : undefined;
}

function itemsOf(list: string): string[] {
  return list.split(',').map((item) => item.trim().toLowerCase());
}

function withheld(failure: string): GrantVerdict {
  return { outcome: 'withheld', failure };
}
