import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import fc from 'fast-check';
import type { Event } from '../../../core/events/event';
import { eventOrder, orderBase } from '../../../core/events/history-key';
import type {
  EventHistoryLister,
  EventHistoryWriter,
  HistoryEntry,
  HistoryRange,
} from '../../../core/events/ports';
import { makeDynamoEventHistory } from '../../../lambdas/aws/dynamo-event-history';
import { makeDynamoEventLister } from '../../../lambdas/aws/dynamo-event-lister';
import { createTables, dynamodbClient, type Emulators, startEmulators } from '../../support/emulators';
import { anEvent, MemoryEventHistory } from '../../support/memory-dispatch';

type History = EventHistoryLister & EventHistoryWriter;

const start = Date.parse('2026-11-20T12:00:00.000Z');
const topic = 'manage/orders';

let emulators: Emulators;
let client: DynamoDBDocumentClient;
let made = 0;

beforeAll(async () => {
  emulators = await startEmulators();
  client = DynamoDBDocumentClient.from(dynamodbClient(emulators.dynamodbUrl), {
    marshallOptions: { removeUndefinedValues: true },
  });
});

afterAll(async () => {
  client.destroy();
  await emulators.stop();
});

async function onDynamo(now = () => start): Promise<History> {
  made += 1;
  const table = (await createTables(emulators.dynamodbUrl, `l${made}-`)).events;
  return {
    ...makeDynamoEventHistory(client, table, now),
    ...makeDynamoEventLister(client, table, now),
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

describe('the history on DynamoDB', () => {
  it('gives short pages of large events, and loses none', async () => {
    const history = await onDynamo();
    const noise = Array.from({ length: 2000 }, (_, index) => Math.sin(index)).join('');
    const entries = await fill(history, 24, { dataJson: JSON.stringify(noise.repeat(8).slice(0, 250_000)) });
    const first = await history.list({ topic, limit: 100, ascending: true });
    expect(first.entries.length).toBeLessThan(24);
    const all = await allPages(history, { topic, limit: 100, ascending: true });
    expect(all.map(({ event }) => event.id)).toEqual(entries.map(({ event }) => event.id));
  }, 20_000);

  it('skips what has expired, and finds what lies behind it', async () => {
    let now = start;
    const history = await onDynamo(() => now);
    await fill(history, 10);
    now = start + 44 * 86_400_000;
    const young = anEvent('young');
    await history.keep(eventOrder(orderBase(now, 0), 0, young.id), young);
    now = start + 46 * 86_400_000;
    const found = await allPages(history, { topic, limit: 2, ascending: true });
    expect(found.map(({ event }) => event.id)).toEqual(['young']);
  });
});
