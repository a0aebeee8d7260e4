import { ScanCommand } from '@aws-sdk/lib-dynamodb';
import type { ChangeStatus } from '../../../core/change/change';
import type { ChangeStatusStore } from '../../../core/change/ports';
import { nothingErased, type WorkingErasure } from '../../../core/erasure/erasure';
import type { ErasableEvents, ErasableStatuses, ErasureStore, KeptRow } from '../../../core/erasure/ports';
import type {
  EventHistoryReader,
  EventHistoryWriter,
  FanOutMarkers,
  UnprocessableRecords,
} from '../../../core/events/ports';
import { makeDynamoChangeStatusStore } from '../../../lambdas/aws/dynamo-change-status-store';
import { makeDynamoErasableEvents } from '../../../lambdas/aws/dynamo-erasable-events';
import { makeDynamoErasableStatuses } from '../../../lambdas/aws/dynamo-erasable-statuses';
import { makeDynamoErasureStore } from '../../../lambdas/aws/dynamo-erasure-store';
import { makeDynamoEventHistory } from '../../../lambdas/aws/dynamo-event-history';
import { makeDynamoFanOutMarkers } from '../../../lambdas/aws/dynamo-fan-out-markers';
import { makeDynamoUnprocessableRecords } from '../../../lambdas/aws/dynamo-unprocessable-records';
import { useEmulatedTables } from '../../support/emulated-tables';
import {
  anEvent,
  aRecord,
  MemoryEventHistory,
  MemoryFanOutMarkers,
  MemoryUnprocessableRecords,
} from '../../support/memory-dispatch';
import {
  makeMemoryErasableEvents,
  makeMemoryErasableStatuses,
  makeMemoryErasureStore,
} from '../../support/memory-erasure';
import { makeMemoryVault } from '../../support/memory-vault';

interface Stores {
  readonly erasures: ErasureStore;
  readonly statuses: ChangeStatusStore;
  readonly erasableStatuses: ErasableStatuses;
  readonly markers: FanOutMarkers;
  readonly history: EventHistoryReader & EventHistoryWriter;
  readonly unprocessable: UnprocessableRecords;
  readonly erasableEvents: ErasableEvents;
  /** Every row there is, as text. */
  readonly dump: () => Promise<string>;
}

const subject = 'ad|Mozilla-LDAP|ada "💡"';

const emulated = useEmulatedTables();

async function dynamoStores(): Promise<Stores> {
  const tables = await emulated.fresh();
  return {
    erasures: makeDynamoErasureStore(emulated.client, tables.erasures),
    statuses: makeDynamoChangeStatusStore(emulated.client, tables['change-statuses']),
    erasableStatuses: makeDynamoErasableStatuses(emulated.client, tables['change-statuses']),
    markers: makeDynamoFanOutMarkers(emulated.client, tables.events),
    history: makeDynamoEventHistory(emulated.client, tables.events),
    unprocessable: makeDynamoUnprocessableRecords(emulated.client, tables.events),
    erasableEvents: makeDynamoErasableEvents(emulated.client, tables.events),
    dump: async () => {
      const names = [tables.events, tables['change-statuses'], tables.erasures];
      const all = await Promise.all(
        names.map((TableName) => emulated.client.send(new ScanCommand({ TableName }))),
      );
      return JSON.stringify(all.flatMap(({ Items }) => Items));
    },
  };
}

async function memoryStores(): Promise<Stores> {
  const vault = makeMemoryVault();
  const stores = {
    markers: new MemoryFanOutMarkers(),
    history: new MemoryEventHistory(),
    unprocessable: new MemoryUnprocessableRecords(),
  };
  const erasures = makeMemoryErasureStore();
  return {
    erasures,
    statuses: vault.statuses,
    erasableStatuses: makeMemoryErasableStatuses(vault.recorded as Map<string, ChangeStatus>),
    ...stores,
    erasableEvents: makeMemoryErasableEvents(stores),
    dump: async () => JSON.stringify([[...vault.recorded], [...stores.history.rows], [...erasures.rows]]),
  };
}

const working = (id: string, differences: Partial<WorkingErasure> = {}): WorkingErasure => ({
  id,
  state: 'working',
  subject,
  subjectSha256: 'a'.repeat(64),
  requestedAt: '2026-11-20T10:00:00.000Z',
  pass: 1,
  step: 'profiles',
  counts: nothingErased,
  version: 1,
  ...differences,
});

