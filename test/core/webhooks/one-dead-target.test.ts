import type { DeliveryPolicy } from '../../../core/topics/subscriptions/subscription';
import { requeueDeliveries } from '../../../core/webhooks/deliveries/requeue-deliveries';
import { aDelivery, aDeliveryMessage, aSubscription } from '../../support/deliveries';
import { makeFleet } from '../../support/delivery-fleet';

const TIMEOUT = 15_000;
const DEAD = 'https://target-0.test/';
const EVENTS = 60;

/** Ten subscriptions, each with as many events, all published at the same time; the first may be dead. */
async function deliverToTen(options: { isDead: boolean; policy?: Partial<DeliveryPolicy> }) {
  const ids = Array.from({ length: 10 }, (_, index) => `sub_${index}`);
  const fleet = makeFleet({
    workers: 2,
    subscriptions: ids.map((id, index) =>
      aSubscription({
        id,
        target: `https://target-${index}.test/`,
        policy: { ...aSubscription().policy, scheduleSeconds: [5, 300, 1800], ...options.policy },
      }),
    ),
    answer: (url) =>
      options.isDead && url === DEAD ? { milliseconds: TIMEOUT } : { status: 200, milliseconds: 20 },
  });
  for (let event = 0; event < EVENTS; event += 1) {
    fleet.put(...ids.map((subscriptionId) => aDeliveryMessage({ eventId: `evt_${event}`, subscriptionId })));
  }
  const isDone = () =>
    fleet.deliveries.rows().filter(({ state, subscriptionId }) => {
      return subscriptionId !== 'sub_0' && state === 'delivered';
    }).length ===
    9 * EVENTS;
  const milliseconds = await fleet.run(isDone);
  return { milliseconds, dead: fleet.posts.filter(({ url }) => url === DEAD).length };
}

describe('one dead target among ten', () => {
  it('costs the other nine a few time-outs, on a queue that is not even fair', async () => {
    const healthy = await deliverToTen({ isDead: false });
    const circuit = await deliverToTen({ isDead: true });
    const without = await deliverToTen({ isDead: true, policy: { circuit: false } });
    // Five have to fail, and those under way beside them; then it is left alone.
    expect(circuit.dead).toBeLessThanOrEqual(8);
    expect(circuit.milliseconds).toBeLessThan(healthy.milliseconds + 4 * TIMEOUT);
    // What it would have cost: nearly every batch holds one of its messages.
    expect(without.dead).toBeGreaterThanOrEqual(EVENTS - 10);
    expect(without.milliseconds).toBeGreaterThan(circuit.milliseconds * 5);
  });
});

describe('ten thousand parked deliveries', () => {
  const count = 10_000;

  async function withParked(dueAt: string) {
    const health = {
      failures: 9,
      unavailable: 9,
      failingSince: '2026-11-20T09:00:00.000Z',
      circuit: { openUntil: '2026-11-20T11:00:00.000Z', opens: 7 },
    };
    const fleet = makeFleet({
      workers: 1,
      subscriptions: [
        aSubscription({ id: 'sub_dead', target: DEAD, health }),
        aSubscription({ id: 'sub_fresh', target: 'https://fresh.test/' }),
      ],
      answer: () => ({ status: 200, milliseconds: 20 }),
    });
    for (let index = 0; index < count; index += 1) {
      const row = { eventId: `evt_${index}`, subscriptionId: 'sub_dead', nextAttemptAt: dueAt, dueAt };
      await fleet.deliveries.write(aDelivery(row));
    }
    return fleet;
  }

  it('cost the tick one look at each shard, and a fresh one nothing, while they are not due', async () => {
    const fleet = await withParked('2026-11-21T10:00:00.000Z');
    const calls = { due: 0, sent: 0, read: 0, write: 0 };
    const { deliveries, queue } = fleet.ports;
    const counted = {
      read: async (key: Parameters<typeof deliveries.read>[0]) => {
        calls.read += 1;
        return deliveries.read(key);
      },
      write: async (row: Parameters<typeof deliveries.write>[0]) => {
        calls.write += 1;
        return deliveries.write(row);
      },
      due: async (...given: Parameters<typeof fleet.deliveries.due>) => {
        calls.due += 1;
        return fleet.deliveries.due(...given);
      },
    };
    const sending = {
      send: async (messages: Parameters<typeof queue.send>[0]) => {
        calls.sent += messages.length;
        return queue.send(messages);
      },
    };
    const deadline = new Date(fleet.now() + 40_000);
    await requeueDeliveries({ deliveries: counted, queue: sending, now: fleet.ports.now }, deadline);
    expect(calls).toEqual({ due: 16, sent: 0, read: 0, write: 0 });
    Object.assign(fleet.ports, { deliveries: counted });
    fleet.put(aDeliveryMessage({ eventId: 'evt_fresh', subscriptionId: 'sub_fresh' }));
    await fleet.run(() => fleet.posts.length === 1);
    expect(calls).toEqual({ due: 16, sent: 0, read: 1, write: 1 });
    expect(fleet.handled()).toBe(1);
  });

  it('that come due at once for a target that is left alone are held without a request or a time-out', async () => {
    const fleet = await withParked('2026-11-20T10:00:00.000Z');
    const deadline = new Date(fleet.now() + 40_000);
    const { queue, now } = fleet.ports;
    const tick = await requeueDeliveries({ deliveries: fleet.deliveries, queue, now }, deadline);
    expect(tick).toMatchObject({ queued: count, complete: true });
    fleet.put(aDeliveryMessage({ eventId: 'evt_fresh', subscriptionId: 'sub_fresh' }));
    const milliseconds = await fleet.run(() => fleet.posts.length === 1);
    expect(fleet.posts[0]).toMatchObject({ url: 'https://fresh.test/' });
    // Last in a queue of 10 001 that is first in, first out: each batch of ten in front of it takes a millisecond.
    expect(fleet.handled()).toBeLessThanOrEqual(count + 10);
    expect(milliseconds).toBeLessThanOrEqual(count / 10 + 100);
  });
});
