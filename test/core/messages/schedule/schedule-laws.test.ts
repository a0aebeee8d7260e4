import fc from 'fast-check';
import type { Event } from '../../../../core/events/event';
import { postponeRelease, releaseMessage } from '../../../../core/messages/schedule/release-message';
import { requeueMessages } from '../../../../core/messages/schedule/requeue-messages';
import type { ReleaseMessage } from '../../../../core/messages/schedule/scheduled-message';
import { delaySecondsUntil } from '../../../../core/messages/schedule/scheduled-message';
import { MemorySchedule } from '../../../support/memory-schedule';
import { aScheduledMessage } from '../../../support/scheduled-messages';

const start = Date.parse('2026-11-20T12:00:00.000Z');
const VISIBILITY_MILLISECONDS = 180_000;
const TICK_MILLISECONDS = 60_000;

/** What goes wrong at one step: the process ends there, a call fails, or nothing does. */
type Fault = 'none' | 'crash' | 'fails';

type Step =
  | { readonly do: 'wait'; readonly seconds: number }
  | { readonly do: 'tick'; readonly fault: Fault; readonly after: number }
  | { readonly do: 'work'; readonly pick: number; readonly fault: Fault; readonly after: number }
  | { readonly do: 'lose'; readonly pick: number }
  | { readonly do: 'double'; readonly pick: number }
  | { readonly do: 'cancel'; readonly pick: number };

class Crash extends Error {}

interface Queued {
  readonly message: ReleaseMessage;
  readonly visibleAt: number;
}

/** A store, a stream, a queue and a clock; each call of one of them may be the last of its process. */
class World {
  readonly schedule = new MemorySchedule();
  readonly appended: { readonly event: Event; readonly at: number }[] = [];
  readonly cancelled = new Set<number>();
  queue: Queued[] = [];
  now = start;
  private callsLeft = Number.POSITIVE_INFINITY;
  private fault: Fault = 'none';

  async accept(message: ReturnType<typeof aScheduledMessage>, isQueued: boolean): Promise<void> {
    await this.schedule.park(message, []);
    const { id, topic, scheduledAt } = message;
    if (isQueued) {
      this.push({ v: 1, id, topic, scheduledAt }, delaySecondsUntil(scheduledAt, new Date(this.now)));
    }
  }

  async run(step: Step): Promise<void> {
    switch (step.do) {
      case 'wait':
        this.now += step.seconds * 1000;
        return;
      case 'tick':
        return this.tick(step.fault, step.after);
      case 'work':
        return this.work(this.pick(this.visible(), step.pick), step.fault, step.after);
      case 'lose': {
        const lost = this.pick(this.queue, step.pick);
        this.queue = this.queue.filter((queued) => queued !== lost);
        return;
      }
      case 'double': {
        const doubled = this.pick(this.queue, step.pick);
        this.queue.push(...(doubled ? [{ ...doubled }] : []));
        return;
      }
      case 'cancel': {
        const { id } = this.pick([...this.schedule.rows.values()], step.pick)?.message ?? { id: 0 };
        if (await this.schedule.cancel(id, new Date(this.now).toISOString())) {
          this.cancelled.add(id);
        }
      }
    }
  }

  async tick(fault: Fault = 'none', after = 0): Promise<void> {
    await this.process(fault, after, async () => {
      await requeueMessages(this.ports(), new Date(this.now + 40_000));
    });
  }

  async work(queued: Queued | undefined, fault: Fault = 'none', after = 0): Promise<void> {
    if (!queued) {
      return;
    }
    this.queue = this.queue.filter((other) => other !== queued);
    const finished = await this.process(fault, after, async () => {
      try {
        await releaseMessage(queued.message, this.ports());
      } catch (error) {
        if (error instanceof Crash) {
          throw error;
        }
        this.fault = 'none';
        await postponeRelease(queued.message, this.ports());
      }
    });
    if (!finished) {
      this.queue.push({ ...queued, visibleAt: this.now + VISIBILITY_MILLISECONDS });
    }
  }

  /** Ticks and workers without faults until nothing is left to do. */
  async settle(): Promise<void> {
    const end = this.now + 3 * 3600_000;
    for (let nextTick = this.now; this.now < end && this.hasWork(); ) {
      const next = Math.min(nextTick, ...this.queue.map(({ visibleAt }) => visibleAt));
      this.now = Math.max(this.now, next);
      // The worker takes them side by side, so that none waits for another's time; here the earliest ends first.
      for (const queued of this.visible().sort(byTime)) {
        await this.work(queued);
      }
      if (this.now >= nextTick) {
        await this.tick();
        nextTick = Math.max(this.now, nextTick) + TICK_MILLISECONDS;
      }
    }
  }

  private hasWork(): boolean {
    return this.queue.length > 0 || [...this.schedule.rows.values()].some(({ dueAt }) => dueAt !== undefined);
  }

  /** @returns whether the process came to its end. */
  private async process(fault: Fault, after: number, work: () => Promise<void>): Promise<boolean> {
    this.fault = fault;
    this.callsLeft = fault === 'none' ? Number.POSITIVE_INFINITY : after;
    try {
      await work();
      return true;
    } catch {
      return false;
    } finally {
      this.fault = 'none';
    }
  }

