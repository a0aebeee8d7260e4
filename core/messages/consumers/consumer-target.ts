import { withScheme } from '../with-scheme';

/** Where a consumer of type `http` is called. */
export interface ConsumerTarget {
  readonly url: string;
  readonly authorization?: { readonly authorization: string };
}

/**
 * The target of a consumer, which is kept as it was given: contract Postoffice, section 3.3. What names no scheme is
 * called over http, user and password in the URL become Basic credentials.
 * @returns `undefined` for what is no URL.
 */
export function readConsumerTarget(target: string): ConsumerTarget | undefined {
  // The parser drops tabs and line breaks silently: what is shown would not be what is called.
  if (/[\s\p{Cc}]/u.test(target)) {
    return undefined;
  }
  const text = withScheme(target);
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    return undefined;
  }
  const { username, password } = url;
  if (username === '' && password === '') {
    return { url: text };
  }
  url.username = '';
  url.password = '';
  const pair = [username, password].map(decoded).join(':');
  const authorization = `Basic ${Buffer.from(pair).toString('base64')}`;
  return { url: url.href, authorization: { authorization } };
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
