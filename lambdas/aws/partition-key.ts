import { createHash } from 'node:crypto';

/** Kinesis takes 256 characters at most and none that is empty; bytes are the safer measure. */
const MAX_BYTES = 200;

/** The partition key of a stream record: hashed when Kinesis would refuse the text itself. */
export function partitionKey(text: string): string {
  const bytes = Buffer.byteLength(text);
  return bytes > 0 && bytes <= MAX_BYTES ? text : createHash('sha256').update(text).digest('hex');
}
