import fc from 'fast-check';
import { type CallAnswer, makePublishingWorld } from '../../support/publishing-world';

const answer: fc.Arbitrary<CallAnswer> = fc.oneof(
  { weight: 3, arbitrary: fc.constant('judged' as const) },
  { weight: 2, arbitrary: fc.constantFrom(401, 403, 404, 429, 500, 503) },
  { weight: 1, arbitrary: fc.constantFrom('lost' as const, 'closed' as const) },
);

const scenario = fc.record({
  answers: fc.array(answer, { maxLength: 12 }),
  scheduleSeconds: fc.array(fc.constantFrom(1, 60, 1000), { maxLength: 4 }),
  chunkSize: fc.integer({ min: 1, max: 8 }),
  batchSize: fc.integer({ min: 1, max: 30 }),
  poison: fc.array(fc.boolean(), { minLength: 1, maxLength: 25 }),
  crashAt: fc.option(fc.integer({ min: 1, max: 80 }), { nil: undefined }),
});

describe('the laws of publishing', () => {
  it('every delivery ends once, whatever the chunks, the crashes and the failures, and nothing is lost', async () => {
    const ends = { delivered: 0, refused: 0, used_up: 0, twice: 0 };
    await fc.assert(
      fc.asyncProperty(scenario, async ({ poison, ...options }) => {
        const ids = poison.map((isPoison, index) => `${isPoison ? 'poison' : 'good'}-${index}`);
        const isPoison = (id: string) => id.startsWith('poison');
        const world = makePublishingWorld({ ...options, isPoison });
        ids.forEach(world.put);
        await world.run();

        const rows = world.deliveries.rows();
        expect(rows.map(({ eventId }) => eventId).sort()).toEqual([...ids].sort());
        const published = world.calls.flat();
        expect(world.calls.every((call) => call.length <= options.chunkSize)).toBe(true);
        expect(published.filter(isPoison)).toEqual([]);
        for (const { eventId, state, reason, attempts } of rows) {
          const endings = world.deliveries.writes.filter(
            (row) => row.eventId === eventId && row.state !== 'pending',
          );
          expect(endings).toHaveLength(1);
          if (state === 'delivered') {
            expect(published).toContain(eventId);
            expect(attempts.at(-1)).toMatchObject({
              status: 200,
              answer: expect.stringMatching(/^\d+-\d+$/),
            });
          } else if (reason === 'final_status') {
            // What is wrong with one message is never held against another.
            expect([state, isPoison(eventId)]).toEqual(['dead', true]);
          } else {
            expect([state, reason]).toEqual(['dead', 'attempts_used_up']);
          }
          const end = state === 'delivered' ? state : reason === 'final_status' ? 'refused' : 'used_up';
          ends[end] += 1;
        }
        const dead = rows.filter(({ state }) => state === 'dead').map(({ eventId }) => eventId);
        expect([...new Set(world.letters)].sort()).toEqual(dead.sort());
        // Twice only what a crash or a lost answer hid from us.
        const doubles = published.length - new Set(published).size;
        ends.twice += doubles;
        if (options.crashAt === undefined && !options.answers.includes('closed')) {
          expect(doubles).toBe(0);
        }
      }),
      { numRuns: 300 },
    );
    // Schedules in which nothing ends in one of the ways would prove nothing about it.
    expect(Object.values(ends).every((count) => count > 0)).toBe(true);
  });

  it('a call that fails for twenty messages is one failure of the target', async () => {
    const options = { scheduleSeconds: [1], chunkSize: 20, batchSize: 100, isPoison: () => false };
    const world = makePublishingWorld({ ...options, answers: [503, 'judged'] });
    Array.from({ length: 20 }, (_, index) => world.put(`evt_${index}`));
    await world.run();
    // Counted twenty times it would have opened the circuit, and a single message would have probed.
    expect(world.calls.map((call) => call.length)).toEqual([20]);
  });
});
