import { ServiceError } from '../errors';
import { nothingErased, subjectDigest, type WorkingErasure } from './erasure';
import type { ErasureStore } from './ports';

/** More than any subject has; the row of an erasure must fit. */
const MAX_SUBJECT_BYTES = 2048;

/** 144 bits of base64url, which nobody guesses. */
const ID_BYTES = 18;

/**
 * Takes an erasure on; the tick does the work. Asking twice erases twice, which is harmless.
 * @throws ServiceError `body_invalid` for what cannot be a subject.
 */
export async function requestErasure(
  subject: string,
  ports: {
    readonly erasures: Pick<ErasureStore, 'write'>;
    readonly random: (count: number) => Uint8Array;
    readonly now: () => Date;
  },
): Promise<WorkingErasure> {
  const bytes = Buffer.from(subject);
  if (bytes.length === 0 || bytes.length > MAX_SUBJECT_BYTES || bytes.toString() !== subject) {
    throw new ServiceError(
      'body_invalid',
      `"subject" is a user_id or the subject of events, 1 to ${MAX_SUBJECT_BYTES} bytes of whole characters`,
    );
  }
  const erasure: WorkingErasure = {
    id: `era_${Buffer.from(ports.random(ID_BYTES)).toString('base64url')}`,
    state: 'working',
    subject,
    subjectSha256: subjectDigest(subject),
    requestedAt: ports.now().toISOString(),
    pass: 1,
    step: 'profiles',
    counts: nothingErased,
    version: 1,
  };
  if ((await ports.erasures.write(erasure)) === 'conflict') {
    throw new Error('a random id of an erasure was taken');
  }
  return erasure;
}
