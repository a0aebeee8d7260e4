import type { Subscription } from '../../../../core/topics/subscriptions/subscription';
import { deliverWebhook } from '../../../../core/webhooks/deliver-webhook';
import type { DeliveryMessage } from '../../../../core/webhooks/deliveries/delivery';
import { aDelivery, aDeliveryMessage, aSubscription } from '../../../support/deliveries';
import { makeWorld } from '../../../support/delivery-world';

function limited(changes: Partial<Subscription['policy']>, answers: number[] = [200]) {
  return makeWorld({ answers, subscription: { policy: { ...aSubscription().policy, ...changes } } });
}

type World = ReturnType<typeof makeWorld>;

function putMany(world: World, count: number, changes: Partial<DeliveryMessage> = {}): void {
  for (let index = 0; index < count; index += 1) {
    world.put(aDeliveryMessage({ eventId: `evt_${index}`, ...changes }));
  }
}

/** The most requests that begin within any span of so many milliseconds. */
function mostWithin(world: World, milliseconds: number): number {
  const times = world.posts.map(({ at }) => at);
  return Math.max(
    ...times.map((from) => times.filter((at) => at >= from && at < from + milliseconds).length),
  );
}

const states = (world: World) => world.deliveries.rows().map(({ state }) => state);

describe('a rate limit', () => {
  it.each([
    [5, 30, 1000, 5],
    [0.5, 20, 10_000, 5],
    [1, 40, 5000, 5],
  ])('of %d a second lets none through beyond it: %d at once', async (ratePerSecond, count, span, most) => {
    const world = limited({ ratePerSecond });
    putMany(world, count);
    await world.run();
    expect(states(world)).toEqual(Array(count).fill('delivered'));
    expect(mostWithin(world, span)).toBeLessThanOrEqual(most);
    const length = world.posts.at(-1)!.at - world.posts[0]!.at;
    // As slow as it must be, and hardly slower.
    expect(length).toBeGreaterThanOrEqual(((count - 1) / ratePerSecond) * 1000 - 100);
    expect(length).toBeLessThanOrEqual(((count - 1) / ratePerSecond) * 1500 + 5000);
  });

  it('waits in the worker for a moment that is near, and holds the message for one that is not', async () => {
    const world = limited({ ratePerSecond: 1 });
    const outcomes = [];
    for (let index = 0; index < 4; index += 1) {
      outcomes.push(await deliverWebhook(aDeliveryMessage({ eventId: `evt_${index}` }), world.ports));
    }
    expect(outcomes.map(({ outcome }) => outcome)).toEqual([
      'attempted',
      'attempted',
      'attempted',
      'attempted',
    ]);
    const fast = limited({ ratePerSecond: 0.1 });
    await deliverWebhook(aDeliveryMessage(), fast.ports);
    expect(await deliverWebhook(aDeliveryMessage({ eventId: 'evt_2' }), fast.ports)).toEqual({
      outcome: 'held',
      reason: 'rate',
    });
    expect(fast.queue[0]!.message).toMatchObject({ slotAt: '2026-11-20T10:00:10.000Z', heldBy: 'rate' });
    expect(fast.deliveries.rows()).toHaveLength(1);
  });

  it('parks a delivery whose moment is further ahead than a queue holds messages, and keeps the moment', async () => {
    const world = limited({ ratePerSecond: 0.01 });
    putMany(world, 12);
    for (const { message } of world.queue.splice(0)) {
      await deliverWebhook(message, world.ports);
    }
    // Ten are within 900 s (with the lead), the last of twelve is not.
    const parked = world.deliveries.rows().filter(({ state }) => state === 'pending');
    expect(parked.map(({ eventId }) => eventId)).toEqual(['evt_10', 'evt_11']);
    expect(parked[1]).toMatchObject({
      attempt: 0,
      attempts: [],
      slotAt: '2026-11-20T10:18:20.000Z',
      dueAt: '2026-11-20T10:18:18.000Z',
    });
    await world.run();
    expect(states(world)).toEqual(Array(12).fill('delivered'));
    expect(mostWithin(world, 99_000)).toBe(1);
    expect(world.deliveries.rows().every((row) => row.slotAt === undefined)).toBe(true);
  });

  it('claims a first attempt that was parked, as the tick may queue it twice', async () => {
    const world = limited({ ratePerSecond: 1 });
    const slotAt = world.now().toISOString();
    const parked = aDelivery({ attempt: 0, slotAt, nextAttemptAt: slotAt, dueAt: slotAt });
    await world.deliveries.write(parked);
    const message = aDeliveryMessage({ slotAt });
    await Promise.allSettled([1, 2].map(() => deliverWebhook(message, world.ports)));
    expect(world.posts).toHaveLength(1);
    expect(world.deliveries.rows()).toEqual([expect.objectContaining({ state: 'delivered', attempt: 1 })]);
  });

  it('reserves a moment anew for a message that comes late: those who were late do not come all at once', async () => {
    const world = limited({ ratePerSecond: 2 });
    const slotAt = '2026-11-20T09:50:00.000Z';
    putMany(world, 10, { slotAt, holds: 1, heldBy: 'rate', heldSince: '2026-11-20T09:40:00.000Z' });
    await world.run();
    expect(states(world)).toEqual(Array(10).fill('delivered'));
    expect(mostWithin(world, 1000)).toBeLessThanOrEqual(2);
  });

  it('ends what would wait for longer than three days as dead, and keeps no moment for it', async () => {
    const world = limited({ ratePerSecond: 0.01 });
    const latest = new Date(world.now().getTime() + 3 * 86_400_000 + 50_000);
    const now = world.now();
    while ((await world.ports.limits.reserveSlot('sub_1', { ratePerSecond: 0.01, now, latest })) !== 'full');
    expect(await deliverWebhook(aDeliveryMessage(), world.ports)).toMatchObject({
      outcome: 'ended',
      delivery: { state: 'dead', reason: 'rate_exceeded', attempt: 0 },
    });
    expect(world.deadLetterQueue).toHaveLength(1);
    expect(world.told().map(({ topic }) => topic.name)).toEqual(['delivery.dead']);
    expect(world.posts).toEqual([]);
  });

  it('takes what it was held before into account: three days in all', async () => {
    const world = limited({ ratePerSecond: 0.01 });
    const now = world.now();
    const latest = new Date(now.getTime() + 86_400_000);
    while ((await world.ports.limits.reserveSlot('sub_1', { ratePerSecond: 0.01, now, latest })) !== 'full');
    const heldSince = new Date(now.getTime() - 2.5 * 86_400_000).toISOString();
    const held = aDeliveryMessage({ holds: 9, heldBy: 'capacity', heldSince });
    expect(await deliverWebhook(held, world.ports)).toMatchObject({ delivery: { reason: 'rate_exceeded' } });
    const replayed = aDeliveryMessage({ eventId: 'evt_2', holds: 9, heldBy: 'replaying', heldSince });
    expect(await deliverWebhook(replayed, world.ports)).toEqual({ outcome: 'held', reason: 'rate' });
  });
});

