import { gunzipSync, gzipSync } from 'node:zlib';
import { readUtf8 } from './utf8';

/** Names one record of a stream: sequence numbers are unique per shard only. */
export interface StreamPosition {
  readonly sequenceNumber: string;
  readonly shardId: string;
}

/** A position as a key of maps. */
export function positionKey({ shardId, sequenceNumber }: StreamPosition): string {
  return `${shardId}:${sequenceNumber}`;
}

/** One record of a stream, as it arrived. */
export interface StreamRecord extends StreamPosition {
  readonly partitionKey: string;
  readonly data: Uint8Array;
  /** ISO 8601: when the stream took it. */
  readonly arrivedAt: string;
}

/** Below this size compression costs more than it saves. */
const COMPRESS_FROM_BYTES = 1024;

/** Twice as fast as zlib's own choice, for a tenth more bytes. */
const COMPRESSION_LEVEL = 3;

/** What most records unpack to at most, so that one piece of memory takes it. */
const UNPACKED_BYTES = 64 * 1024;

/** A record that unpacks to more than this is refused unread: a zip bomb must not take the function down. */
export const MAX_RECORD_BYTES = 8 * 1024 * 1024;

export type DecodedRecord =
  | { readonly ok: true; readonly value: unknown }
  | { readonly ok: false; readonly reason: string };

/** A stream record: JSON, gzipped when it is worth it (25 kB of signatures become 4 kB). */
export function encodeRecord(value: unknown): Uint8Array {
  const json = Buffer.from(JSON.stringify(value));
  return json.length < COMPRESS_FROM_BYTES ? json : gzipSync(json, { level: COMPRESSION_LEVEL });
}

/** The reverse of {@link encodeRecord}. Never throws: what cannot be read is a refusal with its reason. */
export function decodeRecord(data: Uint8Array): DecodedRecord {
  const isGzip = data[0] === 0x1f && data[1] === 0x8b;
  let json: Uint8Array = data;
  if (isGzip) {
    try {
      json = gunzipSync(data, { maxOutputLength: MAX_RECORD_BYTES, chunkSize: UNPACKED_BYTES });
    } catch (error) {
      const tooLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE';
      return { ok: false, reason: tooLarge ? 'unpacks to more than 8 MiB' : 'not readable as gzip' };
    }
  }
  try {
    return { ok: true, value: JSON.parse(readUtf8(json)) };
  } catch {
    return { ok: false, reason: 'not JSON' };
  }
}
