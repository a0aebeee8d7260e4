import { createHash } from 'node:crypto';
import { UpdateCommand } from '@aws-sdk/lib-dynamodb';
import fc from 'fast-check';
import type { Event } from '../../../core/events/event';
import { eventOrder, historyPartition, historyPartitions, orderBase } from '../../../core/events/history-key';
import type {
  EventHistoryLister,
  EventHistoryWriter,
  FanOutMarkerReader,
  FanOutMarkers,
  HistoryEntry,
  HistoryRange,
} from '../../../core/events/ports';
import { EVENT_RETENTION_DAYS } from '../../../core/events/retention';
import { makeDynamoEventHistory } from '../../../lambdas/aws/dynamo-event-history';
import { makeDynamoEventLister } from '../../../lambdas/aws/dynamo-event-lister';
import { makeDynamoFanOutMarkers } from '../../../lambdas/aws/dynamo-fan-out-markers';
import { makeDynamoMarkerReader } from '../../../lambdas/aws/dynamo-marker-reader';
import { useEmulatedTables } from '../../support/emulated-tables';
import { anEvent, MemoryEventHistory, MemoryFanOutMarkers } from '../../support/memory-dispatch';

type History = EventHistoryLister & EventHistoryWriter;

const start = Date.parse('2026-11-20T12:00:00.000Z');
const topic = 'manage/orders';

const emulated = useEmulatedTables();

async function onDynamo(now = () => start): Promise<History> {
  const table = (await emulated.fresh()).events;
  return {
    ...makeDynamoEventHistory(emulated.client, table, now),
    ...makeDynamoEventLister(emulated.client, table, now),
  };
}

/** Keeps so many events, one each second from `start`. */
async function fill(history: History, count: number, data: Partial<Event> = {}): Promise<HistoryEntry[]> {
  const entries = Array.from({ length: count }, (_, index) => {
    const event = anEvent(`evt_${index}`, data);
    return { order: eventOrder(orderBase(start + index * 1000, 0), 0, event.id), event };
  });
  await Promise.all(entries.map(({ order, event }) => history.keep(order, event)));
  return entries;
}

/** Ids of events that lie in one part of the history. */
function idsIn(part: number, count: number): string[] {
  const partition = historyPartitions(topic)[part];
  const ids = Array.from({ length: 400 }, (_, index) => `evt_${index}`);
  return ids.filter((id) => historyPartition(topic, id) === partition).slice(0, count);
}

/** Some 200 kB that do not compress below 150. */
function noise(seed: string): string {
  return Array.from({ length: 5000 }, (_, index) =>
    createHash('sha256').update(`${seed}${index}`).digest('base64').slice(0, 40),
  ).join('');
}

async function allPages(history: History, range: Omit<HistoryRange, 'after'>): Promise<HistoryEntry[]> {
  const found: HistoryEntry[] = [];
  let after: string | undefined;
  for (let pages = 0; pages < 200; pages += 1) {
    const page = await history.list({ ...range, after });
    expect(page.entries.length).toBeLessThanOrEqual(range.limit);
    found.push(...page.entries);
    after = page.next;
    if (after === undefined) {
      return found;
    }
  }
  throw new Error('the list does not end');
}

const histories: [string, () => Promise<History>][] = [
  ['in memory', async () => new MemoryEventHistory()],
  ['on DynamoDB', onDynamo],
];

describe.each(histories)('EventHistoryLister %s', (_, makeHistory) => {
  it.each([1, 4, 24, 25, 26, 100])('lists everything once in pages of %i, both ways', async (limit) => {
    const history = await makeHistory();
    const entries = await fill(history, 25);
    await history.keep('1', anEvent('x', { topic: { door: 'manage', name: 'orders2' } }));
    expect(await allPages(history, { topic, limit, ascending: true })).toEqual(entries);
    expect(await allPages(history, { topic, limit, ascending: false })).toEqual([...entries].reverse());
  });

  it('begins at `from` and ends before `to`, whatever the pages', async () => {
    const history = await makeHistory();
    const entries = await fill(history, 12);
    const bound = fc.option(fc.integer({ min: -2, max: 14 }), { nil: undefined });
    const milliseconds = (index: number | undefined) =>
      index === undefined ? undefined : start + index * 1000;
    await fc.assert(
      fc.asyncProperty(
        bound,
        bound,
        fc.integer({ min: 1, max: 13 }),
        fc.boolean(),
        async (a, b, limit, up) => {
          const range = { topic, from: milliseconds(a), to: milliseconds(b), limit, ascending: up };
          const expected = entries.filter((_, index) => index >= (a ?? 0) && index < (b ?? 99));
          expect(await allPages(history, range)).toEqual(up ? expected : [...expected].reverse());
        },
      ),
      { numRuns: 40 },
    );
  });

  it('goes on behind a place that is kept, also when that place is none of its own', async () => {
    const history = await makeHistory();
    const entries = await fill(history, 5);
    const after = orderBase(start + 1500, 0);
    const up = await history.list({ topic, limit: 10, after, ascending: true });
    expect(up).toEqual({ entries: entries.slice(2) });
    const down = await history.list({ topic, limit: 10, after, ascending: false });
    expect(down.entries).toEqual(entries.slice(0, 2).reverse());
  });

  it('gives events back as they were kept', async () => {
    const history = await makeHistory();
    const [entry] = await fill(history, 1, { dataJson: '{"n":1.10, "big":12345678901234567890}' });
    await expect(history.list({ topic, limit: 1, ascending: true })).resolves.toEqual({ entries: [entry] });
  });
});

