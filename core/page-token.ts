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
