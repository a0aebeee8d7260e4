import type { DeliveryPolicy } from '../core/topics/subscriptions/subscription';
import { aDelivery } from '../test/support/deliveries';
import { anEvent } from '../test/support/memory-dispatch';
import { type DeliveryFunctions, startDeliveryFunctions } from './delivery-functions';
import type { Bench, Figure, Plan } from './figure';
import { type Receiver, startReceiver } from './receiver';
import { percentile } from './rounds';

const GAP_MILLISECONDS = 200;
const HEALTHY = 9;
const INSTANCES = 10;

/** While the tenth's circuit is still closed. */
const FIRST_MILLISECONDS = 2000;

const impatient: Partial<DeliveryPolicy> = { timeoutSeconds: 2, jitter: 0, scheduleSeconds: [300, 3600] };

interface Situation {
  readonly name: string;
  readonly tenth: { readonly path: string; readonly policy?: Partial<DeliveryPolicy> };
  readonly parked?: number;
}

/** The first warms up. */
const situations: readonly Situation[] = [
  { name: 'first', tenth: { path: 'tenth' } },
  { name: 'well', tenth: { path: 'tenth' } },
  { name: 'hanging', tenth: { path: 'hang' } },
  { name: 'capped', tenth: { path: 'hang', policy: { concurrency: 1 } } },
  { name: 'parked', tenth: { path: 'tenth' }, parked: 10_000 },
];

/**
 * Ten subscribers to a topic, an event every 200 ms; the nine are well, the tenth is what the case says. The functions
 * run as they are deployed, on emulators whose queue is not fair, as the real one is: what a slow subscriber has
 * waiting stands in line with the others' messages here.
 */
export const isolation: Bench = {
  name: 'isolation',
  measures:
    'dispatch until nine subscribers have an event, while the tenth is well, never answers, never answers and has a cap of one, or has 10 000 deliveries parked',
  floor: 'the same while all are well',
  async run(plan) {
    const receiver = await startReceiver();
    const functions = await startDeliveryFunctions();
    const figures: Figure[] = [];
    let well: number | undefined;
    try {
      for (const situation of situations) {
        const latencies = await measure(situation, plan, receiver, functions);
        const [median, p95] = [percentile(latencies, 0.5), percentile(latencies, 0.95)];
        if (situation.name !== 'first') {
          figures.push(
            figure(`isolation/${situation.name}`, median, well === undefined ? null : median / well),
            figure(`isolation/${situation.name}/p95`, p95, null),
          );
          well ??= median;
        }
      }
    } finally {
      await functions.stop();
      await receiver.stop();
    }
    return figures;
  },
};

function figure(name: string, milliseconds: number, ratio: number | null): Figure {
  const rounded = (value: number) => Number(value.toFixed(2));
  return {
    ...{ name, budget: null, unit: 'ms until it arrived', spread: 0 },
    ratio: ratio === null ? null : rounded(ratio),
    value: rounded(milliseconds),
  };
}

/** @returns how long the nine waited, once the circuit of a tenth that hangs had time to open. */
async function measure(
  { name, tenth, parked = 0 }: Situation,
  { isQuick }: Plan,
  receiver: Receiver,
  functions: DeliveryFunctions,
): Promise<readonly number[]> {
  const events = isQuick ? 12 : 50;
  const healthy = Array.from({ length: HEALTHY }, (_, index) => `${receiver.url}/${name}/${index}`);
  await functions.subscribe(name, healthy, impatient);
  const [tenthId = ''] = await functions.subscribe(name, [`${receiver.url}/${tenth.path}/${name}`], {
    ...impatient,
    ...tenth.policy,
  });
  await functions.park(parkedRows(isQuick ? Math.min(parked, 100) : parked, tenthId));
  let isOver = false;
  const working = functions.work(INSTANCES, () => isOver);
  const dispatchedAt = await publish(name, events, functions);
  const arrivals: (readonly [string, number])[] = [];
  while (arrivals.filter(([path]) => path.startsWith(`/${name}/`)).length < events * HEALTHY) {
    await pause(100);
    arrivals.push(...(await receiver.take()));
  }
  isOver = true;
  await working;
  const nine = arrivals.filter(([path]) => path.startsWith(`/${name}/`));
  return latenciesOf(nine, dispatchedAt)
    .filter(({ event }) => event * GAP_MILLISECONDS >= FIRST_MILLISECONDS)
    .map(({ milliseconds }) => milliseconds);
}

function parkedRows(count: number, subscriptionId: string) {
  const inAnHour = new Date(Date.now() + 3_600_000).toISOString();
  return Array.from({ length: count }, (_, index) =>
    aDelivery({ eventId: `evt_waiting_${index}`, subscriptionId, nextAttemptAt: inAnHour, dueAt: inAnHour }),
  );
}

/** @returns when each event was about to be dispatched. */
async function publish(topic: string, count: number, functions: DeliveryFunctions): Promise<number[]> {
  const dispatchedAt: number[] = [];
  for (let index = 0; index < count; index += 1) {
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

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
