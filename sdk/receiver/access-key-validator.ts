import type { ConnectionContext } from './connection-context';
import { parseConnectionString } from './connection-string';
import type { RequestValidator } from './request-validator';
import { importHmacKey, type SubtlePrimitives, subtleOr } from './web-crypto';

export interface AccessKeyValidatorOptions {
  /**
   * `checked`: one of the signatures is that of the connection, by a key of the origin. `present`: any signature will
   * do, as in the Python library. @default 'checked'
   */
  readonly signature?: 'checked' | 'present';
  /** Takes connection strings with an empty access key, whose endpoint is believed without a signature. @default false */
  readonly allowEmptyKeys?: boolean;
  /** @default globalThis.crypto.subtle */
  readonly subtle?: SubtlePrimitives;
}

/**
 * Checks that an event is signed with an access key of the service that it says it comes from. The signature covers
 * the connection's id alone: not the body, not the time. Whoever has seen one can repeat it for as long as the
 * connection lives, so let events come over HTTPS only.
 *
 * @example
 * ```ts
 * import { AccessKeyValidator, EventHandler } from 'changewire/receiver';
 *
 * const requestValidator = new AccessKeyValidator('Endpoint=https://service.example.org;AccessKey=primarykey;Version=1.0;');
 * const handler = new EventHandler({ requestValidator, handleConnect: () => ({ userId: 'ada' }) });
 * console.log((await handler.handle(headers, '{}')).status); // 200, and 401 without a signature that fits
 * ```
 */
export class AccessKeyValidator implements RequestValidator {
  /** Not a property that a log of this object would show. */
  readonly #keys = new Map<string, readonly string[]>();

  /**
   * @param connectionStrings one, or several: of several services, or with several keys of one.
   * @throws TypeError for one that cannot be read.
   */
  constructor(
    connectionStrings: string | readonly string[],
    private readonly options: AccessKeyValidatorOptions = {},
  ) {
    for (const { host, accessKey } of [connectionStrings].flat().map(parseConnectionString)) {
      if (accessKey === '' && !options.allowEmptyKeys) {
        throw new TypeError(
          `The access key of ${host} is empty, so that nothing would be checked: allowEmptyKeys permits it.`,
        );
      }
      this.#keys.set(host, [...(this.#keys.get(host) ?? []), accessKey]);
    }
    if (this.#keys.size === 0) {
      throw new TypeError('There is no connection string, so that nothing could be checked.');
    }
  }

  contains(host: string): boolean {
    return this.#keys.has(host.toLowerCase());
  }

  async validate(context: ConnectionContext): Promise<boolean> {
    if (this.options.signature === 'present') {
      return context.signature !== undefined;
    }
    const keys = context.origins.flatMap((origin) => this.#keys.get(origin.toLowerCase()) ?? []);
    return keys.includes('') || (await this.isSigned(context, keys));
  }

  /** Every signature is tried with every key, so that the time taken tells nothing about which one fits. */
  private async isSigned(context: ConnectionContext, keys: readonly string[]): Promise<boolean> {
    const subtle = subtleOr(this.options.subtle);
    const signed = new TextEncoder().encode(context.connectionId);
    const signatures = context.signatures.flatMap(readSignature);
    const tries = keys.map(async (key) => {
      const imported = await importHmacKey(subtle, new TextEncoder().encode(key));
      return Promise.all(signatures.map((one) => subtle.verify('HMAC', imported, one, signed)));
    });
    return (await Promise.all(tries)).flat().includes(true);
  }
}

/** `sha256=<hexadecimal>`; other algorithms are skipped. */
function readSignature(text: string): Array<Uint8Array<ArrayBuffer>> {
  const [, digits] = /^sha256=([0-9a-f]{64})$/i.exec(text) ?? [];
  return digits ? [Uint8Array.from(digits.match(/../g) ?? [], (pair) => Number.parseInt(pair, 16))] : [];
}
