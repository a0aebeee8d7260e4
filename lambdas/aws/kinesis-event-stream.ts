import { setTimeout as wait } from 'node:timers/promises';
import { type KinesisClient, PutRecordsCommand, type PutRecordsRequestEntry } from '@aws-sdk/client-kinesis';
import type { EventRecord } from '../../core/events/event';
import type { EventBatch, EventStream } from '../../core/events/ports';
import { encodeRecord } from '../../core/stream-record';
import { partitionKey } from './partition-key';

/** What one PutRecords call takes. */
const RECORDS_PER_CALL = 500;
const BYTES_PER_CALL = 5 * 1024 * 1024;

/** About ten seconds in all; then the caller's own retry is the better place to wait. */
const MAX_FRUITLESS_CALLS = 8;

type Entry = PutRecordsRequestEntry & { readonly PartitionKey: string; readonly Data: Uint8Array };

/**
 * The events stream on Kinesis. PutRecords fails record by record and keeps no order, so a call never holds two
 * records of one key: the next one goes only when the one before is in.
 * @param pause waits that many milliseconds.
 */
export function makeKinesisEventStream(
  client: KinesisClient,
  streamName: string,
  pause: (milliseconds: number) => Promise<unknown> = wait,
): EventStream {
  return {
    async append(batches: readonly EventBatch[]): Promise<void> {
      const lanes = toLanes(batches);
      let fruitless = 0;
      while (lanes.size > 0) {
        const call = nextCall(lanes);
        const accepted = await put(call);
        for (const { PartitionKey } of accepted) {
          dropFirst(lanes, PartitionKey);
        }
        fruitless = accepted.length > 0 ? 0 : fruitless + 1;
        if (fruitless >= MAX_FRUITLESS_CALLS) {
          throw new Error(`the events stream throttled ${call.length} records ${fruitless} times in a row`);
        }
        if (accepted.length < call.length) {
          await pause(Math.min(50 * 2 ** fruitless, 3000));
        }
      }
    },
  };

  /** @returns the entries that the stream took. */
  async function put(call: readonly Entry[]): Promise<readonly Entry[]> {
    const { Records, FailedRecordCount } = await client.send(
      new PutRecordsCommand({ StreamName: streamName, Records: [...call] }),
    );
    return FailedRecordCount ? call.filter((_, index) => Records?.[index]?.SequenceNumber) : call;
  }
}

/** The records of each key, in order. */
function toLanes(batches: readonly EventBatch[]): Map<string, Entry[]> {
  const lanes = new Map<string, Entry[]>();
  for (const { partitionKey: text, events } of batches) {
    const PartitionKey = partitionKey(text);
    const record: EventRecord = { v: 1, kind: 'events', events };
    const lane = lanes.get(PartitionKey) ?? [];
    lane.push({ PartitionKey, Data: encodeRecord(record) });
    lanes.set(PartitionKey, lane);
  }
  return lanes;
}

/** The first record of as many keys as a call takes; at least one. */
function nextCall(lanes: ReadonlyMap<string, readonly Entry[]>): readonly Entry[] {
  const call: Entry[] = [];
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

function dropFirst(lanes: Map<string, Entry[]>, key: string): void {
  const rest = lanes.get(key)?.slice(1) ?? [];
  if (rest.length > 0) {
    lanes.set(key, rest);
  } else {
    lanes.delete(key);
  }
}
