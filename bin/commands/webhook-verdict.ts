import { publicKeyOf } from '../../core/topics/credentials/ed25519-key';
import { isSigningSecret } from '../../core/topics/credentials/signing-secret';
import { WebhookVerifier } from '../../sdk/receiver/webhook-verifier';
import type { Api } from './api';
import { CommandError, exitCodes } from './command-error';
import type { ReceivedWebhook } from './webhook-receiver';

/** What a webhook's signature says: by which version it verified, or why it did not. */
export type Verdict =
  | { readonly verified: true; readonly text: string }
  | { readonly verified: false; readonly text: string }
  /** There is nothing to verify with. */
  | { readonly verified: undefined; readonly text: string };

export type Judge = (webhook: ReceivedWebhook) => Promise<Verdict>;

/**
 * @param keys `whsec_` verifies v1, `whpk_` (or the `whsk_` it belongs to) v1a; any of them may fit.
 * @param now epoch milliseconds.
 */
export function makeJudge(keys: readonly string[], now: () => number): Judge {
  const clock = () => now() / 1000;
  const verifiers = {
    v1: keys.filter((key) => key.startsWith('whsec_')),
    v1a: keys.filter((key) => !key.startsWith('whsec_')).map(toPublicKey),
  };
  if (keys.length === 0) {
    return async () => ({ verified: undefined, text: 'not verified: no secret' });
  }
  const all = new WebhookVerifier({ secrets: verifiers.v1, publicKeys: verifiers.v1a, now: clock });
  const symmetric = verifiers.v1.length > 0 && new WebhookVerifier({ secrets: verifiers.v1, now: clock });
  return async ({ headers, body }) => {
    if (!(await all.verify(headers, body)).verified) {
      return { verified: false, text: `NOT VERIFIED: ${await all.explain(headers, body)}` };
    }
    const isV1 = symmetric && (await symmetric.verify(headers, body)).verified;
    return { verified: true, text: `verified (${isV1 ? 'v1' : 'v1a'})` };
  };
}

function toPublicKey(key: string): string {
  return key.startsWith('whsk_') ? publicKeyOf(key) : key;
}

/** @throws CommandError that does not show it. */
export function requireKey(key: string): string {
  const isPublic = /^whpk_[A-Za-z0-9+/]{43}=$/.test(key);
  if (!isPublic && !isSigningSecret(key)) {
    throw new CommandError(
      '--secret is "whsec_" and the base64 of 24 to 64 bytes, or for v1a "whpk_" and the base64 of the public key',
      exitCodes.usage,
    );
  }
  return key;
}

/** The public keys of a subscription that signs with v1a, from its JWKS. */
export async function readPublicKeys(api: Api, subscriptionId: string): Promise<readonly string[]> {
  const path = `/.well-known/webhooks/${encodeURIComponent(subscriptionId)}/jwks.json`;
  const { keys } = (await api.call('GET', path)) as { readonly keys: ReadonlyArray<{ readonly x: string }> };
  return keys.map(({ x }) => `whpk_${Buffer.from(x, 'base64url').toString('base64')}`);
}
