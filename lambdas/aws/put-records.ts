import { setTimeout as wait } from 'node:timers/promises';
import { type KinesisClient, PutRecordsCommand, type PutRecordsResultEntry } from '@aws-sdk/client-kinesis';

/** What one PutRecords call takes. */
const RECORDS_PER_CALL = 500;
const BYTES_PER_CALL = 5 * 1024 * 1024;

/** About ten seconds in all; then the caller's own retry is the better place to wait. */
const MAX_FRUITLESS_CALLS = 8;

/** The stream takes less than it was given, and the patience is over. */
export class StreamThrottledError extends Error {
  override readonly name = 'StreamThrottledError';
}

export interface StreamEntry {
  readonly PartitionKey: string;
  readonly Data: Uint8Array;
}

export interface PutRecordsOptions {
  /** Waits that many milliseconds. */
  readonly pause?: (milliseconds: number) => Promise<unknown>;
  /** After this no further call is made; epoch milliseconds. @default none */
  readonly deadline?: number;
}

export interface PutRecordsReport {
  /** What the stream said of each entry, in the order given; `undefined` where it has not said that it took it. */
  readonly taken: readonly (PutRecordsResultEntry | undefined)[];
  /** Why some were not taken. */
  readonly failure?: unknown;
}

/** Where an entry is among those given. */
type Place = StreamEntry & { readonly index: number };

/**
 * Puts records into a stream, few calls for many. PutRecords fails record by record and keeps no order, so a call
 * never holds two records of one key: the next one goes only when the one before is in.
 */
export async function putRecords(
  client: KinesisClient,
  streamName: string,
  entries: readonly StreamEntry[],
  { pause = wait, deadline = Number.POSITIVE_INFINITY }: PutRecordsOptions = {},
): Promise<PutRecordsReport> {
  const taken: (PutRecordsResultEntry | undefined)[] = entries.map(() => undefined);
  const lanes = toLanes(entries);
  try {
    for (let fruitless = 0; lanes.size > 0; ) {
      const call = nextCall(lanes);
      const results = await put(call);
      for (const [place, result] of results) {
        taken[place.index] = result;
        dropFirst(lanes, place.PartitionKey);
      }
      fruitless = results.length > 0 ? 0 : fruitless + 1;
      if (fruitless >= MAX_FRUITLESS_CALLS || (lanes.size > 0 && Date.now() > deadline)) {
        throw new StreamThrottledError(
          `the stream throttled ${call.length - results.length} records; ${fruitless} calls in a row were in vain`,
        );
      }
      if (results.length < call.length) {
        await pause(Math.min(50 * 2 ** fruitless, 3000));
      }
    }
    return { taken };
  } catch (failure) {
    return { taken, failure };
  }

  /** @returns the entries that the stream took. */
  async function put(call: readonly Place[]): Promise<readonly (readonly [Place, PutRecordsResultEntry])[]> {
    const { Records = [] } = await client.send(
      new PutRecordsCommand({
        StreamName: streamName,
        Records: call.map(({ PartitionKey, Data }) => ({ PartitionKey, Data })),
      }),
    );
    return call.flatMap((place, index) => {
      const result = Records[index];
      return result?.SequenceNumber === undefined ? [] : [[place, result] as const];
    });
  }
}

/** The entries of each key, in order. */
function toLanes(entries: readonly StreamEntry[]): Map<string, Place[]> {
  const lanes = new Map<string, Place[]>();
  for (const [index, entry] of entries.entries()) {
    const lane = lanes.get(entry.PartitionKey) ?? [];
    lane.push({ ...entry, index });
    lanes.set(entry.PartitionKey, lane);
  }
  return lanes;
}

/** The first entry of as many keys as a call takes; at least one. */
function nextCall(lanes: ReadonlyMap<string, readonly Place[]>): readonly Place[] {
  const call: Place[] = [];
  let bytes = 0;
  for (const [entry] of lanes.values()) {
    if (entry === undefined) {
      continue;
    }
    bytes += entry.Data.length + Buffer.byteLength(entry.PartitionKey);
    if (call.length > 0 && (bytes > BYTES_PER_CALL || call.length >= RECORDS_PER_CALL)) {
      break;
    }
    call.push(entry);
  }
  return call;
}

function dropFirst(lanes: Map<string, Place[]>, key: string): void {
  const rest = lanes.get(key)?.slice(1) ?? [];
  if (rest.length > 0) {
    lanes.set(key, rest);
  } else {
    lanes.delete(key);
  }
}
