import fc from 'fast-check';
import type { EventBatch } from '../../../../core/events/ports';
import { recoverOrigins } from '../../../../core/messages/recovery/recover-origins';
import { MemoryOrigin, MemoryOriginSweeps, memoryDirectory } from '../../../support/memory-origin';
import { MemoryTopicStore } from '../../../support/memory-registry';

type Step =
  | { readonly do: 'add'; readonly isGood: boolean; readonly count: number }
  /** Ends at the n-th call to a store, the stream or the origin, which may have been done. */
  | { readonly do: 'sweep'; readonly crashAfter: number | undefined; readonly isDone: boolean }
  | { readonly do: 'removals'; readonly fail: boolean }
  | { readonly do: 'forget numbers' };

class Crash extends Error {}

/** An application whose messages are all different, and a hub that crashes. */
class World {
  readonly origin = new MemoryOrigin();
  readonly sweeps = new MemoryOriginSweeps();
  readonly topics = new MemoryTopicStore();
  readonly batches: EventBatch[] = [];
  readonly added: string[] = [];
  now = Date.parse('2026-11-20T12:00:00.000Z');
  private callsLeft = Number.POSITIVE_INFINITY;
  private isDone = false;

  async run(step: Step): Promise<void> {
    switch (step.do) {
      case 'add':
        for (let row = 0; row < step.count; row += 1) {
          this.add(step.isGood);
        }
        return;
      case 'removals':
        this.origin.removal = step.fail ? () => ({ status: 500 }) : undefined;
        return;
      case 'forget numbers':
        // A table that is made anew has no rows.
        if (this.origin.rows.length === 0) {
          this.origin.forgetNumbers();
        }
        return;
      case 'sweep':
        return this.sweep(step.crashAfter, step.isDone);
    }
  }

  async sweep(crashAfter: number | undefined = undefined, isDone = false): Promise<void> {
    this.now += 60_000;
    this.callsLeft = crashAfter ?? Number.POSITIVE_INFINITY;
    this.isDone = isDone;
    const deadline = new Date(this.now + 44_000);
    await recoverOrigins(this.ports(), () => undefined, deadline).catch((error: unknown) => {
      if (!(error instanceof Crash)) {
        throw error;
      }
    });
  }

  /** What dispatch takes: an id once. */
  payloads(): string[] {
    const events = new Map(this.batches.flatMap(({ events }) => events).map((event) => [event.id, event]));
    return [...events.values()]
      .filter(({ topic }) => topic.door === 'topics')
      .map(({ dataJson }) => dataJson);
  }

  private add(isGood: boolean): void {
    const payload = this.added.length;
    if (isGood) {
      this.added.push(String(payload));
    }
    this.origin.add(isGood ? { payload } : { topic: 'unknown' });
  }

  private call<Arguments extends unknown[], Result>(method: (...given: Arguments) => Promise<Result>) {
    return async (...given: Arguments): Promise<Result> => {
      this.callsLeft -= 1;
      if (this.callsLeft < 0 && !(this.callsLeft === -1 && this.isDone)) {
        throw new Crash();
      }
      const result = await method(...given);
      if (this.callsLeft < 0) {
        throw new Crash();
      }
      return result;
    };
  }

  private ports() {
    const { origin, sweeps } = this;
    return {
      directory: memoryDirectory(origin.originHost),
      sweeps: { claim: this.call(sweeps.claim), release: this.call(sweeps.release) },
      client: { list: this.call(origin.list), remove: this.call(origin.remove) },
      topics: this.topics,
      events: {
        append: this.call(async (batches: readonly EventBatch[]) => void this.batches.push(...batches)),
      },
      now: () => new Date(this.now),
      random: () => 0.5,
    };
  }
}

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    do: fc.constant('add' as const),
    isGood: fc.boolean(),
    count: fc.oneof(fc.constant(1), fc.integer({ min: 1, max: 130 })),
  }),
  fc.record({
    do: fc.constant('sweep' as const),
    crashAfter: fc.option(fc.nat({ max: 12 }), { nil: undefined }),
    isDone: fc.boolean(),
  }),
  fc.record({ do: fc.constant('removals' as const), fail: fc.boolean() }),
  fc.constant({ do: 'forget numbers' as const }),
);

describe('recovery', () => {
  it('brings every message once, whatever crashes or fails, and removes what it has brought alone', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 25 }), async (steps) => {
        const world = new World();
        await world.topics.create({ key: { door: 'topics', name: 'orders' }, number: 1, createdAt: 'then' });
        for (const one of steps) {
          await world.run(one);
          const left = world.origin.rows.map(({ fields }) => String(fields.payload));
          // At each moment a message is there or here.
          const known = new Set([...left, ...world.payloads()]);
          expect(world.added.filter((payload) => !known.has(payload))).toEqual([]);
        }
        world.origin.removal = undefined;
        for (let sweeps = 0; sweeps < 4; sweeps += 1) {
          await world.sweep();
        }
        expect(world.payloads().sort()).toEqual([...world.added].sort());
        expect(world.origin.rows.every(({ fields }) => fields.topic === 'unknown')).toBe(true);
      }),
      { numRuns: 60 },
    );
  });
});
