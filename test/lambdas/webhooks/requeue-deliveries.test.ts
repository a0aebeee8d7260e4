import type { ReleasePorts } from '../../../core/webhooks/holds/release-paused';
import {
  requeueDeliveries as makeTick,
  handler as requeueDeliveries,
} from '../../../lambdas/webhooks/requeue-deliveries';
import { aTick } from '../../support/a-tick';
import { aDelivery } from '../../support/deliveries';
import { type DeliveryStack, startDeliveryStack } from '../../support/delivery-stack';
import { makeMemoryDeliveryStore } from '../../support/memory-delivery-store';
import { until } from '../../support/until';

let stack: DeliveryStack;

beforeAll(async () => {
  stack = await startDeliveryStack();
});

afterAll(() => stack.stop());

describe('requeue-deliveries', () => {
  it('queues what is due with the exact remaining delay, once', async () => {
    const dueAt = new Date(Date.now() + 4000).toISOString();
    const rows = ['a', 'b', 'c'].map((eventId) => aDelivery({ eventId, nextAttemptAt: dueAt, dueAt }));
    const later = new Date(Date.now() + 300_000).toISOString();
    rows.push(aDelivery({ eventId: 'later', nextAttemptAt: later, dueAt: later }));
    await Promise.all(rows.map((row) => stack.deliveries.write(row)));
    await requeueDeliveries(...aTick);
    await requeueDeliveries(...aTick);
    expect(await stack.drain(stack.queueUrl)).toEqual([]);
    const queued: { eventId: string; attempt: number }[] = [];
    await until(async () => {
      queued.push(...((await stack.drain(stack.queueUrl)) as typeof queued));
      return Date.now() > Date.parse(dueAt) && queued.length >= 3;
    });
    expect(await stack.countMessages(stack.queueUrl)).toBe(0);
    expect(queued.map(({ eventId, attempt }) => `${eventId}${attempt}`).sort()).toEqual(['a2', 'b2', 'c2']);
    const moved = await stack.deliveries.read(rows[0]!);
    expect(Date.parse(moved!.dueAt!)).toBeGreaterThan(Date.now() + 19 * 60_000);
  });

  /** A tick with one delivery that is due, and one subscription for whose pause `paused` answers. */
  async function makeWorld(paused: ReleasePorts['deliveries']['paused']) {
    let time = Date.parse('2026-11-20T10:00:00.000Z');
    const now = () => new Date(time);
    const store = makeMemoryDeliveryStore();
    await store.write(
      aDelivery({ version: 1, nextAttemptAt: now().toISOString(), dueAt: now().toISOString() }),
    );
    const queued: number[] = [];
    const resumption = {
      id: 'sub_1',
      topic: { door: 'topics', name: 'orders' },
      at: now().toISOString(),
    } as const;
    const tick = makeTick({
      now,
      queue: {
        send: async (messages) => void queued.push(...messages.map(({ message }) => message.attempt)),
      },
      resumptions: { list: async () => ({ resumptions: [resumption] }), forget: async () => undefined },
      subscriptions: { findMany: async () => new Map() },
      deliveries: {
        ...store,
        paused: async (...asked) => {
          time += 1000;
          return paused(...asked);
        },
      },
    });
    return { queued, tick: () => tick(new Date(time + 40_000)) };
  }

  it('queues what is due while more waits for one consumer than a tick can let go', async () => {
    const world = await makeWorld(async () => ({ deliveries: [], next: 'more' }));
    await expect(world.tick()).resolves.toMatchObject({ queued: 1, released: 0 });
    expect(world.queued).toHaveLength(1);
  });

  it('queues what is due though what waits cannot be read, and says so', async () => {
    const world = await makeWorld(() => Promise.reject(new Error('throttled')));
    await expect(world.tick()).rejects.toThrow('throttled');
    expect(world.queued).toHaveLength(1);
  });
});
