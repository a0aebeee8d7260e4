import { MAX_PROFILE_BYTES } from '../../core/change/read-submission';
import { ServiceError } from '../../core/errors';
import { type HttpRequest, parseJsonBody } from '../shared/http-message';

/**
 * A hundred signed profiles and more, and what the original's preview took. A function takes 6 MB as base64, which
 * is 4.5 MB, headers included; beyond that the gateway refuses in words of its own.
 */
export const MAX_BATCH_BYTES = 4_000_000;

const OPENING_BRACE = 0x7b;

/**
 * What a write route was sent: one profile, or an array for a batch. It may be a JSON string that holds the JSON,
 * as CIS's own tools send it; members of an array likewise, but that is for whoever reads them.
 * @throws ServiceError when the body is missing, too large (names the limit), not JSON, or neither of the two.
 */
export function readChangeBody(request: HttpRequest): unknown[] | object {
  const json = parseJsonBody(request, limitOf(request.body));
  const value = typeof json === 'string' ? parseInner(json) : json;
  if (typeof value !== 'object' || value === null) {
    throw new ServiceError(
      'body_invalid',
      'the body must be a profile (a JSON object) or an array of profiles',
    );
  }
  return value;
}

/** One profile is refused for its size before it is read; how many a string holds shows only then. */
function limitOf(body: Buffer): number {
  const first = body.find((byte) => byte > 0x20);
  return first === OPENING_BRACE ? MAX_PROFILE_BYTES : MAX_BATCH_BYTES;
}

function parseInner(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    refuseLargeProfile(text, value);
    return value;
  } catch (error) {
    if (error instanceof ServiceError) {
      throw error;
    }
    throw new ServiceError('body_not_json', 'the body is a JSON string that does not hold JSON');
  }
}

function refuseLargeProfile(text: string, value: unknown): void {
  const bytes = Buffer.byteLength(text);
  if (!Array.isArray(value) && bytes > MAX_PROFILE_BYTES) {
    throw new ServiceError(
      'body_too_large',
      `the profile has ${bytes} bytes; the limit here is ${MAX_PROFILE_BYTES} bytes`,
    );
  }
}
