import { dispatchEvents } from '../core/events/dispatch-events';
import type { DispatchPorts } from '../core/events/dispatch-ports';
import type { EventFilter } from '../core/topics/filters/event-filter';
import type { Subscription } from '../core/topics/subscriptions/subscription';
import { anEvent, aRecord, memoryNumbers } from '../test/support/memory-dispatch';
import { aSubscription } from '../test/support/subscriptions';
import { cpuSample } from './cpu-time';
import type { Bench, Figure, Plan } from './figure';
import { measureAll, type Sample } from './rounds';

const FEW = 100;
const MANY = 5000;
const OTHERS = 999;

const fits: EventFilter = { data: { total: [{ numeric: ['>=', 10] }] } };
const misfits: EventFilter = { data: { total: [{ numeric: ['<', 10] }] } };

export const dispatch: Bench = {
  name: 'dispatch',
  measures:
    'one event to 1, 100 and 5 000 subscriptions, and to the one of 1 000 whose filter it passes, on stores in memory',
  floor: 'fifty times what 100 take; what the event takes without the other 999',
  async run(plan) {
    const sample = (subscriptions: readonly Subscription[]) => dispatchSample(subscriptions, plan);
    const single = sample(subscriptionsOf(1, fits));
    const few = sample(subscriptionsOf(FEW, fits));
    const many = sample(subscriptionsOf(MANY, fits));
    const oneOfMany = sample([...subscriptionsOf(1, fits), ...subscriptionsOf(OTHERS, misfits, 1)]);
    const unit = 'µs of CPU per event';
    const figures = await measureAll(
      [
        { name: 'dispatch/1', budget: null, unit, subject: single },
        { name: 'dispatch/100', budget: null, unit, subject: few },
        { name: 'dispatch/5000', budget: null, unit, subject: many, floor: times(MANY / FEW, few) },
        { name: 'dispatch/1-of-1000', budget: null, unit, subject: oneOfMany, floor: single },
      ],
      plan,
    );
    return [...figures, ...slopesOf(figures)];
  },
};

function slopesOf(figures: readonly Figure[]): readonly Figure[] {
  const [single = 0, , many = 0, oneOfMany = 0] = figures.map(({ value }) => value);
  const slope = (name: string, value: number, unit: string, spread = 0): Figure => ({
    ...{ name: `dispatch/${name}`, ratio: null, budget: null, unit, spread },
    value: Number(value.toFixed(3)),
  });
  return [
    slope('per-match', (many - single) / (MANY - 1), 'µs of CPU per match', figures[2]?.spread),
    slope('per-other', (oneOfMany - single) / OTHERS, 'µs of CPU per filter passed over', figures[3]?.spread),
  ];
}

function times(factor: number, sample: Sample): Sample {
  return async () => (await sample()) * factor;
}

function subscriptionsOf(count: number, filter: EventFilter, from = 0): Subscription[] {
  return Array.from({ length: count }, (_, index) =>
    aSubscription({ id: `sub_${String(from + index).padStart(16, '0')}`, filter }),
  );
}

function dispatchSample(subscriptions: readonly Subscription[], { sampleMilliseconds }: Plan): Sample {
  let written = 0;
  const ports: DispatchPorts = {
    subscriptions: {
      ofTopic: async ({ isPattern }) => (isPattern ? [] : [...subscriptions]),
    },
    duplicates: { claim: async (claim) => claim },
    numbers: memoryNumbers(),
    markers: { claim: async (marker) => marker },
    history: { keep: async () => undefined },
    // As the real queue does, each message is written once.
    queue: {
      send: async (messages) => {
        written = messages.reduce((sum, { message }) => sum + JSON.stringify(message).length, 0);
      },
    },
    unprocessable: { record: async () => undefined },
  };
  let events = 0;
  return cpuSample(sampleMilliseconds, async () => {
    events += 1;
    const [ending] = await dispatchEvents([aRecord([anEvent(`evt_${events}`)])], ports, Date.now());
    if (ending?.state !== 'dispatched' || written === 0) {
      throw new Error('the event went to nobody');
    }
  });
}
