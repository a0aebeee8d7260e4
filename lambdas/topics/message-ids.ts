import { createHash } from 'node:crypto';
import { derivedId } from '../../core/derived-id';
import { makeIdempotency } from '../../core/idempotency';
import { readIdempotencyKey } from '../manage/idempotency';
import type { HttpRequest } from '../shared/http-message';

/** Who calls where nobody has to say who they are. */
const NOBODY = 'anonymous';

/**
 * Ids for the events of one call, one after the other. With an `Idempotency-Key` they follow from it, from the caller
 * and from all that was sent: repeating the call brings the same events, and another message under the key is not taken
 * for it. docs/decisions/070-messages-are-sent-again-safely.md
 * @param subject the caller's, if it is known.
 * @param random cryptographically random.
 * @throws ServiceError `parameter_invalid` for a key that is none.
 */
export function messageIds(
  request: HttpRequest,
  subject: string = NOBODY,
  random: (count: number) => Uint8Array,
): () => string {
  const key = readIdempotencyKey(request);
  if (key === undefined) {
    return () => `evt_${Buffer.from(random(18)).toString('base64url')}`;
  }
  const { digest } = makeIdempotency({
    key,
    subject,
    operation: `POST ${request.path.replace(/\/+$/, '')}`,
    body: [createHash('sha256').update(request.body).digest('base64url'), request.query],
  });
  let count = 0;
  return () => {
    count += 1;
    return derivedId('evt', 'message', digest, count - 1);
  };
}
