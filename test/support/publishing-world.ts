import { type DeliverPorts, deliverWebhook } from '../../core/webhooks/deliver-webhook';
import type { DeliveryMessage } from '../../core/webhooks/deliveries/delivery';
import { requeueDeliveries } from '../../core/webhooks/deliveries/requeue-deliveries';
import { withoutWaiting } from '../../core/webhooks/holds/share-places';
import type { DeliveryStore, TargetResult, WebhookRequest } from '../../core/webhooks/ports';
import { gatherPosts } from '../../core/webhooks/targets/gather-posts';
import { makePubsubTarget } from '../../lambdas/aws/targets/pubsub-target';
import { nobodyIsAsked } from './confirmations';
import { anEvent, aSubscription } from './deliveries';
import { makeMemoryDeliveryStore } from './memory-delivery-store';
import { makeMemoryTargetHealth } from './memory-target-health';
import { makeMemoryTargetLimits } from './memory-target-limits';
import { judgePublish } from './pubsub-rules';

/** How Pub/Sub takes a call: judged by its rules, refused as a whole, or published without the caller's learning of it. */
export type CallAnswer = 'judged' | 'lost' | 'closed' | number;

interface Queued {
  readonly message: DeliveryMessage;
  at: number;
}

class Crash extends Error {}

const VISIBILITY = 360_000;

/**
 * The worker of the publishing queue on a simulated clock, with the real target before Google's rules. `crashAt` is
 * the effect at which the worker's process is gone, once: nothing of it happens any more, and its batch comes again.
 */
export function makePublishingWorld(options: {
  readonly answers: readonly CallAnswer[];
  readonly scheduleSeconds: readonly number[];
  readonly chunkSize: number;
  readonly batchSize: number;
  readonly isPoison: (eventId: string) => boolean;
  readonly crashAt?: number | undefined;
}) {
  let time = Date.parse('2026-11-20T10:00:00.000Z');
  let effects = 0;
  let isGone = false;
  const deliveries = makeMemoryDeliveryStore();
  const queue: Queued[] = [];
  const letters: string[] = [];
  const calls: string[][] = [];
  let asked = 0;
  let subscription = aSubscription({
    topic: { door: 'topics', name: 'orders' },
    target: 'orders',
    format: 'pubsub',
    policy: { ...aSubscription().policy, scheduleSeconds: options.scheduleSeconds },
    consumer: { number: 1, chunkSize: options.chunkSize },
  });

  async function effect<Result>(act: () => Promise<Result> | Result): Promise<Result> {
    effects += 1;
    isGone ||= effects === options.crashAt;
    if (isGone) {
      throw new Crash();
    }
    return act();
  }

  async function post({ body }: WebhookRequest): Promise<TargetResult> {
    const answer = options.answers[asked] ?? 'judged';
    asked += 1;
    if (typeof answer === 'number') {
      return { milliseconds: 1, status: answer, answer: '' };
    }
    if (answer === 'lost') {
      return { milliseconds: 1, failure: 'timeout' };
    }
    const verdict = judgePublish('application/json', Buffer.from(body));
    if ('problem' in verdict) {
      return { milliseconds: 1, status: 400, answer: verdict.problem };
    }
    calls.push(verdict.messages.map(({ data }) => JSON.parse(data)));
    const messageIds = verdict.messages.map((_, index) => `${calls.length}-${index}`);
    return answer === 'closed'
      ? { milliseconds: 1, failure: 'closed_early' }
      : { milliseconds: 1, status: 200, answer: JSON.stringify({ messageIds }) };
  }

  const target = makePubsubTarget(
    { baseUrl: 'https://pubsub.test', project: 'p' },
    { post: (request) => effect(() => post(request)), tokens: { read: async () => ({ token: undefined }) } },
  );
  const store: DeliveryStore = { ...deliveries, write: (row) => effect(() => deliveries.write(row)) };
  const ports: Omit<DeliverPorts, 'target'> = {
    deliveries: store,
    findSubscription: async () => structuredClone(subscription),
    history: {
      read: async ({ eventId }) =>
        anEvent({
          id: eventId,
          dataJson: JSON.stringify(eventId),
          attributesJson: options.isPoison(eventId) ? '{"googlemail": "x"}' : '{}',
        }),
    },
    tokens: { read: async () => ({ failure: 'token_unavailable' }) },
    queue: {
      send: (messages) =>
        effect(() => {
          for (const { message, delaySeconds } of messages) {
            queue.push({ message, at: time + delaySeconds * 1000 });
          }
        }),
    },
    deadLetters: { send: ({ eventId }) => effect(() => void letters.push(eventId)) },
    events: { append: () => effect(() => undefined) },
    notices: { send: async () => undefined },
    subscriptions: {
      findMany: async () => new Map([[subscription.id, subscription]]),
      changeState: async () => ({ moved: false, state: 'active' }),
    },
    health: makeMemoryTargetHealth({
      get: () => structuredClone(subscription),
      set: (_, changed) => {
        subscription = changed;
      },
    }),
    ...nobodyIsAsked,
    limits: withoutWaiting(makeMemoryTargetLimits()),
    pause: async () => undefined,
    now: () => new Date(time),
    random: () => 0.5,
  };

  /** As the function does with a batch; a worker that is gone has deleted none of its messages. */
  async function work(batch: readonly Queued[]): Promise<void> {
    const seat = gatherPosts(target, () => new Promise(() => undefined));
    const ended = await Promise.allSettled(
      batch.map(async ({ message }) => {
        const own = seat();
        try {
          await deliverWebhook(structuredClone(message), { ...ports, target: own });
        } finally {
          own.leave();
        }
      }),
    );
    for (const [index, queued] of batch.entries()) {
      const ending = ended[index];
      if (isGone || ending?.status === 'rejected') {
        queued.at = time + VISIBILITY;
      } else {
        queue.splice(queue.indexOf(queued), 1);
      }
      const isKnown = ending?.status !== 'rejected' || /another worker/.test(String(ending.reason));
      if (!isKnown && !(ending.reason instanceof Crash)) {
        throw ending.reason;
      }
    }
    isGone = false;
  }

  return {
    deliveries,
    letters,
    calls,
    put: (eventId: string) =>
      queue.push({
        message: {
          ...{ v: 1, eventId, subscriptionId: subscription.id, run: 0, attempt: 1 },
          ...{ topic: 'topics/orders', order: '0001' },
        },
        at: time,
      }),
    failures: () => subscription.health?.failures ?? 0,
    /** Works until nothing is left to do. */
    async run(): Promise<void> {
      for (let steps = 0; steps < 5000; steps += 1) {
        const isParked = deliveries.rows().some(({ state, dueAt }) => state === 'pending' && dueAt);
        const next = Math.min(...queue.map(({ at }) => at));
        if (queue.length > 0 && (!isParked || next <= time + 60_000)) {
          time = Math.max(time, next);
          await work(queue.filter(({ at }) => at <= time).slice(0, options.batchSize));
        } else if (isParked) {
          time += 60_000;
          await requeueDeliveries({ ...ports, deliveries: store }, new Date(time + 40_000)).catch(
            () => undefined,
          );
          isGone = false;
        } else {
          return;
        }
      }
      throw new Error('the world does not come to rest');
    },
  };
}
