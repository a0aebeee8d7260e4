import { type DynamoDBDocumentClient, GetCommand, QueryCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { EVENT_RETENTION_DAYS } from '../../../core/events/retention';
import type { Delivery } from '../../../core/webhooks/deliveries/delivery';
import type { DeliveryTally } from '../../../core/webhooks/deliveries/delivery-tally';
import {
  type DeliveryListing,
  type DeliveryPage,
  type DeliveryStore,
  DUE_SHARDS,
} from '../../../core/webhooks/ports';
import { rowKey } from '../../../lambdas/aws/delivery-row';
import { makeDynamoDeliveryListing } from '../../../lambdas/aws/dynamo-delivery-listing';
import { makeDynamoDeliveryStore } from '../../../lambdas/aws/dynamo-delivery-store';
import { makeDynamoDeliveryTally } from '../../../lambdas/aws/dynamo-delivery-tally';
import { aDelivery } from '../../support/deliveries';
import { useEmulatedTables } from '../../support/emulated-tables';
import { makeMemoryDeliveryStore } from '../../support/memory-delivery-store';

const now = Date.parse('2026-11-20T12:00:00.000Z');
const emulated = useEmulatedTables();
let table = '';

type Deliveries = DeliveryStore & DeliveryListing & DeliveryTally;

async function onDynamo(): Promise<Deliveries> {
  table = (await emulated.fresh()).deliveries;
  return {
    ...makeDynamoDeliveryStore(emulated.client, table, () => now),
    ...makeDynamoDeliveryListing(emulated.client, table, () => now),
    ...makeDynamoDeliveryTally(emulated.client, table),
  };
}

/** Every page of a list, and how long each was. */
async function allPages(list: (after?: string) => Promise<DeliveryPage>) {
  const found: Delivery[] = [];
  const sizes: number[] = [];
  let after: string | undefined;
  do {
    const page = await list(after);
    found.push(...page.deliveries);
    sizes.push(page.deliveries.length);
    after = page.next;
  } while (after !== undefined && sizes.length < 100);
  return { found, sizes };
}

const full = aDelivery({
  attempts: [
    {
      number: 1,
      at: '2026-11-20T09:00:00.000Z',
      milliseconds: 12,
      status: 500,
      address: '192.0.2.1',
      answer: '',
      failure: 'status_500',
    },
  ],
  claim: { attempt: 2, leaseUntil: '2026-11-20T09:01:00.000Z' },
  nextAttemptAt: '2026-11-20T11:00:00.000Z',
  dueAt: '2026-11-20T11:00:00.000Z',
  resends: 2,
  scheduleStart: 4,
  slotAt: '2026-11-20T11:00:02.000Z',
  heldSeconds: 90,
  pausedSeconds: 60,
  pausedAt: '2026-11-20T10:00:00.000Z',
  scheduleStartedAt: '2026-11-20T09:00:00.000Z',
});

const stores: [string, () => Promise<Deliveries>][] = [
  ['in memory', async () => makeMemoryDeliveryStore()],
  ['on DynamoDB', onDynamo],
];

describe.each(stores)('DeliveryStore %s', (_, makeStore) => {
  let store: Deliveries;
  beforeEach(async () => {
    store = await makeStore();
  });

  it('keeps a row as it was written, whatever its state', async () => {
    const rows = [
      full,
      aDelivery({ eventId: 'e2', state: 'delivered', endedAt: '2026-11-20T09:00:00.000Z' }),
      aDelivery({
        eventId: 'e3',
        ...{ state: 'dead', reason: 'gone', endedAt: '2026-11-20T09:00:00.000Z' },
        keptReason: 'subscription_disabled',
      }),
      aDelivery({
        eventId: 'ü#/ 3',
        state: 'skipped',
        reason: 'x',
        endedAt: '2026-11-20T09:00:00.000Z',
        run: 7,
      }),
    ];
    for (const row of rows) {
      await expect(store.write(row)).resolves.toBe('written');
      await expect(store.read(row)).resolves.toEqual(row);
    }
    await expect(store.read({ ...full, run: 1 })).resolves.toBeUndefined();
  });

  it('writes a row once per version: who read an older one loses', async () => {
    expect(await Promise.all([1, 2, 3].map(() => store.write(full)))).toEqual(
      expect.arrayContaining(['written', 'conflict', 'conflict']),
    );
    await expect(store.write({ ...full, version: 3 })).resolves.toBe('conflict');
    const { dueAt: _, ...second } = { ...full, version: 2 };
    await expect(store.write(second)).resolves.toBe('written');
    await expect(store.write({ ...full, version: 2 })).resolves.toBe('conflict');
    await expect(store.read(full)).resolves.toEqual(second);
    await expect(store.write({ ...full, eventId: 'other', version: 2 })).resolves.toBe('conflict');
  });

  it('lists what waits for a subscription to be resumed, in the order of the history, page by page', async () => {
    const waiting = ['0003', '0001', '0002'].map((order) => {
      const { endedAt: _, ...row } = { ...full, state: 'pending' as const, eventId: `evt_${order}`, order };
      return row;
    });
    const { pausedAt: _, ...others } = {
      ...full,
      state: 'pending' as const,
      eventId: 'evt_9',
      order: '0000',
    };
    await Promise.all([...waiting, others].map((row) => store.write(row)));
    await store.write({ ...full, state: 'pending', eventId: 'evt_8', subscriptionId: 'sub_other' });
    const listed: string[] = [];
    for (let after: string | undefined; ; ) {
      const page = await store.paused(full.subscriptionId, {
        limit: 2,
        ...(after !== undefined && { after }),
      });
      listed.push(...page.deliveries.map(({ order }) => order));
      if (page.next === undefined) {
        break;
      }
      after = page.next;
    }
    expect(listed).toEqual(['0001', '0002', '0003']);
    const { pausedAt: __, ...released } = { ...waiting[1]!, version: 2 };
    await store.write(released);
    expect(
      (await store.paused(full.subscriptionId, { limit: 5 })).deliveries.map(({ order }) => order),
    ).toEqual(['0002', '0003']);
  });

  it('counts the rows of an event by run and state, of all subscriptions and of some', async () => {
    const states = ['pending', 'delivered', 'dead', 'skipped', 'erased'] as const;
    const ids = Array.from({ length: 40 }, (_, index) => `sub_${index}`);
    for (const [index, subscriptionId] of ids.entries()) {
      const state = states[index % 5] as (typeof states)[number];
      await store.write(aDelivery({ subscriptionId, state, attempts: full.attempts }));
    }
    await store.write(aDelivery({ subscriptionId: 'sub_0', run: 3, state: 'dead' }));
    await store.write(aDelivery({ eventId: 'other', subscriptionId: 'sub_0' }));
    const all = await store.tally('evt_1');
    expect(Object.fromEntries(all)).toEqual({
      0: { pending: 8, delivered: 8, dead: 8, skipped: 8, erased: 8 },
      3: { pending: 0, delivered: 0, dead: 1, skipped: 0, erased: 0 },
    });
    await expect(store.tally('evt_1', ids)).resolves.toEqual(all);
    const one = await store.tally('evt_1', ['sub_1']);
    expect(one.get(0)?.delivered).toBeGreaterThanOrEqual(1);
    expect((await store.tally('none')).size).toBe(0);
  });

  it('lists an event in pages that neither lose nor double', async () => {
    const ids = Array.from({ length: 40 }, (_, index) => `sub_${index}`);
    await Promise.all(ids.map((subscriptionId) => store.write(aDelivery({ subscriptionId }))));
    await store.write(aDelivery({ eventId: 'other' }));
    for (const limit of [1, 7, 100]) {
      const { found, sizes } = await allPages((after) => store.ofEvent('evt_1', { limit, after }));
      expect(found.map(({ subscriptionId }) => subscriptionId).sort()).toEqual([...ids].sort());
      expect(Math.max(...sizes)).toBeLessThanOrEqual(limit);
    }
  });

  it('lists a time of a subscription over days, the last made first, in pages that neither lose nor double', async () => {
    const times = [
      '2026-11-16T23:59:59.999Z',
      '2026-11-17T00:00:00.000Z',
      '2026-11-17T00:00:00.001Z',
      '2026-11-19T23:59:59.999Z',
      '2026-11-20T00:00:00.000Z',
      '2026-11-20T10:00:00.000Z',
      '2026-11-20T10:00:00.001Z',
    ];
    for (const [index, createdAt] of times.entries()) {
      await store.write(aDelivery({ eventId: `e${index}`, createdAt }));
    }
    await store.write(aDelivery({ subscriptionId: 'sub_2' }));
    const range = { from: '2026-11-17T00:00:00.000Z', to: '2026-11-20T10:00:00.001Z' };
    for (const limit of [1, 2, 100]) {
      const { found, sizes } = await allPages((after) =>
        store.ofSubscription('sub_1', range, { limit, after }),
      );
      expect(found.map(({ eventId }) => eventId)).toEqual(['e5', 'e4', 'e3', 'e2', 'e1']);
      expect(Math.max(...sizes)).toBeLessThanOrEqual(limit);
    }
    const long = { from: '2026-01-01T00:00:00.000Z', to: '2026-12-31T00:00:00.000Z' };
    const { found } = await allPages((after) => store.ofSubscription('sub_1', long, { limit: 4, after }));
    expect(found).toHaveLength(7);
    const none = { from: range.to, to: range.from };
    expect(await store.ofSubscription('sub_1', none, { limit: 4 })).toEqual({ deliveries: [] });
  });

  it('lists those of one state alone, and finds the few among the many', async () => {
    const ids = Array.from({ length: 130 }, (_, index) => index);
    const endedAt = '2026-11-20T09:00:00.000Z';
    await Promise.all(
      ids.map((index) => {
        const state = index % 60 < 3 ? ('skipped' as const) : ('delivered' as const);
        const createdAt = new Date(now - index * 3600_000).toISOString();
        return store.write(aDelivery({ eventId: `e${index}`, state, createdAt, endedAt }));
      }),
    );
    const range = { from: '2026-11-01T00:00:00.000Z', to: '2026-11-21T00:00:00.000Z' };
    for (const limit of [1, 2, 100]) {
      const { found, sizes } = await allPages((after) =>
        store.ofSubscription('sub_1', { ...range, state: 'skipped' }, { limit, after }),
      );
      expect(found.map(({ eventId }) => eventId)).toEqual(
        [0, 1, 2, 60, 61, 62, 120, 121, 122].map((index) => `e${index}`),
      );
      expect(Math.max(...sizes)).toBeLessThanOrEqual(limit);
    }
  });

  it('lists the dead of a subscription, the last first, and no longer once they live again', async () => {
    const ids = Array.from({ length: 30 }, (_, index) => index);
    const died = (index: number) => new Date(now + index * 1000).toISOString();
    await Promise.all(
      ids.map((index) =>
        store.write(aDelivery({ eventId: `e${index}`, state: 'dead', endedAt: died(index) })),
      ),
    );
    await store.write(aDelivery({ eventId: 'alive' }));
    const another = {
      eventId: 'another',
      subscriptionId: 'sub_2',
      state: 'dead',
      endedAt: died(99),
    } as const;
    await store.write(aDelivery(another));
    const { endedAt: _, ...revived } = aDelivery({ eventId: 'e29', version: 2 });
    await store.write(revived);
    const expected = ids
      .slice(0, 29)
      .reverse()
      .map((index) => `e${index}`);
    for (const limit of [1, 7, 100]) {
      const { found } = await allPages((after) => store.deadOf('sub_1', { limit, after }));
      expect(found.map(({ eventId }) => eventId)).toEqual(expected);
      const late = await allPages((after) => store.deadOf('sub_1', { limit, after }, died(20)));
      expect(late.found.map(({ eventId }) => eventId)).toEqual(expected.slice(0, 9));
    }
  });

  it('finds what is due, the longest overdue first, and only that', async () => {
    const dueAt = [
      '2026-11-20T11:00:00.000Z',
      '2026-11-19T00:00:00.000Z',
      '2026-11-20T12:03:00.000Z',
      '2026-11-20T12:03:00.001Z',
    ];
    for (const [index, at] of dueAt.entries()) {
      await store.write(aDelivery({ eventId: `e${index}`, dueAt: at }));
    }
    await store.write(aDelivery({ eventId: 'not-parked' }));
    const by = '2026-11-20T12:03:00.000Z';
    const shards = Array.from({ length: DUE_SHARDS }, (_, shard) => store.due(shard, by, 10));
    const found = (await Promise.all(shards)).flat().sort((a, b) => (a.dueAt! < b.dueAt! ? -1 : 1));
    expect(found.map(({ eventId }) => eventId)).toEqual(['e1', 'e0', 'e2']);
  });
});

describe('rows on DynamoDB', () => {
  it('carry index attributes only where they apply, and an expiry unless pending or dead', async () => {
    const store = await onDynamo();
    const endedAt = '2026-11-20T09:00:00.000Z';
    const states = {
      pending: aDelivery({ eventId: 'pending' }),
      parked: aDelivery({ eventId: 'parked', dueAt: endedAt }),
      delivered: aDelivery({ eventId: 'delivered', state: 'delivered', endedAt }),
      dead: aDelivery({ eventId: 'dead', state: 'dead', endedAt }),
    };
    const sparse = ['due_shard', 'due_at', 'dead_shard', 'dead_at', 'expires_at'];
    const found: Record<string, string[]> = {};
    for (const [name, row] of Object.entries(states)) {
      await store.write(row);
      const { Item } = await emulated.client.send(new GetCommand({ TableName: table, Key: rowKey(row) }));
      found[name] = Object.keys(Item!)
        .filter((attribute) => sparse.includes(attribute))
        .sort();
    }
    expect(found).toEqual({
      pending: [],
      parked: ['due_at', 'due_shard'],
      delivered: ['expires_at'],
      dead: ['dead_at', 'dead_shard'],
    });
  });

  it('stay for 30 days after their end, and never go before the marker of their event', async () => {
    const store = await onDynamo();
    const createdAt = '2026-11-01T00:00:00.000Z';
    const expiries: number[] = [];
    for (const days of [0, 29]) {
      const endedAt = new Date(Date.parse(createdAt) + days * 86_400_000).toISOString();
      const row = aDelivery({ subscriptionId: `sub_${days}`, state: 'delivered', createdAt, endedAt });
      await store.write(row);
      const { Item } = await emulated.client.send(new GetCommand({ TableName: table, Key: rowKey(row) }));
      expiries.push((Item!.expires_at - Date.parse(createdAt) / 1000) / 86_400);
    }
    expect(expiries).toEqual([EVENT_RETENTION_DAYS + 1, 59]);
  });

  it('of few subscriptions are counted in the parts where they lie', async () => {
    const store = await onDynamo();
    await store.write(aDelivery({ subscriptionId: 'sub_1' }));
    const send = jest.spyOn(emulated.client, 'send');
    expect((await store.tally('evt_1', ['sub_1'])).get(0)?.pending).toBe(1);
    expect(send).toHaveBeenCalledTimes(1);
    send.mockRestore();
  });

  it('of one event are spread, and what has expired is not listed though the store still has it', async () => {
    const store = await onDynamo();
    for (let index = 0; index < 40; index += 1) {
      await store.write(aDelivery({ subscriptionId: `sub_${index}` }));
    }
    const endedAt = new Date(now - (EVENT_RETENTION_DAYS + 1) * 86_400_000).toISOString();
    await store.write(aDelivery({ subscriptionId: 'old', state: 'delivered', createdAt: endedAt, endedAt }));
    const { Items } = await emulated.client.send(new ScanCommand({ TableName: table }));
    expect(new Set(Items!.map(({ event_shard }) => event_shard)).size).toBeGreaterThan(8);
    const { deliveries } = await store.ofEvent('evt_1', { limit: 100 });
    expect(deliveries).toHaveLength(40);
  });

  it('that are dead cost the same reads however many dead another subscription has', async () => {
    const store = await onDynamo();
    const dead = { state: 'dead', endedAt: '2026-11-20T09:00:00.000Z' } as const;
    await store.write(aDelivery({ ...dead }));
    for (let index = 0; index < 60; index += 1) {
      await store.write(aDelivery({ ...dead, eventId: `e${index}`, subscriptionId: 'sub_2' }));
    }
    const sent: object[] = [];
    const counting = {
      send: (command: GetCommand) => {
        sent.push(command);
        return emulated.client.send(command);
      },
    } as unknown as DynamoDBDocumentClient;
    const listing = makeDynamoDeliveryListing(counting, table);
    const { deliveries } = await listing.deadOf('sub_1', { limit: 50 });
    expect(deliveries).toHaveLength(1);
    expect(sent).toHaveLength(2);
    expect(JSON.stringify(sent)).not.toContain('sub_2');
  });

  it('are judged by what they hold now, not by an index that lags behind', async () => {
    const store = await onDynamo();
    const endedAt = '2026-11-20T09:00:00.000Z';
    const revived = aDelivery({ eventId: 'revived', version: 1 });
    await store.write(revived);
    const lagging = {
      send: async (command: object) =>
        command instanceof QueryCommand
          ? { Items: [{ ...rowKey(revived), dead_at: `${endedAt}#dlv_${'x'.repeat(24)}`, due_at: endedAt }] }
          : emulated.client.send(command as GetCommand),
    } as unknown as DynamoDBDocumentClient;
    const listing = makeDynamoDeliveryListing(lagging, table);
    expect((await listing.deadOf('sub_1', { limit: 1 })).deliveries).toEqual([]);
    expect(await makeDynamoDeliveryStore(lagging, table).due(0, endedAt, 10)).toEqual([]);
  });

  it.each(['', '???', 'a b', 'MS8', 'MTYvYQ', 'A'.repeat(5000), Buffer.from('2026#x').toString('base64url')])(
    'refuses a token that no list gave (%#)',
    async (after) => {
      const store = await onDynamo();
      const refusal = { code: 'parameter_invalid' };
      const range = { from: '2026-11-20T00:00:00.000Z', to: '2026-11-21T00:00:00.000Z' };
      await expect(store.ofEvent('evt_1', { limit: 2, after })).rejects.toMatchObject(refusal);
      await expect(store.deadOf('sub_1', { limit: 2, after })).rejects.toMatchObject(refusal);
      await expect(store.ofSubscription('sub_1', range, { limit: 2, after })).rejects.toMatchObject(refusal);
    },
  );
});
