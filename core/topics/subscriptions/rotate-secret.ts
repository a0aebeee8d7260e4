import * as z from 'zod';
import { ServiceError } from '../../errors';
import { type Idempotency, requireSameRequest } from '../../idempotency';
import type { Principal } from '../../principal';
import { mintSigningSecret, signatureVersions, versionOf } from '../credentials/signing-secret';
import type { SecretStore, SubscriptionStore } from '../ports';
import { findOwnSubscription } from './change-subscription';
import type { SigningSecret, Subscription } from './subscription';
import { isKindOfSecret, secretSchema, WRONG_KIND } from './subscription-schema';

const LONGEST_OVERLAP_HOURS = 168;
const HOUR = 3_600_000;

/** Every delivery carries a signature for each: headers end somewhere. */
const MOST_OLD_SECRETS = 5;

/** The body of `POST /v1/subscriptions/{id}/rotate-secret`. */
export const rotationSchema = z
  .strictObject({
    secret: secretSchema.optional(),
    signature: z.enum(signatureVersions).optional(),
    overlap_hours: z.number().min(0).max(LONGEST_OVERLAP_HOURS).default(24),
  })
  .refine(isKindOfSecret, WRONG_KIND);

export interface RotateSecretPorts {
  readonly subscriptions: Pick<SubscriptionStore, 'find'> & SecretStore;
  /** Cryptographically random. */
  readonly random: (count: number) => Uint8Array;
}

/**
 * Gives a subscription a new secret; the old ones sign beside it until the overlap ends, or earlier if they were
 * to expire earlier. Without a secret given it is of the kind of the one before.
 * @param now epoch milliseconds.
 * @returns the subscription with the new secret first; `isReplay` when a call of the same key had made it.
 * @throws ServiceError `not_found`, `body_invalid` (the secret is the old one), `conflict` (too many old secrets, another rotation at the same moment, a key
 *   that was used with another body).
 */
export async function rotateSecret(
  id: string,
  request: z.output<typeof rotationSchema>,
  principal: Principal,
  ports: RotateSecretPorts,
  now: number,
  idempotency?: Idempotency,
): Promise<{ readonly subscription: Subscription; readonly secret: string; readonly isReplay: boolean }> {
  const found = await findOwnSubscription(id, principal, ports.subscriptions);
  const earlier = idempotency && found.secrets.find(({ madeBy }) => madeBy?.seed === idempotency.seed);
  if (earlier) {
    requireSameRequest(idempotency, earlier.madeBy?.digest);
    return { subscription: found, secret: earlier.secret, isReplay: true };
  }
  const minted = () =>
    mintSigningSecret(ports.random, request.signature ?? versionOf(found.secrets[0]?.secret ?? ''));
  const secret = request.secret ?? minted();
  if (secret === found.secrets[0]?.secret) {
    throw new ServiceError('body_invalid', 'secret: it is the one that signs already');
  }
  const { seed, digest } = idempotency ?? {};
  const next: SigningSecret = { secret, ...(seed && digest && { madeBy: { seed, digest } }) };
  const secrets = [next, ...overlapping(found.secrets, request.overlap_hours, now)];
  const at = new Date(now).toISOString();
  const subscription = await ports.subscriptions.replaceSecrets(found, found.secrets, secrets, at);
  if (!subscription) {
    throw new ServiceError(
      'conflict',
      'the subscription was deleted, or its secret rotated, at the same moment; read it',
    );
  }
  return { subscription, secret, isReplay: false };
}

function overlapping(
  secrets: readonly SigningSecret[],
  overlapHours: number,
  now: number,
): readonly SigningSecret[] {
  const end = now + overlapHours * HOUR;
  const old = secrets
    .map(({ expiresAt, ...rest }) => {
      const expiry = Math.min(end, expiresAt === undefined ? end : Date.parse(expiresAt));
      return { ...rest, expiresAt: new Date(expiry).toISOString() };
    })
    .filter(({ expiresAt }) => Date.parse(expiresAt) > now);
  if (old.length > MOST_OLD_SECRETS) {
    const first = old.map(({ expiresAt }) => expiresAt).sort()[0];
    throw new ServiceError(
      'conflict',
      `${MOST_OLD_SECRETS} old secrets sign already; wait until ${first}, or rotate with "overlap_hours": 0`,
    );
  }
  return old;
}
