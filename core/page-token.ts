import { ServiceError } from './errors';

/** Beyond the longest that a list gives: a user_id of 1024 bytes, escaped. */
const LONGEST_TOKEN = 4000;

/**
 * A place in a list as text: base64url, because clients paste it into URLs as it is. It names a place within the
 * caller's own list, so a forged one leads nowhere else.
 */
export function encodePageToken(place: string): string {
  return Buffer.from(place).toString('base64url');
}

/** The place that a token names; `undefined` for what no list gave. */
export function decodePageToken(token: string): string | undefined {
  const place = token.length > LONGEST_TOKEN ? '' : Buffer.from(token, 'base64url').toString();
  return place !== '' && encodePageToken(place) === token ? place : undefined;
}

/** For the parameter `next` of the manage door. */
export function wrongPageToken(): ServiceError {
  return new ServiceError('parameter_invalid', '"next" is not a token of this list; take it from its reply');
}

/** Where a walk over pages of things goes on: the token of the page, the thing on it, and the place within that one. */
export interface WalkPlace {
  readonly page?: string | undefined;
  readonly id?: string | undefined;
  readonly within?: string | undefined;
}

/** The reverse of {@link decodeWalkToken}. */
export function encodeWalkToken({ page, id, within }: WalkPlace): string {
  return encodePageToken(JSON.stringify([page ?? null, id ?? null, within ?? null]));
}

/** @param token `undefined` to begin. @throws ServiceError `parameter_invalid` for a token that no walk gave. */
export function decodeWalkToken(token: string | undefined): WalkPlace {
  if (token === undefined) {
    return {};
  }
  const parts = parseJson(decodePageToken(token) ?? '');
  const isPlace =
    Array.isArray(parts) &&
    parts.length === 3 &&
    parts.every((part) => part === null || typeof part === 'string');
  if (!isPlace) {
    throw wrongPageToken();
  }
  const [page, id, within] = parts.map((part) => part ?? undefined);
  return { page, id, within };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
