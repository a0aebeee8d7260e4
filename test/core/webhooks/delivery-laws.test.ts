import fc from 'fast-check';
import type { DeliveryPolicy } from '../../../core/topics/subscriptions/subscription';
import { aDeliveryMessage, aSubscription } from '../../support/deliveries';
import { makeWorld } from '../../support/delivery-world';
import { findBreaches, type Repeats } from '../../support/law-breaches';
import { scenarios } from '../../support/law-scenarios';
import { LawWorld } from '../../support/law-world';

/** More runs look deeper: `LAW_RUNS=20000 npx jest delivery-laws`. */
const RUNS = Number(process.env.LAW_RUNS ?? 300);

/** Some take ten; this is for a machine that has other things to do, and for the search for the simplest failure. */
const MILLISECONDS_PER_RUN = 400;

const answer = fc.oneof(
  fc.constantFrom(200, 500, 503, 404, 410, 429, 502),
  fc.constant('timeout' as const),
  fc.record({ status: fc.constantFrom(429, 503), retryAfter: fc.constantFrom('5', '700', 'soon') }),
);

const optional = <Value>(values: fc.Arbitrary<Value>) => fc.option(values, { nil: undefined });

const policies: fc.Arbitrary<Partial<DeliveryPolicy>> = fc
  .record({
    scheduleSeconds: fc.array(fc.constantFrom(1, 60, 1000, 8000), { maxLength: 7 }),
    concurrency: optional(fc.integer({ min: 1, max: 3 })),
    ratePerSecond: optional(fc.constantFrom(0.01, 0.3, 5)),
    circuit: optional(fc.boolean()),
    disable: optional(
      fc.record({ failures: fc.integer({ min: 1, max: 9 }), counts: fc.constantFrom('in_a_row', 'ever') }),
    ),
  })
  .map((given) => Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)));

const crashes = optional(
  fc.record({ effect: fc.integer({ min: 1, max: 60 }), when: fc.constantFrom('before', 'after') }),
);

describe('the laws of delivery', () => {
  it('every delivery ends once, whatever the target answers, the policy holds and the worker survives', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(answer, { minLength: 1, maxLength: 12 }),
        policies,
        crashes,
        fc.integer({ min: 1, max: 5 }),
        async (answers, changes, crashAt, count) => {
          const world = makeWorld({
            answers,
            subscription: { policy: { ...aSubscription().policy, ...changes } },
            ...(crashAt && { crashAt: crashAt as { effect: number; when: 'before' | 'after' } }),
          });
          for (let index = 0; index < count; index += 1) {
            world.put(aDeliveryMessage({ eventId: `evt_${index}` }));
          }
          await world.run();
          const rows = world.deliveries.rows();
          expect(rows).toHaveLength(count);
          for (const row of rows) {
            expect(['delivered', 'dead', 'skipped']).toContain(row.state);
            const endings = world.deliveries.writes.filter(
              ({ eventId, state }) => eventId === row.eventId && state !== 'pending',
            );
            expect(endings).toHaveLength(1);
            expect(row.attempt).toBeLessThanOrEqual((changes.scheduleSeconds?.length ?? 0) + 1);
            expect(row).not.toHaveProperty('claim');
            expect(row).not.toHaveProperty('slotAt');
          }
          // Whoever answered is not asked again, except after a crash in between.
          const answered = rows.filter(({ state }) => state === 'delivered').length;
          const successes = world.posts.filter((_, index) => {
            const given = answers[Math.min(index, answers.length - 1)];
            return given === 200;
          }).length;
          expect(successes - answered).toBeLessThanOrEqual(crashAt ? 1 : 0);
          expect(world.queue).toEqual([]);
          // A letter for each of the dead, and an event.
          const dead = rows.filter(({ state }) => state === 'dead').length;
          const letters = world.deadLetterQueue.map(({ body }) => (body as { eventId: string }).eventId);
          expect(new Set(letters).size).toBe(dead);
          const told = world.told().filter(({ topic }) => topic.name === 'delivery.dead');
          expect(new Set(told.map(({ id }) => id)).size).toBe(dead);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('the laws of delivery in a world where anything may fail', () => {
  const repeats: Repeats = { crashed: 0, unclaimed: 0 };
  const ends = { pending: 0, delivered: 0, dead: 0, skipped: 0, erased: 0 };

  it(
    'hold for every schedule of answers, failures, crashes, duplicates and people',
    async () => {
      await fc.assert(
        fc.asyncProperty(scenarios, async (scenario) => {
          const world = new LawWorld(scenario);
          await world.run();
          const breaches = await findBreaches(world, repeats);
          if (breaches.length > 0) {
            throw new Error([...breaches, 'This is what happened:', ...world.story].join('\n  '));
          }
          for (const { state } of world.deliveries.rows()) {
            ends[state] += 1;
          }
        }),
        { numRuns: RUNS },
      );
      // Schedules in which nothing ends in one of the ways would prove nothing about it.
      expect(Object.entries(ends).filter(([, count]) => count === 0)).toEqual([['pending', 0]]);
      if (process.env.LAW_RUNS) {
        console.info(JSON.stringify({ runs: RUNS, ends, sentAgain: repeats }));
      }
    },
    RUNS * MILLISECONDS_PER_RUN,
  );
});