const markerStores: [string, () => Promise<FanOutMarkers & FanOutMarkerReader>][] = [
  ['in memory', async () => new MemoryFanOutMarkers()],
  [
    'on DynamoDB',
    async () => {
      const table = (await emulated.fresh()).events;
      return {
        ...makeDynamoFanOutMarkers(emulated.client, table),
        ...makeDynamoMarkerReader(emulated.client, table),
      };
    },
  ],
];

describe.each(markerStores)('FanOutMarkerReader %s', (_, makeStore) => {
  it('finds the markers that stand, each once, and not the others', async () => {
    const store = await makeStore();
    const plan = [{ id: 'sub_a' }, { id: 'sub_b', via: 'manage:orders.*' }];
    const winner = { sequenceNumber: '1', shardId: 's' };
    await store.claim({ eventId: 'e1', winner, topic, order: '1', plan });
    await store.claim({ eventId: 'e2', winner, topic, order: '2', plan: [] });
    const found = await store.findMany(['e1', 'none', 'e2', 'e1']);
    expect(Object.fromEntries(found)).toEqual({
      e1: { topic, order: '1', plan, fannedOut: 2, erased: false },
      e2: { topic, order: '2', plan: [], fannedOut: 0, erased: false },
    });
    expect((await store.findMany([])).size).toBe(0);
  });
});

describe('markers on DynamoDB', () => {
  it('are gone when their time is over, before the store removes them', async () => {
    const table = (await emulated.fresh()).events;
    const winner = { sequenceNumber: '1', shardId: 's' };
    const marker = { eventId: 'e1', winner, topic, order: '1', plan: [] };
    await makeDynamoFanOutMarkers(emulated.client, table, () => start).claim(marker);
    const readAfter = (days: number) =>
      makeDynamoMarkerReader(emulated.client, table, () => start + days * 86_400_000).findMany(['e1']);
    expect([
      (await readAfter(EVENT_RETENTION_DAYS - 1)).size,
      (await readAfter(EVENT_RETENTION_DAYS)).size,
    ]).toEqual([1, 0]);
  });

  it('say that they are erased, and still how many they were', async () => {
    const table = (await emulated.fresh()).events;
    const winner = { sequenceNumber: '1', shardId: 's' };
    const marker = { eventId: 'e1', winner, topic, order: '1', plan: [{ id: 'a' }] };
    await makeDynamoFanOutMarkers(emulated.client, table).claim(marker);
    await emulated.client.send(
      new UpdateCommand({
        TableName: table,
        Key: { partition: 'event#e1', sort: 'marker' },
        UpdateExpression: 'SET erased = :erased',
        ExpressionAttributeValues: { ':erased': true },
      }),
    );
    const found = await makeDynamoMarkerReader(emulated.client, table).findMany(['e1']);
    expect(found.get('e1')).toMatchObject({ erased: true, fannedOut: 1 });
  });
});

describe('the history on DynamoDB', () => {
  it('loses nothing where one part of the history stops early, because its events are large', async () => {
    const history = await onDynamo();
    const [first, other] = [idsIn(0, 10), idsIn(1, 3)];
    const ids = [...first, ...other];
    for (const [index, id] of ids.entries()) {
      const event = anEvent(id, { dataJson: JSON.stringify(noise(id)) });
      await history.keep(eventOrder(orderBase(start + index * 1000, 0), 0, id), event);
    }
    const page = await history.list({ topic, limit: 100, ascending: true });
    expect(page.entries.length).toBeLessThan(10);
    for (const ascending of [true, false]) {
      const found = (await allPages(history, { topic, limit: 100, ascending })).map(({ event }) => event.id);
      expect(found).toEqual(ascending ? ids : [...ids].reverse());
    }
  }, 20_000);

  it('gives no page that a reply could not hold, however well its events compress', async () => {
    const history = await onDynamo();
    const entries = await fill(history, 24, { dataJson: JSON.stringify('ü'.repeat(120_000)) });
    const first = await history.list({ topic, limit: 100, ascending: true });
    const bytes = first.entries.reduce((sum, { event }) => sum + Buffer.byteLength(event.dataJson), 0);
    expect(bytes).toBeLessThan(4_000_000);
    const all = await allPages(history, { topic, limit: 100, ascending: true });
    expect(all.map(({ event }) => event.id)).toEqual(entries.map(({ event }) => event.id));
  }, 20_000);

  it('skips what has expired, and finds what lies behind it', async () => {
    let now = start;
    const history = await onDynamo(() => now);
    await fill(history, 10);
    now = start + (EVENT_RETENTION_DAYS - 1) * 86_400_000;
    const young = anEvent('young');
    await history.keep(eventOrder(orderBase(now, 0), 0, young.id), young);
    now = start + (EVENT_RETENTION_DAYS + 1) * 86_400_000;
    const found = await allPages(history, { topic, limit: 2, ascending: true });
    expect(found.map(({ event }) => event.id)).toEqual(['young']);
  });
});