describe('a cap on requests under way', () => {
  /** Ports whose target answers when it is told to. */
  function slow(world: World) {
    const waiting: (() => void)[] = [];
    let under = 0;
    let most = 0;
    const { post } = world.ports.target;
    const target = {
      post: async (request: Parameters<typeof post>[0]) => {
        under += 1;
        most = Math.max(most, under);
        await new Promise<void>((resolve) => waiting.push(resolve));
        under -= 1;
        return post(request);
      },
    };
    return { ports: { ...world.ports, target }, waiting, most: () => most };
  }

  const turns = async () => {
    for (let turn = 0; turn < 50; turn += 1) {
      await Promise.resolve();
    }
  };

  it('keeps what is beyond it back, and lets it through when a place is free', async () => {
    const world = limited({ concurrency: 3 });
    const { ports, waiting, most } = slow(world);
    const all = Array.from({ length: 8 }, (_, index) =>
      deliverWebhook(aDeliveryMessage({ eventId: `evt_${index}` }), ports),
    );
    await turns();
    expect(waiting).toHaveLength(3);
    waiting.splice(0).forEach((answer) => {
      answer();
    });
    const outcomes = await Promise.all(all);
    expect(outcomes.filter(({ outcome }) => outcome === 'held')).toEqual(
      Array(5).fill({ outcome: 'held', reason: 'capacity' }),
    );
    expect(most()).toBe(3);
    await world.run();
    expect(states(world)).toEqual(Array(8).fill('delivered'));
  });

  it('gives the place back however the attempt went', async () => {
    for (const answers of [[200], [500], [410]]) {
      const world = limited({ concurrency: 1, scheduleSeconds: [] }, answers);
      await deliverWebhook(aDeliveryMessage(), world.ports);
      const given = { concurrency: 1, leaseSeconds: 1, now: world.now() };
      expect(await world.ports.limits.takePermit('sub_1', given)).toBeDefined();
    }
  });

  it('waits longer each time, a minute at most', async () => {
    const world = limited({ concurrency: 1 });
    await world.ports.limits.takePermit('sub_1', { concurrency: 1, leaseSeconds: 1e9, now: world.now() });
    const delays = [];
    let message = aDeliveryMessage();
    for (let round = 0; round < 9; round += 1) {
      await deliverWebhook(message, world.ports);
      const queued = world.queue.splice(0)[0]!;
      delays.push((queued.at - world.now().getTime()) / 1000);
      message = queued.message;
    }
    // With half of the jitter: three quarters of 1, 2, 4, … 60 s, in whole seconds.
    expect(delays).toEqual([1, 2, 3, 6, 12, 24, 45, 45, 45]);
  });

  it('ends what has waited for three days as dead', async () => {
    const world = limited({ concurrency: 1 });
    await world.ports.limits.takePermit('sub_1', { concurrency: 1, leaseSeconds: 1e9, now: world.now() });
    const heldSince = (days: number) => new Date(world.now().getTime() - days * 86_400_000).toISOString();
    const held = aDeliveryMessage({ holds: 4000, heldBy: 'capacity', heldSince: heldSince(2.9) });
    expect(await deliverWebhook(held, world.ports)).toMatchObject({ outcome: 'held' });
    const over = { ...held, heldSince: heldSince(3.1) };
    expect(await deliverWebhook(over, world.ports)).toMatchObject({
      outcome: 'ended',
      delivery: { state: 'dead', reason: 'capacity_exceeded', attempt: 0 },
    });
  });

  it('gets the place of a worker that crashed when its lease has ended', async () => {
    const world = makeWorld({
      answers: [200],
      subscription: { policy: { ...aSubscription().policy, concurrency: 1 } },
      crashAt: { effect: 2, when: 'after' },
    });
    putMany(world, 2);
    await world.run();
    expect(states(world)).toEqual(['delivered', 'delivered']);
  });

  it('is not used up by those who find somebody else probing', async () => {
    const health = {
      failures: 5,
      unavailable: 5,
      failingSince: '2026-11-20T09:00:00.000Z',
      circuit: { openUntil: '2026-11-20T10:00:00.000Z', opens: 1 },
    };
    const policy = { ...aSubscription().policy, concurrency: 2 };
    const world = makeWorld({ answers: [200], subscription: { policy, health } });
    const seen = structuredClone(world.subscription.current);
    const { ports, waiting } = slow(world);
    const early = { ...ports, findSubscription: async () => seen };
    const both = ['evt_1', 'evt_2'].map((eventId) => deliverWebhook(aDeliveryMessage({ eventId }), early));
    await turns();
    expect(waiting).toHaveLength(1);
    const given = { concurrency: 2, leaseSeconds: 1, now: world.now() };
    expect(await world.ports.limits.takePermit('sub_1', given)).toBeDefined();
    waiting[0]!();
    expect((await Promise.all(both)).map(({ outcome }) => outcome).sort()).toEqual(['attempted', 'held']);
  });
});
