import { createHmac, sign as signBytes, timingSafeEqual, verify as verifyBytes } from 'node:crypto';
import { privateKeyOf, readEd25519Public, readEd25519Secret } from '../../topics/credentials/ed25519-key';
import { type SignatureVersion, versionOf } from '../../topics/credentials/signing-secret';

/** The three headers of Standard Webhooks 1.0. */
export interface SignatureHeaders {
  readonly 'webhook-id': string;
  /** Epoch seconds. */
  readonly 'webhook-timestamp': string;
  /** `v1,<base64>` or `v1a,<base64>` once per secret, separated by spaces. */
  readonly 'webhook-signature': string;
}

/** How far the clocks of sender and receiver may lie apart; beyond it a message may be a replayed one. */
const TOLERANCE_SECONDS = 300;

/**
 * Signs a webhook with every secret given: during a rotation the old one beside the new.
 * @param message.secrets `whsec_` signs by HMAC-SHA256 (v1), `whsk_` by Ed25519 (v1a).
 */
export function signWebhook(message: {
  readonly id: string;
  readonly timestampSeconds: number;
  readonly body: Uint8Array;
  readonly secrets: readonly string[];
}): SignatureHeaders {
  const { id, timestampSeconds, body, secrets } = message;
  const content = contentOf(id, `${timestampSeconds}`, body);
  const signatures = secrets.map((secret) => `${versionOf(secret)},${sign(secret, content)}`);
  return {
    'webhook-id': id,
    'webhook-timestamp': `${timestampSeconds}`,
    'webhook-signature': signatures.join(' '),
  };
}

/** What is signed: the id and the time of the attempt are as much the sender's word as the body. */
function contentOf(id: string, timestamp: string, body: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body]);
}

function sign(secret: string, content: Buffer): string {
  return versionOf(secret) === 'v1a'
    ? signBytes(null, content, privateKeyOf(secret)).toString('base64')
    : hmac(secret, content);
}

function hmac(secret: string, content: Buffer): string {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  return createHmac('sha256', key).update(content).digest('base64');
}

export type Verification =
  | { readonly verified: true; readonly id: string; readonly timestampSeconds: number }
  | { readonly verified: false; readonly reason: VerificationFailure; readonly text: string };

export type VerificationFailure =
  | 'header_missing'
  | 'timestamp_invalid'
  | 'timestamp_too_old'
  | 'timestamp_too_new'
  | 'no_v1_signature'
  | 'signature_mismatch';

/**
 * Verifies a webhook: constant time, and before the body is parsed. Tells why it failed.
 * @param message.headers names in lower case.
 * @param message.body the bytes as they came: a body that was parsed and written again does not verify.
 * @param message.secrets any of them may fit: `whsec_` for v1, the public key `whpk_` (or `whsk_`) for v1a.
 */
export function verifyWebhook(message: {
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly body: Uint8Array;
  readonly secrets: readonly string[];
  readonly nowSeconds: number;
  readonly toleranceSeconds?: number;
}): Verification {
  const { headers, body, secrets, nowSeconds, toleranceSeconds = TOLERANCE_SECONDS } = message;
  const { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signature } = headers;
  if (!id || !timestamp || !signature) {
    const names = ['webhook-id', 'webhook-timestamp', 'webhook-signature'].filter((name) => !headers[name]);
    return refused('header_missing', `the request lacks ${names.join(', ')}`);
  }
  const late = judgeTimestamp(timestamp, nowSeconds, toleranceSeconds);
  if (late) {
    return late;
  }
  const offered = readOffered(signature);
  const needed = new Set(secrets.map(neededVersion));
  if (!offered.some(({ version }) => needed.has(version))) {
    const versions = [...needed].join(' or ');
    return refused('no_v1_signature', `webhook-signature holds no signature of version ${versions}`);
  }
  const content = contentOf(id, timestamp, body);
  // Every pair is compared, so that the time taken tells nothing about which one fits.
  const matches = secrets
    .flatMap((secret) => offered.map((one) => fits(one, secret, content)))
    .filter(Boolean);
  return matches.length > 0
    ? { verified: true, id, timestampSeconds: Number(timestamp) }
    : refused(
        'signature_mismatch',
        'no signature fits: another secret, or the body was changed on the way (verify the raw bytes)',
      );
}

interface Offered {
  readonly version: SignatureVersion;
  readonly signature: string;
}

/** No sender has more secrets in a rotation; verifying an Ed25519 signature takes a tenth of a millisecond. */
const MOST_OFFERED = 16;

function readOffered(header: string): readonly Offered[] {
  return header.split(' ', MOST_OFFERED).flatMap((part) => {
    const [, version, signature = ''] = /^(v1a?),(.*)$/.exec(part) ?? [];
    return version === undefined ? [] : [{ version: version as SignatureVersion, signature }];
  });
}

function neededVersion(secret: string): SignatureVersion {
  return secret.startsWith('whpk_') ? 'v1a' : versionOf(secret);
}

function fits({ version, signature }: Offered, secret: string, content: Buffer): boolean {
  if (version !== neededVersion(secret)) {
    return false;
  }
  if (version === 'v1') {
    return isEqual(hmac(secret, content), signature);
  }
  const key = readEd25519Public(secret) ?? readEd25519Secret(secret);
  return key !== undefined && verifyBytes(null, content, key, Buffer.from(signature, 'base64'));
}

function judgeTimestamp(timestamp: string, nowSeconds: number, tolerance: number): Verification | undefined {
  if (!/^\d{1,15}$/.test(timestamp)) {
    return refused('timestamp_invalid', 'webhook-timestamp is not a number of seconds');
  }
  const age = nowSeconds - Number(timestamp);
  if (age > tolerance) {
    return refused('timestamp_too_old', `signed ${Math.round(age)} s ago, ${tolerance} s are accepted`);
  }
  if (-age > tolerance) {
    return refused(
      'timestamp_too_new',
      `signed ${Math.round(-age)} s in the future: check this machine's clock`,
    );
  }
  return undefined;
}

function isEqual(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)];
  return left.length === right.length && timingSafeEqual(left, right);
}

function refused(reason: VerificationFailure, text: string): Verification {
  return { verified: false, reason, text };
}
