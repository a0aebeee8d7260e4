import fc from 'fast-check';
import { LONGEST_PAUSE_DAYS } from '../../../../core/events/retention';
import type { Subscription } from '../../../../core/topics/subscriptions/subscription';
import { deliverWebhook } from '../../../../core/webhooks/deliver-webhook';
import type { DeliveryMessage } from '../../../../core/webhooks/deliveries/delivery';
import { requeueDeliveries } from '../../../../core/webhooks/deliveries/requeue-deliveries';
import {
  type ReleasePorts,
  type Resumption,
  releasePaused,
} from '../../../../core/webhooks/holds/release-paused';
import { aDeliveryMessage } from '../../../support/deliveries';
import { makeWorld } from '../../../support/delivery-world';
import { aConsumer } from '../../../support/memory-messages';

const DAY = 24 * 3_600_000;
const topic = 'topics/orders';

/** The engine with one consumer, and the tick that lets go what waited for it. */
function makePausedWorld(changes: Partial<Subscription> = {}) {
  const world = makeWorld({
    answers: [200],
    subscription: aConsumer({ state: 'paused', ...changes } as object),
  });
  const noted = new Map<string, Resumption>();
  const sent: DeliveryMessage[] = [];
  const ports: ReleasePorts = {
    resumptions: {
      list: async () => ({ resumptions: [...noted.values()] }),
      forget: async ({ id }) => void noted.delete(id),
    },
    subscriptions: world.ports.subscriptions,
    deliveries: world.deliveries,
    queue: { send: async (messages) => void sent.push(...messages.map(({ message }) => message)) },
    now: world.ports.now,
  };
  return {
    ...world,
    sent,
    noted,
    receive: (message: Partial<DeliveryMessage> = {}) =>
      deliverWebhook(
        aDeliveryMessage({ topic, subscriptionId: world.subscription.current.id, ...message }),
        world.ports,
      ),
    note: () => {
      const { id, topic: of } = world.subscription.current;
      noted.set(id, { id, topic: of, at: world.ports.now().toISOString() });
    },
    become: (state: Subscription['state']) => {
      world.subscription.current = { ...world.subscription.current, state };
    },
    tick: () => releasePaused(ports, new Date(world.ports.now().getTime() + 40_000)),
    row: () => world.deliveries.rows()[0],
  };
}

