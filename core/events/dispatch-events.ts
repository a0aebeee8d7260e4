import { makeGate } from '../gate';
import { inParallel } from '../in-parallel';
import type { StreamRecord } from '../stream-record';
import type { DispatchPorts } from './dispatch-ports';
import { dispatchRecord, type RecordEnding } from './dispatch-record';
import { orderBase } from './history-key';
import { matchSubscriptions } from './match-subscriptions';

/** How one record of the batch ended. */
export type DispatchEnding = RecordEnding & { readonly record: StreamRecord };

/** Records unpack to several megabytes: so many are in memory at a time. */
const KEYS_SIDE_BY_SIDE = 8;

/** Below the sockets of one client (50), so that no call waits for one until it times out. */
const STORE_CALLS_AT_A_TIME = 32;

/** Each is up to 1000 messages, which the queue's adapter sends side by side. */
const SENDS_AT_A_TIME = 4;

/**
 * Dispatches one batch of the events stream: keeps the history and sends one message per event and matching
 * subscription. Records of one partition key keep their order in the history, the keys go side by side.
 * Repeating a batch, also with its neighbours, in part or after a crash, changes nothing but that messages may
 * come twice; their delivery ids are the same.
 * @param now epoch milliseconds at which the batch was begun.
 * @returns how every record ended, in no order.
 * @throws when a store or the queue fails: the batch is to be repeated.
 */
export async function dispatchEvents(
  records: readonly StreamRecord[],
  ports: DispatchPorts,
  now: number,
): Promise<readonly DispatchEnding[]> {
  const storeGate = makeGate(STORE_CALLS_AT_A_TIME);
  const batch = {
    ...ports,
    // Each topic that a batch names is asked for with its patterns: a record may name a thousand.
    match: matchSubscriptions({
      ofTopic: (selector) => storeGate(() => ports.subscriptions.ofTopic(selector)),
    }),
    storeGate,
    sendGate: makeGate(SENDS_AT_A_TIME),
  };
  const endings = await inParallel(KEYS_SIDE_BY_SIDE, groupByKey(records), async (group) => {
    const ended: DispatchEnding[] = [];
    for (const { record, index } of group) {
      ended.push({ record, ...(await dispatchRecord(record, orderBase(now, index), batch)) });
    }
    return ended;
  });
  return endings.flat();
}

interface PlacedRecord {
  readonly record: StreamRecord;
  /** Of the record within the batch. */
  readonly index: number;
}

function groupByKey(records: readonly StreamRecord[]): PlacedRecord[][] {
  const groups = new Map<string, PlacedRecord[]>();
  for (const [index, record] of records.entries()) {
    const group = groups.get(record.partitionKey) ?? [];
    groups.set(record.partitionKey, group);
    group.push({ record, index });
  }
  return [...groups.values()];
}
