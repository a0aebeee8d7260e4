import { dispatchEvents } from '../core/events/dispatch-events';
import { type Event, selectorText } from '../core/events/event';
import { eventOrder, orderBase } from '../core/events/history-key';
import type { EventHistoryLister } from '../core/events/ports';
import { listEvents } from '../core/events/read-events';
import { encodePageToken } from '../core/page-token';
import type { Subscription } from '../core/topics/subscriptions/subscription';
import { anEvent, aRecord, memoryNumbers } from '../test/support/memory-dispatch';
import { MemoryTopicStore } from '../test/support/memory-registry';
import { aSubscription } from '../test/support/subscriptions';
import { type ChangingPerson, makeChangingPerson } from './changing-person';
import { cpuSample } from './cpu-time';
import type { Bench, Figure, Plan } from './figure';
import { makeMemoryIntegrator } from './memory-integrator';
import { quietly } from './quietly';
import { measure, type Sample } from './rounds';

/** What grows, from how many to how many, and one operation among so many. */
interface Growth {
  readonly name: string;
  readonly from: number;
  readonly to: number;
  readonly sample: (size: number, plan: Plan) => Sample | Promise<Sample>;
}

const growths: readonly Growth[] = [
  { name: 'profiles', from: 1000, to: 100_000, sample: changeAmong },
  { name: 'subscriptions', from: 10, to: 10_000, sample: dispatchAmong },
  { name: 'history', from: 1000, to: 1_000_000, sample: pageOf },
];

export const scale: Bench = {
  name: 'scale',
  measures:
    'a change among 100 000 profiles, an event among 10 000 subscriptions to other topics, a page of a history of 1 000 000, on stores that are made up',
  floor: 'the same among 1 000, 10 and 1 000',
  async run(plan) {
    const figures: Figure[] = [];
    for (const { name, from, to, sample } of growths) {
      const [small, large] = [await sample(from, plan), await sample(to, plan)];
      const unit = 'µs of CPU per operation';
      const figure = await measure(
        { name: `scale/${name}`, budget: null, unit, subject: large, floor: small },
        plan,
      );
      figures.push(figure, slopeOf(figure, to / from));
    }
    return figures;
  },
};

/** The power of the size that the time grows by: 0 is constant, 1 linear. */
function slopeOf({ name, ratio, spread }: Figure, growth: number): Figure {
  const value = Number((Math.log(ratio ?? 1) / Math.log(growth)).toFixed(3));
  return { name: `${name}/slope`, ratio: null, budget: null, value, unit: 'power of the size', spread };
}

let person: ChangingPerson | undefined;

function changeAmong(size: number, { sampleMilliseconds }: Plan): Sample {
  person ??= makeChangingPerson();
  const { rows, recorded, handle } = makeMemoryIntegrator(person);
  for (let index = 0; index < size; index += 1) {
    rows.set(`person-${index}`, person.row(`person-${index}`));
  }
  const own = person;
  const records = Array.from({ length: 10 }, (_, index) =>
    own.record(`person-${Math.floor((index * size) / 10)}`, 1),
  );
  return quietly(
    cpuSample(
      sampleMilliseconds,
      async () => {
        recorded.clear();
        for (const { partitionKey } of records) {
          rows.set(partitionKey, own.row(partitionKey));
        }
        await handle(records);
      },
      { operations: records.length },
    ),
  );
}

function dispatchAmong(size: number, { sampleMilliseconds }: Plan): Sample {
  const registry = new Map<string, readonly Subscription[]>();
  for (let index = 0; index < size; index += 1) {
    const subscription = aSubscription({ id: `sub_${String(index).padStart(16, '0')}` });
    registry.set(selectorText({ door: 'manage', name: index === 0 ? 'orders' : `other-${index}` }), [
      subscription,
    ]);
  }
  let events = 0;
  return cpuSample(sampleMilliseconds, async () => {
    events += 1;
    await dispatchEvents(
      [aRecord([anEvent(`evt_${events}`)])],
      {
        subscriptions: { ofTopic: async (selector) => registry.get(selectorText(selector)) ?? [] },
        duplicates: { claim: async (claim) => claim },
        numbers: memoryNumbers(),
        markers: { claim: async (marker) => marker },
        history: { keep: async () => undefined },
        queue: { send: async () => undefined },
        unprocessable: { record: async () => undefined },
      },
      Date.now(),
    );
  });
}

async function pageOf(size: number, { sampleMilliseconds }: Plan): Promise<Sample> {
  const topics = new MemoryTopicStore();
  await topics.create({ key: { door: 'manage', name: 'orders' }, createdAt: 'then' });
  const principal = { subject: 'bench', scopes: new Set(['events:read']) };
  const lister = madeUpHistory(size);
  let pages = 0;
  return cpuSample(sampleMilliseconds, async () => {
    pages += 1;
    const after = encodePageToken(orderOf((pages * 7919) % size));
    await listEvents({ topic: 'orders', limit: 50, ascending: true, after }, principal, { topics, lister });
  });
}

/** A thousand events a second from the same moment on; each is made when it is asked for. */
function madeUpHistory(size: number): EventHistoryLister {
  return {
    async list({ limit, after }) {
      const first = after === undefined ? 0 : Number(after.slice(0, 13)) - BEGINNING + 1;
      const count = Math.max(0, Math.min(limit, size - first));
      const entries = Array.from({ length: count }, (_, index) => ({
        order: orderOf(first + index),
        event: eventAt(first + index),
      }));
      const next = entries.at(-1)?.order;
      return { entries, ...(first + count < size && next !== undefined && { next }) };
    },
  };
}

const BEGINNING = Date.parse('2027-01-01T00:00:00.000Z');

function orderOf(place: number): string {
  return eventOrder(orderBase(BEGINNING + place, 0), 0, `evt_${place}`);
}

function eventAt(place: number): Event {
  return anEvent(`evt_${place}`);
}
