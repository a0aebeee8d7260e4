/** `String.fromCharCode` takes its arguments on the stack: more than some 60 000 overflow it. */
const CHUNK_BYTES = 0x8000;

/** Standard alphabet, padded. `btoa` and `atob` are what every Fetch runtime has; `Buffer` is Node's alone. */
export function encodeBase64(bytes: Uint8Array): string {
  let binary = '';
  for (let start = 0; start < bytes.length; start += CHUNK_BYTES) {
    binary += String.fromCharCode(...bytes.subarray(start, start + CHUNK_BYTES));
  }
  return btoa(binary);
}

/** Strict: standard alphabet, padded, nothing else. @returns undefined for text that is not base64. */
export function decodeBase64(text: string): Uint8Array<ArrayBuffer> | undefined {
  if (text.length % 4 !== 0 || !/^[A-Za-z0-9+/]*={0,2}$/.test(text)) {
    return undefined;
  }
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}
