import { ServiceError } from '../errors';
import { decodePageToken, encodePageToken } from '../page-token';
import { userIdProblem } from './user-id';

/** The longest user_id, percent-encoded and quoted. */
const LONGEST = 4000;

/** The form of Python's `repr({'id': '…'})`, with either kind of quotes. */
const PYTHON_OBJECT =
  /^\s*\{\s*u?(?:'id'|"id")\s*:\s*u?(?:'((?:[^'\\]|\\.)*)'|"((?:[^"\\]|\\.)*)")\s*\}\s*$/s;

/** The token names the last user of a page, so it stays good when people come and go. */
export function pageToken(userId: string): string {
  return encodePageToken(userId);
}

/**
 * The user after whom a page begins. Besides our own token, a plain user_id is taken: the original's tokens were
 * nothing else. `undefined`: from the start.
 * @throws ServiceError `parameter_invalid`.
 */
export function parsePageToken(text: string | undefined): string | undefined {
  if (text === undefined || text === '') {
    return undefined;
  }
  if (text.length > LONGEST) {
    throw notAToken();
  }
  const userId = text.includes('|') ? text : decodeToken(text);
  if (userId === undefined || userIdProblem(userId) !== undefined) {
    throw notAToken();
  }
  return userId;
}

/**
 * The same from `{"id": token}`, which `/v2/users` gives and takes: as JSON, as Python's repr (the original's own
 * client pastes that into the URL), or the token alone.
 * @throws ServiceError `parameter_invalid`.
 */
export function parsePageObject(text: string | undefined): string | undefined {
  if (text === undefined || text.length > LONGEST || !text.trimStart().startsWith('{')) {
    return parsePageToken(text);
  }
  const id = idOfJson(text) ?? idOfPython(text);
  if (id === undefined || id === '') {
    throw notAToken();
  }
  return parsePageToken(id);
}

function decodeToken(text: string): string | undefined {
  const plain = text.includes('%') ? decodePercent(text) : undefined;
  if (plain?.includes('|')) {
    // The original decodes once more than HTTP does.
    return plain;
  }
  return decodePageToken(text);
}

function decodePercent(text: string): string | undefined {
  try {
    return decodeURIComponent(text);
  } catch {
    return undefined;
  }
}

function idOfJson(text: string): string | undefined {
  try {
    const json: unknown = JSON.parse(text);
    const id =
      json !== null && typeof json === 'object' && Object.hasOwn(json, 'id') && (json as { id: unknown }).id;
    return typeof id === 'string' ? id : undefined;
  } catch {
    return undefined;
  }
}

function idOfPython(text: string): string | undefined {
  const match = PYTHON_OBJECT.exec(text);
  const quoted = match?.[1] ?? match?.[2];
  return quoted?.replace(/\\(.)/gs, '$1');
}

function notAToken(): ServiceError {
  return new ServiceError(
    'parameter_invalid',
    '"nextPage" is no place in this list: take it from its replies',
  );
}
