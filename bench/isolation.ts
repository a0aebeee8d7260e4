/**
 * Whether one subscriber harms the others: `npm run bench:isolation [-- --instances 10] [-- --json]`. Ten subscribers
 * to a topic, an event every 200 ms; how long it takes from dispatch until the nine have it, in milliseconds,
 *   while all are well,
 *   while the tenth takes every connection and never answers (time-out 2 s): while its circuit is still closed, and then,
 *   while the tenth is so and has a cap of one request at a time,
 *   while 10 000 deliveries of the tenth are parked.
 * dispatch-events, the queue and deliver-webhooks as they are deployed, on the emulators. Their queue is not fair, as
 * the real one is: what a slow subscriber has waiting stands in line with the others' messages here.
 */
import { parseArgs } from 'node:util';
import type { DeliveryPolicy } from '../core/topics/subscription';
import { aDelivery } from '../test/support/deliveries';
import { anEvent } from '../test/support/memory-dispatch';
import { type DeliveryFunctions, startDeliveryFunctions } from './delivery-functions';
import { type Receiver, startReceiver } from './receiver';
import { percentile, table } from './rounds';

const EVENTS = 50;
const GAP_MILLISECONDS = 200;
const HEALTHY = 9;
const PARKED = 10_000;

const impatient: Partial<DeliveryPolicy> = { timeoutSeconds: 2, jitter: 0, scheduleSeconds: [300, 3600] };

interface Situation {
  readonly name: string;
  readonly topic: string;
  readonly tenth: { readonly path: string; readonly policy?: Partial<DeliveryPolicy> };
  readonly parked?: number;
}

const situations: readonly Situation[] = [
  { name: 'all are well (warms up)', topic: 'first', tenth: { path: 'tenth' } },
  { name: 'all are well', topic: 'well', tenth: { path: 'tenth' } },
  { name: 'one hangs', topic: 'hanging', tenth: { path: 'hang' } },
  { name: 'one hangs, cap of 1', topic: 'capped', tenth: { path: 'hang', policy: { concurrency: 1 } } },
  { name: 'all are well, 10 000 parked', topic: 'parked', tenth: { path: 'tenth' }, parked: PARKED },
];

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: { instances: { type: 'string', default: '10' }, json: { type: 'boolean', default: false } },
  });
  const receiver = await startReceiver();
  const functions = await startDeliveryFunctions();
  const report = [];
  try {
    for (const situation of situations) {
      report.push(await measure(situation, Number(values.instances), receiver, functions));
    }
  } finally {
    await functions.stop();
    await receiver.stop();
  }
  if (values.json) {
    console.log(JSON.stringify(report));
    return;
  }
  const head = [
    'milliseconds until the nine have it',
    'first 2 s: median',
    'p95',
    'then: median',
    'p95',
    'posts to the tenth',
  ];
  const cells = report.map((one) => [
    one.name,
    ...[
      one.first_2_s.median,
      one.first_2_s.p95,
      one.then_on.median,
      one.then_on.p95,
      one.posts_to_the_tenth,
    ].map(String),
  ]);
  console.log(table([head, ...cells]));
}

async function measure(
  { name, topic, tenth, parked = 0 }: Situation,
  instances: number,
  receiver: Receiver,
  functions: DeliveryFunctions,
) {
  const healthy = Array.from({ length: HEALTHY }, (_, index) => `${receiver.url}/${topic}/${index}`);
  await functions.subscribe(topic, healthy, impatient);
  const [tenthId = ''] = await functions.subscribe(topic, [`${receiver.url}/${tenth.path}/${topic}`], {
    ...impatient,
    ...tenth.policy,
  });
  await functions.park(parkedRows(parked, tenthId));
  let isOver = false;
  const working = functions.work(instances, () => isOver);
  const dispatchedAt = await publish(topic, functions);
  const arrivals: (readonly [string, number])[] = [];
  while (arrivals.filter(([path]) => path.startsWith(`/${topic}/`)).length < EVENTS * HEALTHY) {
    await pause(100);
    arrivals.push(...(await receiver.take()));
  }
  isOver = true;
  await working;
  const nine = arrivals.filter(([path]) => path.startsWith(`/${topic}/`));
  const latencies = latenciesOf(nine, dispatchedAt);
  return {
    name,
    first_2_s: spread(latencies.filter(({ event }) => event * GAP_MILLISECONDS < 2000)),
    then_on: spread(latencies.filter(({ event }) => event * GAP_MILLISECONDS >= 2000)),
    posts_to_the_tenth: arrivals.filter(([path]) => path === `/${tenth.path}/${topic}`).length,
  };
}

function parkedRows(count: number, subscriptionId: string) {
  const inAnHour = new Date(Date.now() + 3_600_000).toISOString();
  return Array.from({ length: count }, (_, index) =>
    aDelivery({ eventId: `evt_waiting_${index}`, subscriptionId, nextAttemptAt: inAnHour, dueAt: inAnHour }),
  );
}

/** @returns when each event was about to be dispatched. */
async function publish(topic: string, functions: DeliveryFunctions): Promise<number[]> {
  const dispatchedAt: number[] = [];
  for (let index = 0; index < EVENTS; index += 1) {
    const pace = pause(GAP_MILLISECONDS);
    dispatchedAt.push(performance.timeOrigin + performance.now());
    const id = `evt_${topic}_${index}`;
    await functions.dispatch([anEvent(id, { topic: { door: 'manage', name: topic } })]);
    await pace;
  }
  return dispatchedAt;
}

/** The n-th arrival at a path is taken for the n-th event's: what matters is how long the line is. */
function latenciesOf(arrivals: readonly (readonly [string, number])[], dispatchedAt: readonly number[]) {
  const seen = new Map<string, number>();
  return arrivals.map(([path, at]) => {
    const event = seen.get(path) ?? 0;
    seen.set(path, event + 1);
    return { event, milliseconds: at - (dispatchedAt[event] ?? 0) };
  });
}

function spread(latencies: readonly { readonly milliseconds: number }[]) {
  const sorted = latencies
    .map(({ milliseconds }) => Math.round(milliseconds))
    .sort((one, other) => one - other);
  return { median: percentile(sorted, 0.5), p95: percentile(sorted, 0.95) };
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

main().catch((error: Error) => {
  console.error(`failed: ${error.message}`);
  process.exitCode = 1;
});
