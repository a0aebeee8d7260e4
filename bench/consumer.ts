import { integrateChange } from '../core/change/integrate-change';
import type { Profile } from '../core/person/profile';
import type { StreamRecord } from '../core/stream-record';
import { type ChangingPerson, makeChangingPerson } from './changing-person';
import { cpuSample } from './cpu-time';
import type { Bench, Plan } from './figure';
import { makeMemoryIntegrator } from './memory-integrator';
import { quietly } from './quietly';
import { type Case, measureAll } from './rounds';

const BUDGET = 1.3;

export const consumer: Bench = {
  name: 'consumer',
  measures:
    'integrate-changes on stores in memory: batches of ten changes of as many people, of one person, and of a hundred changes of fifty people',
  floor: 'the integrate bench: JSON parse and pure integration of the same changes',
  run: (plan) => {
    const person = makeChangingPerson();
    return measureAll(
      [
        caseOf('distinct', person, plan, (index) => [`person-${index}`, 1]),
        caseOf('hot', person, plan, (index) => ['person-0', index + 1]),
        caseOf('batch', person, plan, (index) => [`person-${index % 50}`, 1 + Math.floor(index / 50)], 100),
      ],
      plan,
    );
  },
};

/** @param place whose change a record is, and which. */
function caseOf(
  name: string,
  person: ChangingPerson,
  plan: Plan,
  place: (index: number) => readonly [userId: string, number: number],
  count = 10,
): Case {
  const places = Array.from({ length: count }, (_, index) => place(index));
  const records = places.map(([userId, number]) => person.record(userId, number));
  return {
    name: `consumer/${name}`,
    budget: BUDGET,
    unit: 'µs of CPU per change',
    subject: quietly(consumerSample(person, records, plan)),
    floor: cpuSample(
      plan.sampleMilliseconds,
      () => {
        const profiles = new Map<string, Profile>();
        for (const [userId, number] of places) {
          profiles.set(userId, integrateNext(profiles.get(userId) ?? person.profile, number, person));
        }
      },
      { operations: count },
    ),
  };
}

function integrateNext(stored: Profile, number: number, { changeText, context }: ChangingPerson) {
  const change = JSON.parse(changeText(number));
  const outcome = integrateChange(stored, change, context, new Date().toISOString());
  return outcome.state === 'integrated' && outcome.condition === 'update' ? outcome.profile : stored;
}

function consumerSample(person: ChangingPerson, records: readonly StreamRecord[], plan: Plan) {
  const { rows, recorded, handle } = makeMemoryIntegrator(person);
  const userIds = [...new Set(records.map(({ partitionKey }) => partitionKey))];
  const reset = () => {
    recorded.clear();
    for (const userId of userIds) {
      rows.set(userId, person.row(userId));
    }
  };
  reset();
  return cpuSample(
    plan.sampleMilliseconds,
    async () => {
      reset();
      await handle(records);
      if ([...recorded.values()].some(({ state }) => state !== 'integrated')) {
        throw new Error('a change did not integrate');
      }
    },
    { operations: records.length },
  );
}