const status = (sequenceNumber: string, userId: string): ChangeStatus => ({
  sequenceNumber,
  shardId: 'shardId-000000000001',
  state: 'integrated',
  condition: 'create',
  text: 'attribute first_name left as it is',
  userId,
  acceptedAt: '2026-01-01T00:00:00.000Z',
  endedAt: '2026-01-01T00:00:01.000Z',
});

describe.each([
  ['in memory', memoryStores],
  ['on DynamoDB', dynamoStores],
])('the stores of the eraser %s', (_, makeStores) => {
  let stores: Stores;
  beforeEach(async () => {
    stores = await makeStores();
  });

  it('keep an erasure as it was, and write it only on the version that was read', async () => {
    const { erasures } = stores;
    const full = working('era_1', {
      after: '{"a":"b"}',
      notBefore: '2026-11-20T10:01:00.000Z',
      step: 'events',
      requestDigest: 'digest',
    });
    expect(await erasures.write(full)).toBe('written');
    expect(await erasures.write(full)).toBe('conflict');
    expect(await erasures.read('era_1')).toEqual(full);
    expect(await erasures.read('era_2')).toBeUndefined();
    const leased = working('era_1', { version: 2, leaseUntil: '2026-11-20T10:02:00.000Z' });
    expect(await erasures.write({ ...leased, version: 3 })).toBe('conflict');
    expect(await erasures.write(leased)).toBe('written');
    expect(await erasures.read('era_1')).toEqual(leased);
  });

  it('list the erasures at work, the oldest first, and not what is complete', async () => {
    const { erasures } = stores;
    for (const minute of [3, 1, 2]) {
      await erasures.write(working(`era_${minute}`, { requestedAt: `2026-11-20T10:0${minute}:00.000Z` }));
    }
    expect((await erasures.open(10)).map(({ id }) => id)).toEqual(['era_1', 'era_2', 'era_3']);
    expect(await erasures.open(2)).toHaveLength(2);
    const { id, subjectSha256, requestedAt, counts } = working('era_1');
    const receipt = [{ store: 'profiles', erased: 1, remains: 'a mark', until: '2026-11-28T10:00:00.000Z' }];
    const completedAt = '2026-11-20T10:09:00.000Z';
    const completed = { id, subjectSha256, requestedAt, counts, completedAt, receipt, version: 2 };
    await erasures.write({ ...completed, state: 'completed' });
    expect((await erasures.open(10)).map((one) => one.id)).toEqual(['era_2', 'era_3']);
    expect(await erasures.read('era_1')).toEqual({ ...completed, state: 'completed' });
    expect(JSON.stringify(await erasures.read('era_1'))).not.toContain('ada');
  });

  it('take a person off the statuses, which stay what ended the changes', async () => {
    const { statuses, erasableStatuses } = stores;
    for (let number = 1; number <= 8; number += 1) {
      await statuses.record(status(String(number), number % 2 === 0 ? subject : 'somebody else'));
    }
    const found = await everyPage(async (after) => {
      const { found: items, next } = await erasableStatuses.scan(subject, after);
      return { items, next };
    });
    expect(found.map(({ sequenceNumber }) => sequenceNumber).sort()).toEqual(['2', '4', '6', '8']);
    for (const position of found) {
      await erasableStatuses.removeUser(position, subject);
      await erasableStatuses.removeUser(position, subject);
    }
    expect(await stores.dump()).not.toContain('ada');
    const { userId: __, text: ___, ...rest } = status('2', subject);
    expect(await statuses.find('2')).toEqual(rest);
    expect(await statuses.record(status('2', subject))).toBe('already_recorded');
    expect((await statuses.find('1'))?.userId).toBe('somebody else');
  });

  it('make no status anew that is gone, and none of another person different', async () => {
    const { statuses, erasableStatuses } = stores;
    await erasableStatuses.removeUser({ sequenceNumber: '99', shardId: 'shardId-000000000001' }, subject);
    expect(await statuses.find('99')).toBeUndefined();
    await statuses.record(status('1', 'somebody else'));
    await erasableStatuses.removeUser(status('1', ''), subject);
    expect(await statuses.find('1')).toEqual(status('1', 'somebody else'));
  });

  it('show every event and every unprocessable record, and nothing else', async () => {
    const { markers, history, unprocessable } = stores;
    const events = ['e1', 'e2', 'e3', 'e4'].map((id) => anEvent(id, { subject }));
    for (const event of events) {
      await markers.claim(aMarker(event.id));
      await history.keep(`order-${event.id}`, event);
    }
    await unprocessable.record(
      aRecord(Buffer.from('broken'), { sequenceNumber: '7', partitionKey: 'k' }),
      'why',
    );
    const rows = await allRows(stores);
    const kept = rows.flatMap((row) => (row.kind === 'event' ? [row] : []));
    expect(kept.map(({ event }) => event).sort((a, b) => (a.id < b.id ? -1 : 1))).toEqual(events);
    expect(kept.map(({ order }) => order).sort()).toEqual(events.map(({ id }) => `order-${id}`));
    const [record, ...more] = rows.filter((row) => row.kind === 'unprocessable');
    expect(more).toEqual([]);
    expect(record).toMatchObject({
      position: { sequenceNumber: '7', shardId: 'shardId-000000000000' },
      partitionKey: 'k',
    });
    expect(Buffer.from((record as { data: Uint8Array }).data).toString()).toBe('broken');
  });

  it('flag a marker for whoever claims the event again, and keep its plan', async () => {
    const { markers, erasableEvents } = stores;
    const marker = aMarker('e1');
    await markers.claim(marker);
    expect(await erasableEvents.flagMarker('e1')).toEqual({ ...marker, erased: true });
    expect(await erasableEvents.flagMarker('e1')).toEqual({ ...marker, erased: true });
    expect(await markers.claim({ ...marker, plan: [] })).toEqual({ ...marker, erased: true });
    expect(await erasableEvents.flagMarker('unknown')).toBeUndefined();
    expect(await markers.claim(aMarker('unknown'))).toEqual(aMarker('unknown'));
  });

  it('remove an event of the history, and never another one that lies at its place', async () => {
    const { history, erasableEvents } = stores;
    const event = anEvent('e1', { subject });
    await history.keep('order-1', event);
    const key = { topic: 'manage/orders', order: 'order-1', eventId: 'e1' };
    await erasableEvents.removeEvent({ kind: 'event', order: 'order-1', event: { ...event, id: 'e9' } });
    expect(await history.read(key)).toEqual(event);
    await erasableEvents.removeEvent({ kind: 'event', order: 'order-1', event });
    await erasableEvents.removeEvent({ kind: 'event', order: 'order-1', event });
    expect(await history.read(key)).toBeUndefined();
    expect(await allRows(stores)).toEqual([]);
  });

  it('empty an unprocessable record, for good', async () => {
    const { unprocessable, erasableEvents } = stores;
    const record = aRecord(Buffer.from(subject), { sequenceNumber: '7', partitionKey: subject });
    await unprocessable.record(record, 'why');
    await erasableEvents.emptyRecord(record);
    await erasableEvents.emptyRecord(record);
    await unprocessable.record(record, 'why');
    const { sequenceNumber, shardId } = record;
    expect(await allRows(stores)).toEqual([
      { kind: 'unprocessable', position: { sequenceNumber, shardId }, partitionKey: '' },
    ]);
    await erasableEvents.emptyRecord({ sequenceNumber: '8', shardId });
    expect(await allRows(stores)).toHaveLength(1);
  });
});

