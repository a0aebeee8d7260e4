import type { Event } from '../../core/events/event';
import type { EventBatch } from '../../core/events/ports';
import type { Subscription } from '../../core/topics/subscriptions/subscription';
import {
  type ConfirmPorts,
  confirmSubscription,
} from '../../core/webhooks/confirmation/confirm-subscription';
import type { ConfirmationMessage } from '../../core/webhooks/confirmation/confirmation-message';
import type { HandshakeRequest, HandshakeTarget } from '../../core/webhooks/confirmation/confirmation-ports';
import { type DeliverPorts, deliverWebhook } from '../../core/webhooks/deliver-webhook';
import type { DeadLetterMessage, DeliveryMessage } from '../../core/webhooks/deliveries/delivery';
import { requeueDeliveries } from '../../core/webhooks/deliveries/requeue-deliveries';
import { withoutWaiting } from '../../core/webhooks/holds/share-places';
import type { OwnerNotice } from '../../core/webhooks/notices/owner-notice';
import type { ReceivedDeadLetter, TargetResult, WebhookRequest } from '../../core/webhooks/ports';
import { settleDeadLetters } from '../../core/webhooks/resends/settle-dead-letters';
import { anEvent, aSubscription } from './deliveries';
import { makeMemoryDeliveryStore } from './memory-delivery-store';
import { makeMemoryTargetHealth } from './memory-target-health';
import { makeMemoryTargetLimits } from './memory-target-limits';

export class Crash extends Error {}

interface Waiting {
  at: number;
  receives: number;
}

interface Queued extends Waiting {
  readonly message: DeliveryMessage;
}

/** A target that is to be asked; on the same queue in truth. */
interface Asked extends Waiting {
  readonly asking: ConfirmationMessage;
}

/** As SQS: a message that a worker did not finish is shown again after six time-outs of the function. */
const VISIBILITY = 360_000;
const MAX_RECEIVES = 5;

/**
 * The delivery engine on a simulated clock: its queues, tables and a scripted subscriber. `crashAt` takes the
 * worker down before or after its n-th effect, once.
 */
