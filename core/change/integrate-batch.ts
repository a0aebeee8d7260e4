import type { EventBatch, EventStream } from '../events/ports';
import { inParallel } from '../in-parallel';
import type { ChangeStatus } from './change';
import { type GuardedRecord, guardAgainstCrashes } from './crash-guard';
import { type PositionedChange, positionKey, rejectedStatus } from './fold-changes';
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
  const now = ports.clock();
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
        await recordStatuses([status], ports);
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
    userId,
    entries: await integrateUser(changes, { stored: profiles.get(userId), recorded, ports, now }),
  }));
  const statuses = [...unreadable, ...users.flatMap(({ entries }) => entries.map(({ status }) => status))];
  await recordStatuses(
    statuses.filter((status) => !recorded.has(positionKey(status))),
    ports,
  );
  await announce(users, ports.events);
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

async function recordStatuses(statuses: readonly ChangeStatus[], ports: IntegrationPorts): Promise<void> {
  await inParallel(WRITES_AT_ONCE, statuses, (status) => ports.statuses.record(status));
  ports.observer.ended(statuses);
}

/** One record of the events stream for each user, its events in the order of the changes. */
async function announce(
  users: readonly { readonly userId: string; readonly entries: readonly OutboxEntry[] }[],
  stream: EventStream,
): Promise<void> {
  const batches: EventBatch[] = users
    .map(({ userId, entries }) => ({
      partitionKey: userId,
      events: entries.flatMap(({ event }) => (event ? [event] : [])),
    }))
    .filter(({ events }) => events.length > 0);
  if (batches.length > 0) {
    await stream.append(batches);
  }
}
