import { integrateChange } from '../core/change/integrate-change';
import { cpuSample } from './cpu-time';
import type { Bench, Plan } from './figure';
import { measureAll } from './rounds';
import { type SignedChange, signedChanges } from './signed-change';

const budgets = { create: 1.25, update: 1.5, noop: 1.5 } as const;

export const integrate: Bench = {
  name: 'integrate',
  measures:
    'one change, from its JSON to the outcome: ten signatures create a profile, two update it, none is new',
  floor: 'the same RSA operations, bare, and one JSON parse of the same bytes',
  run: (plan) => {
    const changes = signedChanges();
    const names = Object.keys(budgets) as (keyof typeof budgets)[];
    return measureAll(
      names.map((name) => ({
        name: `integrate/${name}`,
        budget: budgets[name],
        unit: 'µs of CPU per change',
        subject: integrateSample(changes[name], plan),
        floor: floorSample(changes[name], plan),
      })),
      plan,
    );
  },
};

/** The pure integration, which the consumer is held against. */
function integrateSample({ stored, text, context, now }: SignedChange, plan: Plan) {
  return cpuSample(plan.sampleMilliseconds, () => integrateChange(stored, JSON.parse(text), context, now));
}

function floorSample({ text, rsa }: SignedChange, plan: Plan) {
  return cpuSample(plan.sampleMilliseconds, () => {
    rsa();
    return JSON.parse(text);
  });
}
