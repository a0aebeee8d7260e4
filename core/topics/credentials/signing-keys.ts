import type { SigningSecret, Subscription } from '../subscriptions/subscription';
import { type Ed25519Jwk, publicJwkOf } from './ed25519-key';
import { versionOf } from './signing-secret';

/** The secrets that sign, newest first. @param now epoch milliseconds. */
export function liveSecrets({ secrets }: Subscription, now: number): readonly SigningSecret[] {
  return secrets.filter(({ expiresAt }) => expiresAt === undefined || Date.parse(expiresAt) > now);
}

/** The public keys by which anybody can verify the subscription's webhooks; those of a rotation included. */
export function publishedKeys(subscription: Subscription, now: number): readonly Ed25519Jwk[] {
  return liveSecrets(subscription, now)
    .filter(({ secret }) => versionOf(secret) === 'v1a')
    .map(({ secret }) => publicJwkOf(secret));
}
