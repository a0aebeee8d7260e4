/**
 * How many webhooks a second leave one instance: `npm run bench:deliver [-- --rounds 5] [-- --json]`.
 * One event to 1000 subscriptions, and 1000 events to one subscription, three ways in the same run, to the same
 * receiver, with as many requests under way:
 *   loop      the same requests and nothing else: posted one after another over kept connections
 *   worker    the delivery engine with its stores in memory: what our own code costs
 *   functions dispatch-events, the queue and deliver-webhooks as they are deployed, on the emulators, which do all of
 *             their work in this machine's JavaScript: what is left is theirs
 * Prints deliveries a second, median (least–most) over the rounds, and write units per delivery, those of dispatch
 * included. The emulator counts tables alone: on AWS the list by subscription, an index, takes one more per delivery.
 */
import { execFileSync } from 'node:child_process';
import { Agent, request } from 'node:http';
import { parseArgs } from 'node:util';
import type { Event } from '../core/events/event';
import type { Subscription } from '../core/topics/subscription';
import type { DeliveryMessage } from '../core/webhooks/delivery';
import type { WebhookRequest } from '../core/webhooks/ports';
import { makeWebhookRequest } from '../core/webhooks/webhook-request';
import { anEvent } from '../test/support/memory-dispatch';
import { aSubscription } from '../test/support/subscriptions';
import { type DeliveryFunctions, startDeliveryFunctions } from './delivery-functions';
import { makeMemoryWorker } from './memory-worker';
import { type Receiver, startReceiver } from './receiver';
import { summary, table, toText } from './rounds';
import { startWriteCounter, type WriteCounter } from './write-counter';

const DELIVERIES = 1000;

/** Five instances of the worker with a batch of ten each. */
const INSTANCES = 5;
const SIDE_BY_SIDE = 50;

type Way = 'loop' | 'worker' | 'functions';
const ways: readonly Way[] = ['loop', 'worker', 'functions'];

/** Who gets what: as pairs of an event and a subscription. */
interface Shape {
  readonly name: string;
  readonly topic: string;
  readonly events: number;
  readonly subscriptions: number;
}

const shapes: readonly Shape[] = [
  { name: '1 event to 1000 subscriptions', topic: 'fan', events: 1, subscriptions: DELIVERIES },
  { name: '1000 events to 1 subscription', topic: 'line', events: DELIVERIES, subscriptions: 1 },
];

let events = 0;

function makeEvents(shape: Shape): Event[] {
  return Array.from({ length: shape.events }, () => {
    events += 1;
    const dataJson = JSON.stringify({ number: events, total: 12.5, text: 'x'.repeat(200) });
    return anEvent(`evt_bench_${process.pid}_${events}`, {
      topic: { door: 'manage', name: shape.topic },
      dataJson,
    });
  });
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '5' },
      json: { type: 'boolean', default: false },
      units: { type: 'boolean', default: false },
    },
  });
  if (values.units) {
    console.log(JSON.stringify(await countUnits()));
    return;
  }
  const receiver = await startReceiver();
  const functions = await startDeliveryFunctions();
  const report = [];
  try {
    for (const shape of shapes) {
      const rates = await measure(shape, Number(values.rounds), receiver, functions);
      report.push({ shape: shape.name, deliveries_per_second: rates });
    }
  } finally {
    await functions.stop();
    await receiver.stop();
  }
  const units = countUnitsApart();
  if (values.json) {
    console.log(JSON.stringify({ report, write_units_per_delivery: units }));
    return;
  }
  const rows = report.map(({ shape, deliveries_per_second: rates }) => [
    shape,
    ...ways.map((way) => toText(rates[way])),
    units[shape]?.toFixed(2) ?? '',
  ]);
  console.log(table([['deliveries a second', ...ways, 'write units each'], ...rows]));
}