describe('the scan of the eraser on DynamoDB', () => {
  it('turns pages where a table has more than one page of 1 MB', async () => {
    const stores = await dynamoStores();
    // Noise, because rows are gzipped.
    const noise = () => Array.from({ length: 150_000 }, () => Math.random().toString(36)[2] ?? '0').join('');
    const ids = Array.from({ length: 16 }, (_, index) => `e${index}`);
    for (const id of ids) {
      await stores.history.keep(`order-${id}`, anEvent(id, { dataJson: JSON.stringify(noise()) }));
    }
    const first = await stores.erasableEvents.scan(undefined);
    expect(first.next).toBeDefined();
    const rows = await allRows(stores);
    expect(rows.map((row) => (row.kind === 'event' ? row.event.id : '')).sort()).toEqual([...ids].sort());
  });
});

function aMarker(eventId: string) {
  return {
    eventId,
    winner: { sequenceNumber: '1', shardId: 'shard-0' },
    topic: 'manage/orders',
    order: `order-${eventId}`,
    plan: [{ id: 'sub_a' }, { id: 'sub_b', via: 'manage:*' }],
  };
}

function allRows({ erasableEvents }: Stores): Promise<KeptRow[]> {
  return everyPage(async (after) => {
    const { rows, next } = await erasableEvents.scan(after);
    return { items: rows, next };
  });
}

async function everyPage<Item>(
  read: (after: string | undefined) => Promise<{ items: readonly Item[]; next: string | undefined }>,
): Promise<Item[]> {
  const found: Item[] = [];
  let after: string | undefined;
  do {
    const { items, next } = await read(after);
    found.push(...items);
    after = next;
  } while (after !== undefined);
  return found;
}
