/** Enough to see what went wrong. */
const DEFAULT_KEPT_BYTES = 2048;

/** Reading on keeps the connection usable; beyond this, closing it is cheaper. */
const READ_BYTES = 64 * 1024;

/**
 * The first bytes of an answer's body, as text; the rest is read and dropped, and the connection closed when
 * there is too much of it.
 * @throws when the body breaks off.
 */
export async function readAnswer(
  body: AsyncIterable<Uint8Array>,
  keptBytes: number = DEFAULT_KEPT_BYTES,
): Promise<string> {
  const kept: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of body) {
    if (length < keptBytes) {
      kept.push(chunk.subarray(0, keptBytes - length));
    }
    length += chunk.length;
    if (length > READ_BYTES) {
      break;
    }
  }
  return Buffer.concat(kept).toString('utf8');
}
