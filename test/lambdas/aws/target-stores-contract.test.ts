import { type DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import type { SubscriptionReference, SubscriptionStore } from '../../../core/topics/ports';
import type { Circuit, Subscription } from '../../../core/topics/subscriptions/subscription';
import type { TargetHealthStore, TargetLimits } from '../../../core/webhooks/health/target-ports';
import { makeDynamoSubscriptionStore } from '../../../lambdas/aws/dynamo-subscription-store';
import { makeDynamoTargetHealth } from '../../../lambdas/aws/dynamo-target-health';
import { makeDynamoTargetLimits } from '../../../lambdas/aws/dynamo-target-limits';
import { subscriptionRowKey } from '../../../lambdas/aws/subscription-row';
import { useEmulatedTables } from '../../support/emulated-tables';
import { MemorySubscriptionStore } from '../../support/memory-registry';
import { makeMemoryTargetHealth } from '../../support/memory-target-health';
import { makeMemoryTargetLimits } from '../../support/memory-target-limits';
import { aSubscription } from '../../support/subscriptions';

const emulated = useEmulatedTables();

async function freshTable(): Promise<string> {
  return (await emulated.fresh()).registry;
}

const reference: SubscriptionReference = aSubscription();
const at = '2026-11-20T11:00:00.000Z';
const later = '2026-11-20T12:00:00.000Z';
const circuit: Circuit = { openUntil: '2026-11-20T11:00:30.000Z', opens: 1 };

const healthStores: [string, () => Promise<{ store: SubscriptionStore; health: TargetHealthStore }>][] = [
  [
    'in memory',
    async () => {
      const store = new MemorySubscriptionStore();
      return { store, health: makeMemoryTargetHealth(store.subscriptions) };
    },
  ],
  [
    'on DynamoDB',
    async () => {
      const table = await freshTable();
      return {
        store: makeDynamoSubscriptionStore(emulated.client, table),
        health: makeDynamoTargetHealth(emulated.client, table),
      };
    },
  ],
];

describe.each(healthStores)('TargetHealthStore %s', (_, makeStores) => {
  let store: SubscriptionStore;
  let health: TargetHealthStore;
  beforeEach(async () => {
    ({ store, health } = await makeStores());
  });

  const stored = async () => (await store.find(reference.id))?.health;
  const fail = (mark: string, changes: object = {}) =>
    health.countFailure(reference, { mark, at, isUnavailable: true, ...changes });
  const create = (changes: Partial<Subscription> = {}) => store.create(aSubscription(changes));

  it('counts failures, those in a row of them that say that nobody is there, and since when', async () => {
    await create();
    expect((await fail('a'))?.health).toEqual({ failures: 1, unavailable: 1, failingSince: at });
    expect((await fail('b', { at: later }))?.health).toEqual({
      failures: 2,
      unavailable: 2,
      failingSince: at,
    });
    const answered = await fail('c', { isUnavailable: false });
    expect(answered).toEqual(aSubscription({ health: { failures: 3, unavailable: 0, failingSince: at } }));
    expect(await stored()).toEqual(answered?.health);
  });

  it('counts an attempt once, and loses none of many at the same time', async () => {
    await create();
    await fail('a');
    expect(await fail('a')).toBeUndefined();
    await Promise.all(Array.from({ length: 12 }, (_, index) => fail(`b${index}`)));
    await Promise.all(Array.from({ length: 12 }, (_, index) => fail(`b${index}`)));
    expect(await stored()).toMatchObject({ failures: 13, unavailable: 13 });
  });

  it.each(['paused', 'disabled', 'deleted'] as const)('counts nothing against a %s one', async (state) => {
    await create({ state });
    expect(await fail('a')).toBeUndefined();
    expect(await stored()).toBeUndefined();
  });

  it('counts nothing against one that was changed after the attempt began', async () => {
    await create({ updatedAt: later });
    expect(await fail('a')).toBeUndefined();
    expect(await fail('b', { at: later })).toBeDefined();
    expect(await stored()).toMatchObject({ failures: 1, failingSince: later });
  });

  it('makes no row where there is none', async () => {
    expect(await fail('a')).toBeUndefined();
    await health.clearFailures(reference, { failingSince: undefined, keepsCount: true });
    await health.recordWarning(reference, 50);
    expect(await health.openCircuit(reference, circuit, undefined)).toBe(false);
    const lease = { now: new Date(later), until: new Date(later) };
    expect(await health.claimProbe(reference, circuit, lease)).toBe(false);
    await create();
    expect(await store.find(reference.id)).toEqual(aSubscription());
  });

  it('changes nothing of a deleted one, so that its tombstone stays one', async () => {
    const before = { failures: 3, unavailable: 3, failingSince: at, circuit } as const;
    await create({ state: 'deleted', health: before });
    await fail('a');
    await health.clearFailures(reference, { failingSince: at, keepsCount: false });
    await health.recordWarning(reference, 50);
    expect(await health.openCircuit(reference, { ...circuit, opens: 2 }, circuit)).toBe(false);
    expect(await stored()).toMatchObject({ failures: 3, unavailable: 3, failingSince: at });
  });

  it('opens a circuit for one of those who saw the same one, and an answer closes it', async () => {
    await create();
    await fail('a');
    const opened = await Promise.all([1, 2, 3].map(() => health.openCircuit(reference, circuit, undefined)));
    expect(opened.filter(Boolean)).toHaveLength(1);
    const next = { openUntil: later, opens: 2 };
    expect(await health.openCircuit(reference, next, { ...circuit, openUntil: at })).toBe(false);
    expect(await health.openCircuit(reference, next, circuit)).toBe(true);
    expect(await stored()).toMatchObject({ circuit: next });
    await fail('b');
    expect(await stored()).toMatchObject({ circuit: next });
    await fail('c', { isUnavailable: false });
    expect(await stored()).not.toHaveProperty('circuit');
  });

  it('gives the probe of a circuit to one, and to the next when the lease has ended', async () => {
    await create();
    await fail('a');
    await health.openCircuit(reference, circuit, undefined);
    const lease = { now: new Date('2026-11-20T11:00:31Z'), until: new Date('2026-11-20T11:01:00Z') };
    const claimed = await Promise.all([1, 2, 3].map(() => health.claimProbe(reference, circuit, lease)));
    expect(claimed.filter(Boolean)).toHaveLength(1);
    expect(await stored()).toMatchObject({ circuit: { ...circuit, probeUntil: lease.until.toISOString() } });
    const next = { now: lease.until, until: new Date(later) };
    expect(await health.claimProbe(reference, { ...circuit, openUntil: at }, next)).toBe(false);
    expect(await health.claimProbe(reference, circuit, next)).toBe(true);
    // Opening again ends the probe.
    await health.openCircuit(reference, { openUntil: later, opens: 2 }, circuit);
    expect((await stored())?.circuit).toEqual({ openUntil: later, opens: 2 });
  });

  it('forgets everything after a success, or all but the count', async () => {
    for (const keepsCount of [true, false]) {
      const id = `sub_${keepsCount}`;
      const one = { id, topic: reference.topic };
      await create({ id });
      const failure = { mark: 'a', at, isUnavailable: true };
      await health.countFailure(one, failure);
      await health.openCircuit(one, circuit, undefined);
      await health.recordWarning(one, 50);
      await health.clearFailures(one, { failingSince: later, keepsCount });
      expect((await store.find(id))?.health).toMatchObject({ failures: 1, circuit });
      await health.clearFailures(one, { failingSince: at, keepsCount });
      const kept = { failures: 1, unavailable: 0, warnedPercent: 50 };
      expect((await store.find(id))?.health).toEqual(keepsCount ? kept : undefined);
      expect(await health.countFailure(one, failure)).toEqual(keepsCount ? undefined : expect.anything());
    }
  });

  it('remembers the highest warning', async () => {
    await create();
    await health.recordWarning(reference, 50);
    expect(await stored()).toBeUndefined();
    await fail('a');
    for (const percent of [70, 50]) {
      await health.recordWarning(reference, percent);
      expect(await stored()).toMatchObject({ warnedPercent: 70 });
    }
  });

  it('leaves the rest of the subscription as it is', async () => {
    const full = aSubscription({ description: 'x', stateReason: 'y' });
    await store.create(full);
    await fail('a');
    await health.openCircuit(reference, circuit, undefined);
    await health.clearFailures(reference, { failingSince: at, keepsCount: false });
    expect(await store.find(reference.id)).toEqual(full);
  });
});

describe('the health of targets on DynamoDB', () => {
  it('keeps the marks of the last attempts and no more, so that the row stays small', async () => {
    const table = await freshTable();
    await makeDynamoSubscriptionStore(emulated.client, table).create(aSubscription());
    const health = makeDynamoTargetHealth(emulated.client, table);
    for (let index = 0; index < 50; index += 1) {
      await health.countFailure(reference, { mark: `m${index}`, at, isUnavailable: true });
    }
    const { Item } = await emulated.client.send(
      new GetCommand({ TableName: table, Key: subscriptionRowKey(reference) }),
    );
    expect(Item?.counted_attempts.length).toBeLessThanOrEqual(40);
    expect(Item?.counted_attempts.slice(-20)).toEqual(Array.from({ length: 20 }, (_, i) => `m${30 + i}`));
    expect(Item?.failures).toBe(50);
  });
});

const limitStores: [string, () => Promise<() => TargetLimits>][] = [
  [
    'in memory',
    async () => {
      const limits = makeMemoryTargetLimits();
      return () => limits;
    },
  ],
  [
    'on DynamoDB',
    async () => {
      const table = await freshTable();
      return () => makeDynamoTargetLimits(emulated.client, table);
    },
  ],
];

describe.each(limitStores)('TargetLimits %s', (_, makeWorkers) => {
  /** One worker each call: they share the table and nothing else. */
  let worker: () => TargetLimits;
  const now = new Date(at);
  const latest = new Date(later);
  beforeEach(async () => {
    worker = await makeWorkers();
  });

  const reserve = (limits: TargetLimits, changes: object = {}) =>
    limits.reserveSlot('sub_1', { ratePerSecond: 4, now, latest, ...changes });

  it('gives every moment to one, an interval apart, to any number of workers', async () => {
    const workers = [worker(), worker(), worker()];
    const slots = await Promise.all(
      Array.from({ length: 15 }, (_, index) => reserve(workers[index % 3] as TargetLimits)),
    );
    const ahead = slots.map((slot) => (slot as Date).getTime() - now.getTime()).sort((a, b) => a - b);
    expect(ahead).toEqual(Array.from({ length: 15 }, (_, index) => index * 250));
  });

  it('begins anew when there is no backlog, and does not save moments up', async () => {
    const limits = worker();
    await reserve(limits);
    const muchLater = new Date(now.getTime() + 60_000);
    expect(await reserve(limits, { now: muchLater })).toEqual(muchLater);
    expect(await reserve(limits, { now: muchLater })).toEqual(new Date(muchLater.getTime() + 250));
    expect(await reserve(worker(), { now: muchLater })).toEqual(new Date(muchLater.getTime() + 500));
  });

  it('takes fractions, and does not drift', async () => {
    const limits = worker();
    const slots = [];
    for (let index = 0; index < 4; index += 1) {
      slots.push((await reserve(limits, { ratePerSecond: 3 })) as Date);
    }
    expect(slots.map((slot) => slot.getTime() - now.getTime())).toEqual([0, 334, 667, 1001]);
    const slow = { ratePerSecond: 0.01, now: new Date(now.getTime() + 5000) };
    await limits.reserveSlot('sub_slow', { ...slow, latest });
    expect(await limits.reserveSlot('sub_slow', { ...slow, latest })).toEqual(
      new Date(slow.now.getTime() + 100_000),
    );
  });

  it('lets the backlog of a slow rate hold up nobody at a faster one', async () => {
    const slow = { ratePerSecond: 0.01 };
    await reserve(worker(), slow);
    await reserve(worker(), slow);
    const fast = { ratePerSecond: 10 };
    expect(await reserve(worker(), fast)).toEqual(now);
    expect(await reserve(worker(), fast)).toEqual(new Date(now.getTime() + 100));
  });

  it('reserves nothing beyond the latest moment', async () => {
    const limits = worker();
    const soon = { latest: new Date(now.getTime() + 300) };
    await reserve(limits, soon);
    await reserve(limits, soon);
    expect(await reserve(limits, soon)).toBe('full');
    expect(await reserve(worker(), soon)).toBe('full');
    expect(await reserve(limits)).toEqual(new Date(now.getTime() + 500));
  });

  const take = (limits: TargetLimits, changes: object = {}) =>
    limits.takePermit('sub_1', { concurrency: 3, leaseSeconds: 30, now, ...changes });

  it('gives out as many permits as may be, to any number of workers', async () => {
    const workers = [worker(), worker()];
    const permits = await Promise.all(
      Array.from({ length: 8 }, (_, index) => take(workers[index % 2] as TargetLimits)),
    );
    const given = permits.filter((permit) => permit !== undefined);
    expect(given.map(({ place }) => place).sort()).toEqual([0, 1, 2]);
    expect(await take(worker())).toBeUndefined();
    expect(await worker().takePermit('sub_2', { concurrency: 1, leaseSeconds: 1, now })).toBeDefined();
  });

  it('gives a permit that was returned to the next, and one that was not when its lease has ended', async () => {
    const limits = worker();
    const [first] = [await take(limits), await take(limits), await take(limits)];
    await limits.returnPermit(first!);
    await limits.returnPermit(first!);
    expect(await take(limits)).toMatchObject({ place: first!.place });
    expect(await take(limits)).toBeUndefined();
    const ended = { now: new Date(now.getTime() + 30_000) };
    expect(await take(worker(), ended)).toBeDefined();
  });

  it('takes no permit from whoever has the place after a lease has ended', async () => {
    const limits = worker();
    const one = { concurrency: 1 };
    const crashed = await take(limits, one);
    const ended = { ...one, now: new Date(now.getTime() + 30_000) };
    await take(limits, ended);
    await limits.returnPermit(crashed!);
    expect(await take(limits, ended)).toBeUndefined();
  });

  it('finds every place of a large cap', async () => {
    const limits = worker();
    const places = [];
    for (let index = 0; index < 45; index += 1) {
      places.push((await take(limits, { concurrency: 45 }))?.place);
    }
    expect(places.sort((a, b) => Number(a) - Number(b))).toEqual(Array.from({ length: 45 }, (_, i) => i));
    expect(await take(limits, { concurrency: 45 })).toBeUndefined();
  });
});

describe('the limits of targets on DynamoDB', () => {
  it('cost one write for a moment, with and without a backlog, and one for a permit while there is room', async () => {
    const table = await freshTable();
    const sent: string[] = [];
    const watched: DynamoDBDocumentClient = Object.assign(Object.create(emulated.client), {
      send(command: { constructor: { name: string } }) {
        sent.push(command.constructor.name);
        return emulated.client.send(command as never);
      },
    });
    const limits = makeDynamoTargetLimits(watched, table);
    const now = new Date(at);
    const slot = { ratePerSecond: 1, now, latest: new Date(later) };
    await limits.reserveSlot('sub_1', slot);
    await limits.reserveSlot('sub_1', slot);
    await limits.reserveSlot('sub_1', { ...slot, now: new Date(now.getTime() + 5000) });
    expect(sent).toEqual(['UpdateCommand', 'UpdateCommand', 'UpdateCommand']);
    const permit = await limits.takePermit('sub_1', { concurrency: 1000, leaseSeconds: 30, now });
    await limits.returnPermit(permit!);
    expect(sent).toHaveLength(5);
  });
});
