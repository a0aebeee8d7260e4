import { Agent, request } from 'node:http';
import type { Event } from '../core/events/event';
import type { Subscription } from '../core/topics/subscriptions/subscription';
import type { DeliveryMessage } from '../core/webhooks/deliveries/delivery';
import { makeWebhookRequest } from '../core/webhooks/requests/webhook-request';
import { anEvent } from '../test/support/memory-dispatch';
import { aSubscription } from '../test/support/subscriptions';
import type { Bench } from './figure';
import { makeMemoryWorker } from './memory-worker';
import { quietly } from './quietly';
import { type Receiver, startReceiver } from './receiver';
import { measureAll, type Sample } from './rounds';

/** What five instances of the worker have under way, with a batch of ten each. */
const SIDE_BY_SIDE = 50;
const BUDGET = 1.4;

export const deliver: Bench = {
  name: 'deliver',
  measures: 'deliveries of 1 kB to a local receiver, fifty at a time: the worker with its stores in memory',
  floor: 'the same requests posted by undici, fifty at a time',
  async run(plan) {
    const count = plan.isQuick ? 100 : 1500;
    const receiver = await startReceiver();
    const subscriptions = Array.from({ length: SIDE_BY_SIDE }, (_, index) =>
      aSubscription({
        id: `sub_${String(index).padStart(16, '0')}`,
        target: `${receiver.url}/${index}`,
        headers: {},
      }),
    );
    const sample = (post: Poster): Sample => quietly(() => timeOf(post, count, subscriptions, receiver));
    const undici = await undiciPoster(receiver.url);
    const worker = workerPoster(subscriptions);
    const node = nodePoster();
    try {
      const unit = 'µs per delivery';
      return await measureAll(
        [
          { name: 'deliver', budget: BUDGET, unit, subject: sample(worker), floor: sample(undici) },
          { name: 'deliver/bare-node', budget: null, unit, subject: sample(node), floor: sample(undici) },
        ],
        plan,
      );
    } finally {
      await Promise.all([worker.close(), undici.close(), node.close(), receiver.stop()]);
    }
  },
};

/** A way to hand events to subscribers. */
interface Poster {
  /** What is ready before the clock runs. */
  prepare(event: Event, subscription: Subscription): () => Promise<void>;
  /** Lets go of what earlier deliveries have left. */
  forget?(): void;
  close(): Promise<void>;
}

let events = 0;

async function timeOf(
  poster: Poster,
  count: number,
  subscriptions: readonly Subscription[],
  receiver: Receiver,
): Promise<number> {
  poster.forget?.();
  const posts = Array.from({ length: count }, (_, index) => {
    events += 1;
    const event = anEvent(`evt_bench_${events}`, { dataJson: JSON.stringify({ text: 'x'.repeat(1000) }) });
    return poster.prepare(event, subscriptions[index % subscriptions.length] as Subscription);
  });
  const startedAt = performance.now();
  await sideBySide(posts);
  const milliseconds = performance.now() - startedAt;
  const came = (await receiver.take()).length;
  if (came !== count) {
    throw new Error(`${came} requests came, not ${count}`);
  }
  return (milliseconds * 1000) / count;
}

async function sideBySide(posts: readonly (() => Promise<void>)[]): Promise<void> {
  const rest = posts.values();
  const lane = async () => {
    for (const post of rest) {
      await post();
    }
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, lane));
}

/** From the queue's text to the row that says delivered. */
function workerPoster(subscriptions: readonly Subscription[]): Poster {
  const worker = makeMemoryWorker(subscriptions);
  let order = 0;
  return {
    prepare(event, { id }) {
      order += 1;
      const message: DeliveryMessage = {
        ...{ v: 1, eventId: event.id, subscriptionId: id, run: 0, topic: 'manage/orders', attempt: 1, event },
        order: String(order).padStart(8, '0'),
      };
      const text = JSON.stringify(message);
      return () => worker.handle(JSON.parse(text));
    },
    forget: worker.forget,
    close: worker.close,
  };
}

async function undiciPoster(url: string): Promise<Poster> {
  const { Pool } = await import('undici');
  const pool = new Pool(url, { connections: SIDE_BY_SIDE });
  return {
    prepare(event, subscription) {
      const { url: target, headers, body } = makeWebhookRequest(subscription, event, new Date());
      const path = new URL(target).pathname;
      return async () => {
        const answer = await pool.request({ method: 'POST', path, headers, body });
        await answer.body.dump();
      };
    },
    close: () => pool.close(),
  };
}

/** What Node's own client takes, which is the only one that connects to vetted addresses alone. */
function nodePoster(): Poster {
  const agent = new Agent({ keepAlive: true, maxSockets: SIDE_BY_SIDE });
  return {
    prepare(event, subscription) {
      const { url, headers, body } = makeWebhookRequest(subscription, event, new Date());
      return () =>
        new Promise((resolve, reject) => {
          const call = request(url, { method: 'POST', headers, agent }, (response) => {
            response.resume().on('end', resolve);
          });
          call.on('error', reject).end(body);
        });
    },
    close: async () => agent.destroy(),
  };
}