describe('a consumer that is paused', () => {
  it('keeps what comes, sends nothing, and asks the queue for nothing more', async () => {
    const world = makePausedWorld();
    await expect(world.receive()).resolves.toEqual({ outcome: 'paused' });
    expect(world.row()).toMatchObject({ state: 'pending', attempt: 0, pausedAt: '2026-11-20T10:00:00.000Z' });
    expect([world.posts, world.queue, await world.tick()]).toEqual([[], [], 0]);
  });

  it('keeps no more than that a delivery waits when its message comes twice', async () => {
    const world = makePausedWorld();
    await world.receive();
    const first = world.row();
    world.advance(60_000);
    await expect(world.receive()).resolves.toEqual({ outcome: 'paused' });
    expect(world.row()).toMatchObject({ pausedAt: first?.pausedAt, dueAt: first?.dueAt });
  });

  it('gets what was kept when it is resumed, in the order of the history, and each once', async () => {
    const world = makePausedWorld();
    for (const order of ['0003', '0001', '0002']) {
      await world.receive({ eventId: `evt_${order}`, order });
    }
    world.note();
    world.become('active');
    world.advance(3_600_000);
    await expect(world.tick()).resolves.toBe(3);
    expect(world.sent.map(({ order, attempt }) => [order, attempt])).toEqual([
      ['0001', 1],
      ['0002', 1],
      ['0003', 1],
    ]);
    await expect(world.tick()).resolves.toBe(0);
    for (const message of world.sent) {
      await world.receive(message);
    }
    expect(world.posts).toHaveLength(3);
    expect(world.deliveries.rows().map(({ state, pausedSeconds }) => [state, pausedSeconds])).toEqual(
      Array(3).fill(['delivered', 3600]),
    );
  });

  it('is paused again before everything has gone: what comes back waits again', async () => {
    const world = makePausedWorld();
    await world.receive();
    world.note();
    world.become('active');
    await world.tick();
    world.become('paused');
    await expect(world.receive(world.sent[0])).resolves.toEqual({ outcome: 'paused' });
    await expect(world.tick()).resolves.toBe(0);
    world.become('active');
    await expect(world.tick()).resolves.toBe(1);
  });

  it('loses nothing when it is resumed while a worker is about to keep something', async () => {
    const world = makePausedWorld();
    let reads = 0;
    const find = world.ports.findSubscription;
    const ports = {
      ...world.ports,
      findSubscription: async (reference: Parameters<typeof find>[0]) => {
        const found = await find(reference);
        reads += 1;
        // The worker has read that it is paused; then it is resumed, and the tick finds nothing yet.
        if (reads === 1) {
          world.note();
          world.become('active');
          await world.tick();
        }
        return found;
      },
    };
    const message = aDeliveryMessage({ topic, subscriptionId: world.subscription.current.id });
    await expect(deliverWebhook(message, ports)).resolves.toMatchObject({ outcome: 'attempted' });
    expect(world.posts).toHaveLength(1);
  });

  it('looks through the list for five minutes: the index that has it lags', async () => {
    const world = makePausedWorld();
    world.note();
    world.become('active');
    await world.tick();
    expect(world.noted.size).toBe(1);
    world.advance(5 * 60_000 + 1);
    await world.tick();
    expect(world.noted.size).toBe(0);
  });

  it('gets what was kept though the list of another consumer cannot be read', async () => {
    const world = makePausedWorld();
    await world.receive();
    const at = world.ports.now().toISOString();
    world.noted.set('sub_0', { id: 'sub_0', topic: world.subscription.current.topic, at });
    world.note();
    world.become('active');
    const { paused } = world.deliveries;
    world.deliveries.paused = async (id, page) => {
      if (id === 'sub_0') {
        throw new Error('throttled');
      }
      return paused(id, page);
    };
    await expect(world.tick()).rejects.toThrow('throttled');
    expect(world.sent).toHaveLength(1);
  });

  it('forgets a note whose call crashed before the state changed', async () => {
    const world = makePausedWorld();
    await world.receive();
    world.note();
    world.advance(5 * 60_000 + 1);
    await expect(world.tick()).resolves.toBe(0);
    expect(world.noted.size).toBe(0);
    expect(world.row()).toMatchObject({ state: 'pending' });
  });

  it('lets what it kept end as skipped when it is deleted', async () => {
    const world = makePausedWorld();
    await world.receive();
    world.note();
    world.become('deleted');
    await world.tick();
    await world.receive(world.sent[0]);
    expect(world.row()).toMatchObject({ state: 'skipped', reason: 'subscription_deleted' });
  });

  it('keeps nothing for ever: the delivery dies when it has waited for 30 days in all', async () => {
    const world = makePausedWorld();
    await world.receive();
    world.advance(LONGEST_PAUSE_DAYS * DAY - 60_000);
    await requeueDeliveries(
      { deliveries: world.deliveries, queue: world.ports.queue, now: world.ports.now },
      new Date(world.ports.now().getTime() + 40_000),
    );
    const [queued] = world.queue;
    await world.receive(queued?.message);
    expect(world.row()).toMatchObject({ state: 'dead', reason: 'paused_too_long' });
    expect(world.row()).not.toHaveProperty('pausedAt');
    expect(world.deadLetterQueue).toHaveLength(1);
  });

  it('does not count as being tried: three days begin anew nowhere, and end nowhere in a pause', () => {
    return fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: LONGEST_PAUSE_DAYS - 1 }), async (days) => {
        const world = makePausedWorld();
        await world.receive();
        world.note();
        world.advance(days * DAY);
        world.become('active');
        await world.tick();
        const post = async () => ({ milliseconds: 1, status: 500, answer: '' });
        await deliverWebhook(world.sent[0] as DeliveryMessage, { ...world.ports, target: { post } });
        expect(world.row()).toMatchObject({ state: 'pending', attempt: 1, pausedSeconds: days * 86_400 });
      }),
      { numRuns: 10 },
    );
  });

  it('is nothing that other subscriptions know: of them, what comes in a pause is skipped', async () => {
    const { consumer: _, ...plain } = aConsumer();
    const world = makeWorld({ answers: [200], subscription: { ...plain, state: 'paused' } });
    await deliverWebhook(aDeliveryMessage({ topic, subscriptionId: plain.id }), world.ports);
    expect(world.deliveries.rows()[0]).toMatchObject({ state: 'skipped', reason: 'subscription_paused' });
  });
});
