/** Enough to see what went wrong. */
const DEFAULT_KEPT_BYTES = 2048;

/** Reading on keeps the connection usable; beyond this, closing it is cheaper. */
const READ_BYTES = 64 * 1024;

/** An answer on its way, as Node's client has it. */
type Body = AsyncIterable<Uint8Array> & {
  /** That all of it has come. */
  readonly complete?: boolean;
  read?(): Uint8Array | null;
};

/**
 * The first bytes of an answer's body, as text; the rest is read and dropped, and the connection closed when
 * there is too much of it.
 * @throws when the body breaks off.
 */
export async function readAnswer(body: Body, keptBytes: number = DEFAULT_KEPT_BYTES): Promise<string> {
  // Short answers are there with their headers: nothing has to be waited for, which is what takes time.
  if (body.complete && body.read) {
    const whole = body.read();
    return whole === null ? '' : Buffer.from(whole.subarray(0, keptBytes)).toString('utf8');
  }
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