  private call<Arguments extends unknown[], Result>(method: (...given: Arguments) => Promise<Result>) {
    return async (...given: Arguments): Promise<Result> => {
      this.breakDown();
      const result = await method(...given);
      // Done, and nobody hears of it.
      this.breakDown();
      return result;
    };
  }

  private breakDown(): void {
    this.callsLeft -= 1;
    if (this.fault !== 'none' && this.callsLeft < 0) {
      throw this.fault === 'crash' ? new Crash() : new Error('away');
    }
  }

  private ports() {
    const { schedule } = this;
    return {
      schedule: {
        due: this.call(schedule.due),
        postpone: this.call(schedule.postpone),
        claim: this.call(schedule.claim),
        endReleased: this.call(schedule.endReleased),
      },
      events: {
        append: this.call(async (batches: readonly { readonly events: readonly Event[] }[]) => {
          const events = batches.flatMap((batch) => batch.events);
          this.appended.push(...events.map((event) => ({ event, at: this.now })));
        }),
      },
      queue: {
        send: this.call(async (messages: readonly { message: ReleaseMessage; delaySeconds: number }[]) => {
          for (const { message, delaySeconds } of messages) {
            this.push(message, delaySeconds);
          }
        }),
      },
      pause: async (milliseconds: number) => {
        this.now += milliseconds;
      },
      now: () => new Date(this.now),
    };
  }

  private push(message: ReleaseMessage, delaySeconds: number): void {
    this.queue.push({ message, visibleAt: this.now + delaySeconds * 1000 });
  }

  private visible(): Queued[] {
    return this.queue.filter(({ visibleAt }) => visibleAt <= this.now);
  }

  private pick<Item>(items: readonly Item[], pick: number): Item | undefined {
    return items[pick % Math.max(items.length, 1)];
  }
}

function byTime({ message: one }: Queued, { message: other }: Queued): number {
  return Date.parse(one.scheduledAt) - Date.parse(other.scheduledAt);
}

const fault = fc.constantFrom<Fault>('none', 'crash', 'fails');
const pick = fc.nat({ max: 5 });
const after = fc.nat({ max: 5 });
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ do: fc.constant('wait' as const), seconds: fc.nat({ max: 300 }) }),
  fc.record({ do: fc.constant('tick' as const), fault, after }),
  fc.record({ do: fc.constant('work' as const), pick, fault, after }),
  fc.record({ do: fc.constant('work' as const), pick, fault, after }),
  fc.record({ do: fc.constant('lose' as const), pick }),
  fc.record({ do: fc.constant('double' as const), pick }),
  fc.record({ do: fc.constant('cancel' as const), pick }),
);
const waits = fc.array(fc.oneof(fc.nat({ max: 60 }), fc.nat({ max: 1500 })), { minLength: 1, maxLength: 3 });

async function scheduled(world: World, waitSeconds: readonly number[], isQueued: boolean) {
  for (const [index, seconds] of waitSeconds.entries()) {
    // Not on the second, as calls come.
    const scheduledAt = new Date(start + seconds * 1000 + 123).toISOString();
    const message = aScheduledMessage({ id: index + 1, eventId: `evt_${index + 1}`, scheduledAt });
    await world.accept(message, isQueued && seconds <= 180);
  }
}

describe('a scheduled message', () => {
  it('is released once, or cancelled, whatever crashes, fails, is lost or comes twice; never before its time', async () => {
    await fc.assert(
      fc.asyncProperty(
        waits,
        fc.boolean(),
        fc.array(step, { maxLength: 40 }),
        async (seconds, isQueued, steps) => {
          const world = new World();
          await scheduled(world, seconds, isQueued);
          for (const one of steps) {
            await world.run(one);
          }
          await world.settle();
          for (const { message } of world.schedule.rows.values()) {
            const releases = world.appended.filter(({ event }) => event.id === message.eventId);
            expect(message.state).toBe(world.cancelled.has(message.id) ? 'cancelled' : 'released');
            // Dispatch takes an id once: any number of releases is one, and none is none.
            expect(releases.length > 0).toBe(message.state === 'released');
            expect(releases.every(({ at }) => at >= Date.parse(message.scheduledAt))).toBe(true);
          }
          expect(world.queue).toEqual([]);
        },
      ),
      { numRuns: 300 },
    );
  });

  it('is released at its time to the millisecond where nothing fails, once, whether it was queued at once or by the tick', async () => {
    await fc.assert(
      fc.asyncProperty(waits, fc.nat({ max: 59 }), async (seconds, tickOffset) => {
        const world = new World();
        await scheduled(world, seconds, true);
        world.now += tickOffset * 1000;
        await world.settle();
        for (const { message } of world.schedule.rows.values()) {
          const releases = world.appended.filter(({ event }) => event.id === message.eventId);
          const due = Math.max(Date.parse(message.scheduledAt), start + tickOffset * 1000);
          expect(releases.map(({ at }) => at - due)).toEqual([0]);
        }
      }),
      {
        examples: [
          // Two in one batch, the one that has been due waits for no other: whichever was queued first.
          [[33, 0], 33],
          [[0, 33], 33],
        ],
      },
    );
  });
});
