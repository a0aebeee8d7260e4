/**
 * The part of `crypto.subtle` that is used. Runtimes have it as a global; where yours has not, hand one in.
 * Its `verify` compares in constant time.
 */
export interface SubtlePrimitives {
  importKey(
    format: 'raw',
    key: Uint8Array<ArrayBuffer>,
    algorithm: { readonly name: string; readonly hash?: string },
    extractable: boolean,
    usages: ReadonlyArray<'verify'>,
  ): Promise<unknown>;
  verify(
    algorithm: string,
    key: unknown,
    signature: Uint8Array<ArrayBuffer>,
    data: Uint8Array<ArrayBuffer>,
  ): Promise<boolean>;
}

/** @throws TypeError in a runtime without Web Crypto. */
export function subtleOr(injected: SubtlePrimitives | undefined): SubtlePrimitives {
  const found = injected ?? (globalThis.crypto?.subtle as unknown as SubtlePrimitives | undefined);
  if (!found) {
    throw new TypeError('this runtime has no crypto.subtle: hand one in as the option subtle');
  }
  return found;
}

export function importHmacKey(subtle: SubtlePrimitives, key: Uint8Array<ArrayBuffer>): Promise<unknown> {
  return subtle.importKey('raw', key, { name: 'HMAC', hash: 'SHA-256' }, false, ['verify']);
}

export function importEd25519Key(subtle: SubtlePrimitives, key: Uint8Array<ArrayBuffer>): Promise<unknown> {
  return subtle.importKey('raw', key, { name: 'Ed25519' }, false, ['verify']);
}
