import { createHash } from 'node:crypto';
import { ServiceError } from './errors';

/** What makes a call that creates something repeatable: its ids follow from it (design: law 4). */
export interface Idempotency {
  /** As the caller chose it. */
  readonly key: string;
  /** Follows from the operation, the caller and the key. */
  readonly seed: string;
  /** Follows from the seed and the body: kept with what was made, it tells a repetition from another request. */
  readonly digest: string;
}

/**
 * @param call.operation such as `POST /v1/subscriptions`: the same key may be used for each once.
 * @param call.subject the caller's; nobody meets another's keys.
 * @param call.body as it was parsed, so that white space does not matter.
 */
export function makeIdempotency(call: {
  readonly key: string;
  readonly operation: string;
  readonly subject: string;
  readonly body: unknown;
}): Idempotency {
  const { key, operation, subject, body } = call;
  const seed = digestOf([operation, subject, key]);
  return { key, seed, digest: digestOf([seed, body]) };
}

/** Bytes that follow from a seed, for what mints ids of random bytes. Never for secrets: seeds can be guessed. */
export function bytesFrom(seed: string): (count: number) => Uint8Array {
  let block = 0;
  return (count) => {
    const bytes: number[] = [];
    while (bytes.length < count) {
      bytes.push(...createHash('sha256').update(`${seed}#${block}`).digest());
      block += 1;
    }
    return Uint8Array.from(bytes.slice(0, count));
  };
}

/**
 * Makes sure that what was found under the ids of a call was made by it, and not by another with the same key.
 * @param made the digest that was kept with it.
 * @throws ServiceError `conflict` naming the key.
 */
export function requireSameRequest({ key, digest }: Idempotency, made: string | undefined): void {
  if (made !== digest) {
    throw new ServiceError(
      'conflict',
      `the Idempotency-Key ${JSON.stringify(key)} was used with another request; take a new one`,
    );
  }
}

function digestOf(parts: readonly unknown[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
}
