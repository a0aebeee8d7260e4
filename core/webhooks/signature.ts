import { createHmac, timingSafeEqual } from 'node:crypto';

/** The three headers of Standard Webhooks 1.0. */
export interface SignatureHeaders {
  readonly 'webhook-id': string;
  /** Epoch seconds. */
  readonly 'webhook-timestamp': string;
  /** `v1,<base64>` once per secret, separated by spaces. */
  readonly 'webhook-signature': string;
}

/** How far the clocks of sender and receiver may lie apart; beyond it a message may be a replayed one. */
export const TOLERANCE_SECONDS = 300;

/**
 * Signs a webhook with every secret given: during a rotation the old one beside the new.
 * @param secrets `whsec_` and base64.
 */
export function signWebhook(message: {
  readonly id: string;
  readonly timestampSeconds: number;
  readonly body: Uint8Array;
  readonly secrets: readonly string[];
}): SignatureHeaders {
  const { id, timestampSeconds, body, secrets } = message;
  const signatures = secrets.map((secret) => `v1,${sign(secret, id, `${timestampSeconds}`, body)}`);
  return {
    'webhook-id': id,
    'webhook-timestamp': `${timestampSeconds}`,
    'webhook-signature': signatures.join(' '),
  };
}

function sign(secret: string, id: string, timestamp: string, body: Uint8Array): string {
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  return createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest('base64');
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
  const offered = signature.split(' ').flatMap((part) => (part.startsWith('v1,') ? [part.slice(3)] : []));
  if (offered.length === 0) {
    return refused('no_v1_signature', 'webhook-signature holds no signature of version v1');
  }
  const expected = secrets.map((secret) => sign(secret, id, timestamp, body));
  // Every pair is compared, so that the time taken tells nothing about which one fits.
  const matches = expected.flatMap((one) => offered.map((other) => isEqual(one, other))).filter(Boolean);
  return matches.length > 0
    ? { verified: true, id, timestampSeconds: Number(timestamp) }
    : refused(
        'signature_mismatch',
        'no signature fits: another secret, or the body was changed on the way (verify the raw bytes)',
      );
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