export function makeWorld(options: {
  readonly answers: readonly (number | 'timeout' | 'proxy_failed' | { status: number; retryAfter: string })[];
  readonly subscription?: Partial<Subscription>;
  readonly event?: Event | undefined;
  /** What the target says when it is asked, one answer after the other; the last one stays. @default it has none */
  readonly handshakes?: readonly Awaited<ReturnType<HandshakeTarget['ask']>>[];
  readonly crashAt?: { readonly effect: number; readonly when: 'before' | 'after' };
}) {
  let time = Date.parse('2026-11-20T10:00:00.000Z');
  let effects = 0;
  let armed = options.crashAt !== undefined;
  const deliveries = makeMemoryDeliveryStore();
  const subscription = { current: aSubscription(options.subscription) };
  const history: { event: Event | undefined } = { event: 'event' in options ? options.event : anEvent() };
  const queue: Queued[] = [];
  const asked: Asked[] = [];
  const deadLetterQueue: { body: unknown; receipt: string }[] = [];
  const posts: { request: WebhookRequest; at: number; stateBefore: string | undefined }[] = [];
  const appended: EventBatch[] = [];
  const notices: OwnerNotice[] = [];

  async function effect<T>(act: () => Promise<T> | T): Promise<T> {
    effects += 1;
    const hit = armed && effects === options.crashAt?.effect;
    if (hit) {
      armed = false;
      if (options.crashAt?.when === 'before') {
        throw new Crash();
      }
      await act();
      throw new Crash();
    }
    return act();
  }

  /** Every method counts as an effect. */
  function withEffects<Store extends object>(store: Store): Store {
    const methods = Object.entries(store).map(([name, method]) => [
      name,
      (...given: unknown[]) => effect(() => method(...given)),
    ]);
    return Object.fromEntries(methods) as Store;
  }

  const now = () => new Date(time);
  const store = {
    ...deliveries,
    write: (row: Parameters<typeof deliveries.write>[0]) => effect(() => deliveries.write(row)),
  };
  const findMany = async () => new Map([[subscription.current.id, structuredClone(subscription.current)]]);
  const changeState: DeliverPorts['subscriptions']['changeState'] = (_, { from, to, reason, at }) =>
    effect(() => {
      const moved = from.includes(subscription.current.state);
      if (moved) {
        subscription.current = {
          ...subscription.current,
          state: to,
          ...(reason && { stateReason: reason }),
          updatedAt: at,
        };
      }
      return { moved, state: subscription.current.state };
    });
  const limits = makeMemoryTargetLimits();
  const handshakes: { request: HandshakeRequest; at: number }[] = [];
  let keys = 0;
  const ports: DeliverPorts & ConfirmPorts = {
    deliveries: store,
    findSubscription: async () => structuredClone(subscription.current),
    history: { read: async () => history.event },
    target: { post: (request) => effect(() => answer(request)) },
    tokens: { read: async () => ({ failure: 'token_unavailable' }) },
    queue: {
      send: (messages) =>
        effect(() => {
          for (const { message, delaySeconds } of messages) {
            expect(delaySeconds).toBeGreaterThanOrEqual(0);
            expect(delaySeconds).toBeLessThanOrEqual(900);
            queue.push({ message, at: time + delaySeconds * 1000, receives: 0 });
          }
        }),
    },
    deadLetters: {
      send: (message: DeadLetterMessage) => effect(() => bury(message)),
    },
    events: { append: (batches) => effect(() => void appended.push(...batches)) },
    notices: { send: (notice) => effect(() => void notices.push(notice)) },
    subscriptions: { findMany, changeState },
    health: withEffects(
      makeMemoryTargetHealth({
        get: () => structuredClone(subscription.current),
        set: (_, changed) => {
          subscription.current = changed;
        },
      }),
    ),
    confirmations: {
      ask: (message, delaySeconds) =>
        effect(() => {
          expect(delaySeconds).toBeLessThanOrEqual(900);
          asked.push({ asking: message, at: time + delaySeconds * 1000, receives: 0 });
        }),
      write: (_, confirmation) =>
        effect(() => {
          const { current } = subscription;
          const isNext =
            current.confirmation?.id === confirmation.id &&
            current.confirmation.revision === confirmation.revision - 1;
          if (isNext) {
            subscription.current = { ...current, confirmation };
          }
          return isNext ? 'written' : 'conflict';
        }),
    },
    handshake: {
      ask: (request) =>
        effect(() => {
          const { handshakes: answers = [] } = options;
          const answered = answers[Math.min(handshakes.length, answers.length - 1)];
          handshakes.push({ request, at: time });
          time += 10;
          return answered ?? { failure: 'connection_refused' };
        }),
    },
    randomKey: (count) => {
      keys += 1;
      return new Uint8Array(count).fill(keys);
    },
    limits: withoutWaiting(withEffects(limits)),
    pause: async (milliseconds) => {
      time += milliseconds;
    },
    now,
    random: () => 0.5,
  };

  function bury(body: unknown): void {
    deadLetterQueue.push({ body, receipt: `${deadLetterQueue.length}-${Math.random()}` });
  }

  function answer(request: WebhookRequest): TargetResult {
    const row = deliveries.rows()[0];
    const answered = options.answers[Math.min(posts.length, options.answers.length - 1)] ?? 200;
    posts.push({ request, at: time, stateBefore: row?.state });
    time += 10;
    if (answered === 'timeout' || answered === 'proxy_failed') {
      return { milliseconds: 15_000, failure: answered };
    }
    return typeof answered === 'number'
      ? { milliseconds: 10, status: answered, answer: 'x'.repeat(300), address: '192.0.2.1' }
      : { milliseconds: 10, ...answered, answer: '' };
  }

  const inbox = {
    async receive(): Promise<ReceivedDeadLetter[]> {
      const hidden = received;
      const visible = deadLetterQueue.filter(({ receipt }) => !hidden.has(receipt)).slice(0, 10);
      for (const { receipt } of visible) {
        hidden.add(receipt);
      }
      return visible.map((letter) => ({ ...letter }));
    },
    async remove(receipt: string) {
      deadLetterQueue.splice(
        deadLetterQueue.findIndex((letter) => letter.receipt === receipt),
        1,
      );
    },
  };
  const received = new Set<string>();

  async function tick() {
    await requeueDeliveries({ deliveries: store, queue: ports.queue, now }, new Date(time + 40_000)).catch(
      onlyCrash,
    );
  }

  /** Runs queue and tick until nothing is left to do. */
  async function run(): Promise<void> {
    for (let steps = 0; steps < 5000; steps += 1) {
      const next = [...queue, ...asked].reduce<Queued | Asked | undefined>(
        (a, b) => (a === undefined || b.at < a.at ? b : a),
        undefined,
      );
      const isParked = deliveries
        .rows()
        .some(({ state, dueAt }) => state === 'pending' && dueAt !== undefined);
      if (next && (!isParked || next.at <= time + 60_000)) {
        time = Math.max(time, next.at);
        await receive(next);
      } else if (isParked) {
        time += 60_000;
        await tick();
      } else {
        return;
      }
    }
    throw new Error('the world does not come to rest');
  }

  async function receive(queued: Queued | Asked): Promise<void> {
    queued.receives += 1;
    try {
      await ('asking' in queued
        ? confirmSubscription(queued.asking, ports)
        : deliverWebhook(structuredClone(queued.message), ports));
      remove(queued);
    } catch (error) {
      if (queued.receives >= MAX_RECEIVES) {
        remove(queued);
        bury('asking' in queued ? queued.asking : queued.message);
      }
      queued.at = time + VISIBILITY;
      if (!(error instanceof Crash) && !/another worker/.test(String(error))) {
        throw error;
      }
    }
  }

  function remove(queued: Queued | Asked): void {
    if ('asking' in queued) {
      asked.splice(asked.indexOf(queued), 1);
    } else {
      queue.splice(queue.indexOf(queued), 1);
    }
  }

  /** Works off what comes next on the queue alone. */
  async function step(): Promise<void> {
    const [next] = [...queue, ...asked].sort((a, b) => a.at - b.at);
    if (next) {
      time = Math.max(time, next.at);
      await receive(next);
    }
  }

  return {
    ports,
    deliveries,
    subscription,
    history,
    queue,
    deadLetterQueue,
    posts,
    /** What the target was asked, and when. */
    handshakes,
    asked,
    appended,
    /** What owners are to be told by mail, repetitions too. */
    notices,
    /** The operational events, in the order in which they were told. */
    told: () => appended.flatMap(({ events }) => events),
    run,
    step,
    /** Works off the first message of the queue alone. */
    deliver: () => receive(queue[0] as Queued),
    tick,
    now,
    effects: () => effects,
    advance: (milliseconds: number) => {
      time += milliseconds;
    },
    put: (message: DeliveryMessage) => queue.push({ message, at: time, receives: 0 }),
    async settleDeadLetters(resendAfterMinutes: number) {
      received.clear();
      return settleDeadLetters({ ...ports, inbox }, { resendAfterMinutes }, new Date(time + 40_000));
    },
  };
}

function onlyCrash(error: unknown): void {
  if (!(error instanceof Crash)) {
    throw error;
  }
}
