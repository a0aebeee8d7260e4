import { generateKeyPair } from 'node:crypto';
import { promisify } from 'node:util';
import type { CloudFormationCustomResourceEvent } from 'aws-lambda';
import { parseConfiguredJson } from '../../core/json';
import { parseSigningKey, publisherJwkOf, withPublisherKey } from '../../core/person/keys';
import { secretsClient } from '../aws/secrets-client';
import { makeSecretsManagerValue, type SecretValue } from '../aws/secrets-manager-value';
import { answerCloudFormation, type ResourceAnswer } from '../shared/custom-resource-answer';
import { readEnvironment } from '../shared/environment';
import { lazily } from '../shared/lazily';
import { makeLogger } from '../shared/logging';

/** Lasts as long as RSA itself is expected to (NIST SP 800-57), and signs twice as fast as 4096. */
const MODULUS_BITS = 3072;

export interface KeyPorts {
  readonly openSecret: () => SecretValue;
  /** The public keys of all publishers, which cis is one of. */
  readonly openPublishersJwks: () => SecretValue;
  /** A new private key as PKCS#8 PEM. */
  readonly generate: () => Promise<string>;
  /** Hands CloudFormation its answer. */
  readonly answer: (event: CloudFormationCustomResourceEvent, answer: ResourceAnswer) => Promise<void>;
}

/**
 * Trigger: CloudFormation makes, changes or deletes the resource.
 * Success: the secret holds a usable key; one that is there already stays. The key itself goes nowhere else; its
 * public half is among the publishers' keys, for those who verify what cis signs.
 * Refusal: a secret that holds something else which looks like a key is not overwritten; the deployment fails.
 * Retry: harmless; CloudFormation always gets an answer, or a deployment would hang for an hour.
 */
export async function generateCisKey(
  event: CloudFormationCustomResourceEvent,
  ports: KeyPorts,
): Promise<void> {
  const physicalResourceId = 'PhysicalResourceId' in event ? event.PhysicalResourceId : 'cis-key';
  await ports.answer(event, { physicalResourceId, ...(await prepareKey(event, ports)) });
}

async function prepareKey(
  event: CloudFormationCustomResourceEvent,
  ports: KeyPorts,
): Promise<{ status: 'SUCCESS' } | { status: 'FAILED'; reason: string }> {
  try {
    if (event.RequestType !== 'Delete') {
      await publishKey(await ensureKey(ports), ports);
    }
    return { status: 'SUCCESS' };
  } catch (error) {
    return { status: 'FAILED', reason: reasonOf(error) };
  }
}

/** The private key that the secret holds, perhaps from now on. */
async function ensureKey({ openSecret, generate }: KeyPorts): Promise<string> {
  const secret = openSecret();
  const held = await secret.read();
  if (held !== undefined && isUsable(held)) {
    return held;
  }
  if (held !== undefined && /BEGIN|"kty"/.test(held)) {
    throw new Error('the secret holds a key that is not usable; put an RSA key there, or delete its value');
  }
  const generated = await generate();
  await secret.write(generated);
  return generated;
}

async function publishKey(pem: string, { openPublishersJwks }: KeyPorts): Promise<void> {
  const secret = openPublishersJwks();
  const held = parseConfiguredJson((await secret.read()) ?? '{}', 'publishers_jwks');
  const jwks = withPublisherKey(held, 'cis', publisherJwkOf('cis', parseSigningKey(pem)));
  if (jwks !== held) {
    await secret.write(JSON.stringify(jwks));
  }
}

function isUsable(text: string): boolean {
  try {
    parseSigningKey(text);
    return true;
  } catch {
    return false;
  }
}

/** Our own texts and the store's codes; never what a secret holds. */
function reasonOf(error: unknown): string {
  return error instanceof Error ? `${error.name}: ${error.message}` : 'unknown failure';
}

/** A new private key as PKCS#8 PEM. */
export async function generateRsaKey(): Promise<string> {
  const { privateKey } = await promisify(generateKeyPair)('rsa', {
    modulusLength: MODULUS_BITS,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  return privateKey;
}

const logger = lazily(() => makeLogger('generate-cis-key'));

export const handler = async (event: CloudFormationCustomResourceEvent): Promise<void> => {
  await generateCisKey(event, {
    // Opened where a failure still gets an answer.
    openSecret: () =>
      makeSecretsManagerValue(secretsClient(), readEnvironment('generate-cis-key').CIS_KEY_SECRET_ID),
    openPublishersJwks: () =>
      makeSecretsManagerValue(secretsClient(), readEnvironment('generate-cis-key').PUBLISHERS_JWKS_SECRET_ID),
    generate: generateRsaKey,
    answer: answerCloudFormation,
  });
  logger().info('answered', { request_type: event.RequestType, request_id: event.RequestId });
};
