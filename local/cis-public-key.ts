import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import type { SecretStore } from './aws/secret-store';
import { addPublisherJwk, publicJwkOf } from './keys';
import type { DeclaredSecret } from './stores/create-secrets';

/**
 * The stack makes the key of `cis` itself. Once it is there, its public half joins the others: in the keys'
 * folder, for whoever verifies outside, and in the publishers' secret when the runner fills that one.
 */
export function publishCisKey(
  keysDirectory: string,
  store: SecretStore,
  secrets: readonly DeclaredSecret[],
): void {
  const held = (content: DeclaredSecret['content']) => {
    const secret = secrets.find((declared) => declared.content === content);
    return secret && { name: secret.name, value: store.find(secret.name)?.value };
  };
  const publicKey = readPublicKey(held('cisKey')?.value ?? '');
  if (!publicKey) {
    return;
  }
  const jwks = addPublisherJwk(keysDirectory, 'cis', publicJwkOf(publicKey, 'cis'));
  const published = held('publishersJwks');
  const ofTheRunner = published?.value !== undefined && isSubset(JSON.parse(published.value), jwks);
  if (published && ofTheRunner) {
    store.put(published.name, JSON.stringify(jwks));
  }
}

/** True when the stored keys are the runner's own: what a user configured is left alone. */
function isSubset(
  stored: Readonly<Record<string, unknown>>,
  jwks: Readonly<Record<string, unknown>>,
): boolean {
  return Object.entries(stored).every(
    ([publisher, keys]) => publisher === 'cis' || JSON.stringify(keys) === JSON.stringify(jwks[publisher]),
  );
}

/** A private key as PEM or JWK → its public half. */
function readPublicKey(secret: string): KeyObject | undefined {
  try {
    return secret.trimStart().startsWith('{')
      ? createPublicKey({ key: JSON.parse(secret) as JsonWebKey, format: 'jwk' })
      : createPublicKey(secret);
  } catch {
    // Not a key: a function that needs it will say so.
    return undefined;
  }
}
