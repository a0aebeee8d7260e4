import { type GuardedRecord, guardAgainstCrashes } from '../crash-guard';
import type { EventBatch, EventStream } from '../events/ports';
import { inParallel } from '../in-parallel';
import { positionKey } from '../stream-record';
import type { ChangeStatus } from './change';
import { outcomeEvent } from './change-events';
import { type PositionedChange, rejectedStatus } from './fold-changes';
import { integrateUser, readRecorded } from './integrate-user';
import type { IntegrationPorts } from './integration-ports';
import type { OutboxEntry } from './ports';
import { readChange } from './read-change';

/** One record of the changes stream, as it was delivered. */
export interface IncomingRecord extends GuardedRecord {
  readonly data: Uint8Array;
}

/** A batch holds a hundred records; more at once would only queue up in the SDK's sockets. */
const WRITES_AT_ONCE = 25;

/**
 * Ends every record of a batch as integrated, noop or rejected (design: laws 2 and 3). Writes in this order:
 * each user's profile with its outbox, then the statuses, then the events; a crash between any two is repaired by
 * replaying the batch, or any part of it, in order.
 * @throws when a store or a stream fails: the batch is to be delivered again.
 */
export async function integrateBatch(
  records: readonly IncomingRecord[],
  ports: IntegrationPorts,
): Promise<void> {
  const now = ports.now();
  const endedAt = now.toISOString();
  await guardAgainstCrashes(
    records,
    { markers: ports.markers, now },
    {
      process: () => endAll(records, ports, endedAt),
      giveUp: async (record) => {
        const text = 'the record took the integrator down each time it was tried';
        const status = rejectedStatus(record, { code: 'unprocessable', text }, endedAt);
        ports.observer.unexpectedlyRejected(record, new Error('gave up after repeated crashes'));
        const settled = await settle([status], new Map(), ports);
        await announce([unreadableBatch([status])], settled, ports.events);
      },
    },
  );
}

async function endAll(
  records: readonly IncomingRecord[],
  ports: IntegrationPorts,
  now: string,
): Promise<void> {
  const { byUser, unreadable } = sortOut(records, now);
  const [recorded, profiles] = await Promise.all([
    readRecorded(records, ports),
    ports.profiles.readMany([...byUser.keys()]),
  ]);
  const users = await inParallel(WRITES_AT_ONCE, [...byUser], async ([userId, changes]) => ({
    partitionKey: userId,
    entries: await integrateUser(changes, { stored: profiles.get(userId), recorded, ports, now }),
  }));
  const ended = [...users, unreadableBatch(unreadable)];
  const statuses = ended.flatMap(({ entries }) => entries.map(({ status }) => status));
  await announce(ended, await settle(statuses, recorded, ports), ports.events);
}

/** Changes grouped by user, each group in the order of the stream, and the endings of what is no change. */
function sortOut(records: readonly IncomingRecord[], now: string) {
  const byUser = new Map<string, PositionedChange[]>();
  const unreadable: ChangeStatus[] = [];
  for (const { sequenceNumber, shardId, data } of records) {
    const position = { sequenceNumber, shardId };
    const read = readChange(data);
    if (read.state === 'unreadable') {
      unreadable.push(rejectedStatus(position, read, now));
      continue;
    }
    const { change } = read;
    byUser.set(change.userId, [...(byUser.get(change.userId) ?? []), { position, change }]);
  }
  return { byUser, unreadable };
}

/** What is announced in one record of the events stream, in order. */
interface EndedBatch {
  readonly partitionKey: string;
  readonly entries: readonly OutboxEntry[];
}

/** Nobody knows whose changes these are, so the shard that they are on gives them an order. */
function unreadableBatch(statuses: readonly ChangeStatus[]): EndedBatch {
  return { partitionKey: statuses[0]?.shardId ?? '', entries: statuses.map((status) => ({ status })) };
}

/**
 * Records the statuses that are not recorded yet.
 * @returns the statuses as they are recorded now, by {@link positionKey}: another consumer of the same batch may
 * have been first, and what it recorded is what is announced.
 */
async function settle(
  statuses: readonly ChangeStatus[],
  recorded: ReadonlyMap<string, ChangeStatus>,
  ports: IntegrationPorts,
): Promise<ReadonlyMap<string, ChangeStatus>> {
  const fresh = statuses.filter((status) => !recorded.has(positionKey(status)));
  const results = await inParallel(WRITES_AT_ONCE, fresh, (status) => ports.statuses.record(status));
  ports.observer.ended(fresh);
  const lost = fresh.filter((_, index) => results[index] === 'already_recorded');
  const others = lost.length > 0 ? await readRecorded(lost, ports) : new Map();
  return new Map([...fresh.map((status) => [positionKey(status), status] as const), ...recorded, ...others]);
}

/** One record of the events stream for each user: of every change what it did, then that it ended. */
async function announce(
  ended: readonly EndedBatch[],
  settled: ReadonlyMap<string, ChangeStatus>,
  stream: EventStream,
): Promise<void> {
  const batches: EventBatch[] = ended
    .map(({ partitionKey, entries }) => {
      const statuses = entries.map(({ status }) => settled.get(positionKey(status)) ?? status);
      return {
        partitionKey: keyNaming(statuses, partitionKey),
        events: entries.flatMap(({ event }, index) => [
          ...(event ? [event] : []),
          outcomeEvent(statuses[index] as ChangeStatus),
        ]),
      };
    })
    .filter(({ events }) => events.length > 0);
  if (batches.length > 0) {
    await stream.append(batches);
  }
}

/** A key travels with its record: where an erasure has left nobody to name, it names the shard. */
function keyNaming(statuses: readonly ChangeStatus[], partitionKey: string): string {
  const isAboutNobody = statuses.every(({ userId }) => userId === undefined);
  return isAboutNobody ? (statuses[0]?.shardId ?? partitionKey) : partitionKey;
}
