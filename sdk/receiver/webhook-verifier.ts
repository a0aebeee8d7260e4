import { decodeBase64 } from './base64';
import { explainFailure } from './explain-failure';
import { HeaderMap } from './header-map';
import type { HeaderSource, RawBody } from './http';
import { bytesOf } from './json-body';
import { type SubtlePrimitives, subtleOr } from './web-crypto';
import { publicKey, secretKey, type WebhookKey } from './webhook-keys';

export interface WebhookVerifierOptions {
  /** `whsec_…`; during a rotation the old one and the new. */
  readonly secrets?: readonly string[];
  /** `whpk_…` (Ed25519), for senders that sign with `v1a`. */
  readonly publicKeys?: readonly string[];
  /** How far the clocks may lie apart. A webhook that was recorded is no use after it. @default 300 */
  readonly toleranceSeconds?: number;
  /** Epoch seconds. @default the runtime's clock */
  readonly now?: () => number;
  /** @default globalThis.crypto.subtle */
  readonly subtle?: SubtlePrimitives;
}

export type Verification =
  | { readonly verified: true; readonly id: string; readonly timestampSeconds: number }
  | { readonly verified: false; readonly reason: VerificationFailure; readonly text: string };

export type VerificationFailure =
  | 'header_missing'
  | 'id_invalid'
  | 'timestamp_invalid'
  | 'timestamp_too_old'
  | 'timestamp_too_new'
  | 'no_known_signature'
  | 'signature_mismatch';

/** Somebody who sends hundreds of signatures wants us busy; a rotation of both kinds has four. */
const MAX_SIGNATURES = 16;

/**
 * Verifies webhooks of Changewire, and of everybody who follows Standard Webhooks: `v1` (HMAC-SHA256) and `v1a`
 * (Ed25519), over the raw body, in constant time.
 *
 * @example
 * ```ts
 * import { WebhookVerifier } from 'changewire/receiver';
 *
 * const verifier = new WebhookVerifier({ secrets: ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'] });
 * const verification = await verifier.verify(webhook.headers, webhook.body);
 * console.log(verification.verified ? verification.id : verification.text); // msg_p5jXN8AQM9LWM0D4loKWxJek
 * ```
 */
export class WebhookVerifier {
  readonly #keys: readonly WebhookKey[];
  private readonly toleranceSeconds: number;
  private readonly now: () => number;

  /** @throws TypeError for a key that is none, or when there is no key at all. */
  constructor(options: WebhookVerifierOptions) {
    const { secrets = [], publicKeys = [], toleranceSeconds = 300, now, subtle } = options;
    const primitives = subtleOr(subtle);
    this.#keys = [
      ...secrets.map((secret) => secretKey(secret, primitives)),
      ...publicKeys.map((key) => publicKey(key, primitives)),
    ];
    if (this.#keys.length === 0) {
      throw new TypeError('there is nothing to verify with: give secrets or publicKeys');
    }
    this.toleranceSeconds = toleranceSeconds;
    this.now = now ?? (() => Date.now() / 1000);
  }

  /** @param body the bytes as they came: what was parsed and written again does not verify. */
  async verify(headers: HeaderSource, body: RawBody): Promise<Verification> {
    const map = HeaderMap.from(headers);
    const [id, timestamp, signatures] = names.map((name) => map.first(name));
    if (!id || !timestamp || !signatures) {
      const missing = names.filter((name) => !map.first(name));
      return refused('header_missing', `the request lacks ${missing.join(', ')}`);
    }
    return this.judgeHead(id, timestamp) ?? this.judgeSignatures(id, timestamp, signatures, bytesOf(body));
  }

  /**
   * Says why a webhook does not verify, for whoever connects the two sides: it tries what usually goes wrong (a body that
   * was parsed and written again, a clock in milliseconds, …). It shows neither key nor signature.
   *
   * @example
   * ```ts
   * console.log(await verifier.explain(webhook.headers, '{"test":2432232314}'));
   * // no signature fits: another secret, or the body was changed on the way (verify the raw bytes)
   * ```
   */
  async explain(headers: HeaderSource, body: RawBody): Promise<string> {
    return explainFailure(this, headers, body);
  }

  private judgeHead(id: string, timestamp: string): Verification | undefined {
    if (id.includes('.')) {
      // With a dot in it, another pair of id and timestamp would have the same signature.
      return refused('id_invalid', 'webhook-id holds a dot, which no sender may put there');
    }
    if (!/^\d{1,15}$/.test(timestamp)) {
      return refused('timestamp_invalid', 'webhook-timestamp is not a number of seconds');
    }
    const age = Math.round(this.now() - Number(timestamp));
    if (age > this.toleranceSeconds) {
      return refused('timestamp_too_old', `signed ${age} s ago, ${this.toleranceSeconds} s are accepted`);
    }
    if (-age > this.toleranceSeconds) {
      return refused(
        'timestamp_too_new',
        `signed ${-age} s in the future, ${this.toleranceSeconds} s are accepted: check this machine's clock`,
      );
    }
    return undefined;
  }

  private async judgeSignatures(
    id: string,
    timestamp: string,
    header: string,
    body: Uint8Array,
  ): Promise<Verification> {
    const versions = new Set<string>(this.#keys.map((key) => key.version));
    const offered = header.split(' ').filter((part) => versions.has(part.slice(0, part.indexOf(','))));
    if (offered.length === 0) {
      const text = `webhook-signature holds no signature of version ${[...versions].join(' or ')}`;
      return refused('no_known_signature', text);
    }
    const signed = concatenate(new TextEncoder().encode(`${id}.${timestamp}.`), body);
    return (await this.isSigned(offered.slice(0, MAX_SIGNATURES), signed))
      ? { verified: true, id, timestampSeconds: Number(timestamp) }
      : refused(
          'signature_mismatch',
          'no signature fits: another secret, or the body was changed on the way (verify the raw bytes)',
        );
  }

  /** Every key is tried with every signature of its version: the time taken does not tell which one fits. */
  private async isSigned(offered: readonly string[], signed: Uint8Array<ArrayBuffer>): Promise<boolean> {
    const tries = this.#keys.flatMap(({ version, matches }) =>
      offered
        .filter((part) => part.startsWith(`${version},`))
        .flatMap((part) => decodeBase64(part.slice(version.length + 1)) ?? [])
        .map((signature) => matches(signature, signed)),
    );
    return (await Promise.all(tries)).includes(true);
  }
}

const names = ['webhook-id', 'webhook-timestamp', 'webhook-signature'];

function concatenate(head: Uint8Array, tail: Uint8Array): Uint8Array<ArrayBuffer> {
  const whole = new Uint8Array(head.length + tail.length);
  whole.set(head);
  whole.set(tail, head.length);
  return whole;
}

function refused(reason: VerificationFailure, text: string): Verification {
  return { verified: false, reason, text };
}
