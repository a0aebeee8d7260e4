import type { Subscription } from '../../core/topics/subscriptions/subscription';
import { type DeliverPorts, deliverWebhook } from '../../core/webhooks/deliver-webhook';
import type { DeliveryMessage } from '../../core/webhooks/deliveries/delivery';
import { sharePlaces, withoutWaiting } from '../../core/webhooks/holds/share-places';
import type { TargetResult } from '../../core/webhooks/ports';
import { nobodyIsAsked } from './confirmations';
import { anEvent } from './deliveries';
import { makeMemoryDeliveryStore } from './memory-delivery-store';
import { makeMemoryTargetHealth } from './memory-target-health';
import { makeMemoryTargetLimits } from './memory-target-limits';

/** As the event-source mapping hands them out. */
const BATCH = 10;

interface Queued {
  readonly message: DeliveryMessage;
  readonly at: number;
}

/**
 * Many subscriptions on one queue, worked off by several workers at a time, each with a batch at a time that ends
 * with its slowest message, on a clock that is made to pass: what one target costs the others can be counted.
 * The queue is first in, first out, which is worse than SQS's fair one.
 * @param answer how a target takes a request, and how long that takes.
 */
export function makeFleet(options: {
  readonly subscriptions: readonly Subscription[];
  readonly workers: number;
  readonly answer: (url: string) => { readonly status?: number; readonly milliseconds: number };
}) {
  const time = makeVirtualTime(Date.parse('2026-11-20T10:00:00.000Z'));
  const subscriptions = new Map(options.subscriptions.map((one) => [one.id, one]));
  const deliveries = makeMemoryDeliveryStore();
  const queue: Queued[] = [];
  const posts: { readonly url: string; readonly at: number }[] = [];
  let handled = 0;
  let stopped = false;

  const limits = makeMemoryTargetLimits();
  const ports: DeliverPorts = {
    deliveries,
    findSubscription: async ({ id }) => structuredClone(subscriptions.get(id)),
    history: { read: async () => anEvent() },
    target: { post: ({ url }) => answer(url) },
    tokens: { read: async () => ({ failure: 'token_unavailable' }) },
    queue: { send: async (messages) => put(...messages) },
    deadLetters: { send: async () => undefined },
    events: { append: async () => undefined },
    subscriptions: {
      findMany: async () => subscriptions,
      changeState: async () => ({ moved: false, state: 'active' }),
    },
    health: makeMemoryTargetHealth(subscriptions),
    ...nobodyIsAsked,
    limits: withoutWaiting(limits),
    pause: time.sleep,
    now: () => new Date(time.now()),
    random: () => 0.5,
  };

  async function answer(url: string): Promise<TargetResult> {
    posts.push({ url, at: time.now() });
    const { status, milliseconds } = options.answer(url);
    await time.sleep(milliseconds);
    return status === undefined ? { milliseconds, failure: 'timeout' } : { milliseconds, status, answer: '' };
  }

  function put(...messages: readonly { message: DeliveryMessage; delaySeconds: number }[]): void {
    for (const { message, delaySeconds } of messages) {
      queue.push({ message, at: time.now() + delaySeconds * 1000 });
    }
  }

  function take(): Queued[] {
    const due = queue.filter(({ at }) => at <= time.now()).slice(0, BATCH);
    for (const taken of due) {
      queue.splice(queue.indexOf(taken), 1);
    }
    return due;
  }

  async function work(): Promise<void> {
    const own = { ...ports, limits: sharePlaces(limits, time.sleep) };
    while (!stopped) {
      const batch = take();
      handled += batch.length;
      await Promise.all(batch.map(({ message }) => deliverWebhook(message, own)));
      await time.sleep(batch.length > 0 ? 1 : 100);
    }
  }

  return {
    ports,
    deliveries,
    posts,
    put: (...messages: readonly DeliveryMessage[]) =>
      put(...messages.map((message) => ({ message, delaySeconds: 0 }))),
    now: time.now,
    handled: () => handled,
    /** Lets all workers work until something is so. @returns the milliseconds that passed. */
    async run(until: () => boolean): Promise<number> {
      const began = time.now();
      stopped = false;
      const workers = Array.from({ length: options.workers }, work);
      await time.pass(until);
      stopped = true;
      const passed = time.now() - began;
      const over = Promise.all(workers);
      let isOver = false;
      void over.then(() => {
        isOver = true;
      });
      await time.pass(() => isOver);
      return passed;
    },
  };
}

/** A clock whose timers ring in order, each as soon as nothing else is left to do. */
function makeVirtualTime(start: number) {
  let now = start;
  const timers: { readonly at: number; readonly ring: () => void }[] = [];
  return {
    now: () => now,
    sleep: (milliseconds: number) =>
      new Promise<void>((ring) => {
        timers.push({ at: now + milliseconds, ring });
      }),
    async pass(until: () => boolean): Promise<void> {
      for (;;) {
        await new Promise(setImmediate);
        if (until()) {
          return;
        }
        const at = Math.min(...timers.map((timer) => timer.at));
        if (!Number.isFinite(at)) {
          throw new Error('nothing is left to do, and it is not so yet');
        }
        now = Math.max(now, at);
        for (const timer of timers.filter((one) => one.at <= now)) {
          timers.splice(timers.indexOf(timer), 1);
          timer.ring();
        }
      }
    },
  };
}