async function measure(shape: Shape, rounds: number, receiver: Receiver, functions: DeliveryFunctions) {
  const targets = targetsOf(shape, receiver);
  const subscriptions = targets.map((target, index) =>
    aSubscription({ id: `sub_${String(index).padStart(16, '0')}`, target, headers: {} }),
  );
  await functions.subscribe(shape.topic, targets);
  const rates: Record<Way, number[]> = { loop: [], worker: [], functions: [] };
  const runs: Record<Way, () => Promise<void>> = {
    loop: () => runLoop(shape, subscriptions),
    worker: () => runWorker(shape, subscriptions),
    functions: () => runFunctions(shape, functions),
  };
  // The first round warms up and does not count.
  for (let round = 0; round <= rounds; round += 1) {
    for (const way of ways) {
      const startedAt = performance.now();
      await runs[way]();
      const seconds = (performance.now() - startedAt) / 1000;
      await requireAll(receiver, way);
      if (round > 0) {
        rates[way].push(DELIVERIES / seconds);
      }
    }
  }
  return { loop: summary(rates.loop), worker: summary(rates.worker), functions: summary(rates.functions) };
}

function targetsOf(shape: Shape, { url }: Receiver): string[] {
  return Array.from({ length: shape.subscriptions }, (_, index) => `${url}/${shape.topic}/${index}`);
}

async function requireAll(receiver: Receiver, way: Way): Promise<void> {
  const count = (await receiver.take()).length;
  if (count !== DELIVERIES) {
    throw new Error(`${way}: ${count} requests came, not ${DELIVERIES}`);
  }
}

async function runLoop(shape: Shape, subscriptions: readonly Subscription[]): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: SIDE_BY_SIDE });
  const requests = makeEvents(shape).flatMap((event) =>
    subscriptions.map((subscription) => makeWebhookRequest(subscription, event, new Date())),
  );
  await sideBySide(requests, (webhook) => post(webhook, agent));
  agent.destroy();
}

function post({ url, headers, body }: WebhookRequest, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    const call = request(url, { method: 'POST', headers, agent }, (response) => {
      response.resume().on('end', resolve);
    });
    call.on('error', reject).end(body);
  });
}

async function runWorker(shape: Shape, subscriptions: readonly Subscription[]): Promise<void> {
  const worker = makeMemoryWorker(subscriptions);
  const bodies = makeEvents(shape).flatMap((event, index) =>
    subscriptions.map(({ id }) => {
      const order = String(index).padStart(8, '0');
      const message: DeliveryMessage = {
        ...{ v: 1, eventId: event.id, subscriptionId: id, run: 0, topic: `manage/${shape.topic}`, order },
        ...{ attempt: 1, event },
      };
      return JSON.stringify(message);
    }),
  );
  await sideBySide(bodies, (body) => worker.handle(JSON.parse(body)));
  await worker.close();
}

async function runFunctions(shape: Shape, functions: DeliveryFunctions): Promise<void> {
  let handled = 0;
  functions.onHandled = (count) => {
    handled += count;
  };
  await functions.dispatch(makeEvents(shape));
  await functions.work(INSTANCES, () => handled >= DELIVERIES);
}

async function sideBySide<Item>(items: readonly Item[], act: (item: Item) => Promise<void>): Promise<void> {
  const rest = items.values();
  const lane = async () => {
    for (const item of rest) {
      await act(item);
    }
  };
  await Promise.all(Array.from({ length: SIDE_BY_SIDE }, lane));
}

/** Of dispatch and delivery together. */
async function countUnits(): Promise<Record<string, number>> {
  const receiver = await startReceiver();
  let counter: WriteCounter | undefined;
  const functions = await startDeliveryFunctions(async (url) => {
    counter = await startWriteCounter(url);
    return counter.url;
  });
  const units: Record<string, number> = {};
  try {
    for (const shape of shapes) {
      await functions.subscribe(shape.topic, targetsOf(shape, receiver));
      counter?.take();
      await runFunctions(shape, functions);
      const taken = Object.values(counter?.take() ?? {});
      units[shape.name] = taken.reduce((sum, each) => sum + each, 0) / DELIVERIES;
    }
  } finally {
    await functions.stop();
    counter?.stop();
    await receiver.stop();
  }
  return units;
}

/** In a process of its own: whoever counts takes time, and a function keeps its clients. */
function countUnitsApart(): Record<string, number> {
  const words = [...process.execArgv, __filename, '--units'];
  return JSON.parse(
    execFileSync(process.execPath, words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }),
  );
}

main().catch((error: Error) => {
  console.error(`failed: ${error.message}`);
  process.exitCode = 1;
});
