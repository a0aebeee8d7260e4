import type { JSONWebKeySet } from 'jose';

/** A set of a few keys with certificates has some 10 kB. */
const MAX_BYTES = 256 * 1024;

/** Every key is looked at for each token; issuers have two or three. */
const MAX_KEYS = 100;

/** A caller waits for this, so that it must be well below the door's own time-out. */
const MAX_MILLISECONDS = 5_000;

/**
 * Fetches an issuer's key set. Redirects are not followed: they would lead where nobody configured.
 * @throws Error when there is no answer in time, or it is too large, or no key set.
 */
export async function fetchJwks(url: URL): Promise<JSONWebKeySet> {
  const signal = AbortSignal.timeout(MAX_MILLISECONDS);
  const response = await fetch(url, { headers: { accept: 'application/json' }, redirect: 'error', signal });
  if (response.status !== 200) {
    await response.body?.cancel();
    throw new Error(`the issuer's keys cannot be had: it answered ${response.status}`);
  }
  return parseJwks(await readText(response));
}

async function readText(response: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of response.body ?? []) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) {
      // Leaving the loop ends the transfer.
      throw new Error(`the issuer's key set is larger than ${MAX_BYTES} bytes`);
    }
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parseJwks(text: string): JSONWebKeySet {
  const set: unknown = JSON.parse(text);
  const keys: unknown = typeof set === 'object' && set !== null && 'keys' in set ? set.keys : undefined;
  if (!Array.isArray(keys) || keys.length > MAX_KEYS) {
    throw new Error(`the issuer's key set must have a list "keys" of at most ${MAX_KEYS}`);
  }
  return { keys } as JSONWebKeySet;
}
