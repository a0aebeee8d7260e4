import { ServiceError } from '../errors';
import { type Erasure, nothingErased, subjectDigest, type WorkingErasure } from './erasure';
import type { ErasureStore } from './ports';

/** More than any subject has; the row of an erasure must fit. */
const MAX_SUBJECT_BYTES = 2048;

/**
 * Takes an erasure on; the tick does the work. Asking twice erases twice, which is harmless; with the same identity
 * the first one is found again.
 * @param identity.requestDigest tells another request of the same identity; missing where the id is new each time.
 * @throws ServiceError `body_invalid` for what cannot be a subject; `conflict` for the identity of another request.
 */
export async function requestErasure(
  subject: string,
  identity: { readonly id: string; readonly requestDigest?: string },
  ports: {
    readonly erasures: Pick<ErasureStore, 'read' | 'write'>;
    readonly now: () => Date;
  },
): Promise<{ readonly erasure: Erasure; readonly isNew: boolean }> {
  const bytes = Buffer.from(subject);
  if (bytes.length === 0 || bytes.length > MAX_SUBJECT_BYTES || bytes.toString() !== subject) {
    throw new ServiceError(
      'body_invalid',
      `"subject" is a user_id or the subject of events, 1 to ${MAX_SUBJECT_BYTES} bytes of whole characters`,
    );
  }
  const erasure: WorkingErasure = {
    ...identity,
    state: 'working',
    subject,
    subjectSha256: subjectDigest(subject),
    requestedAt: ports.now().toISOString(),
    pass: 1,
    step: 'profiles',
    counts: nothingErased,
    version: 1,
  };
  if ((await ports.erasures.write(erasure)) === 'written') {
    return { erasure, isNew: true };
  }
  const found = await ports.erasures.read(identity.id);
  if (identity.requestDigest === undefined || found?.requestDigest !== identity.requestDigest) {
    throw new ServiceError(
      'conflict',
      'this Idempotency-Key has been used for another request; use a new one',
    );
  }
  return { erasure: found, isNew: false };
}
