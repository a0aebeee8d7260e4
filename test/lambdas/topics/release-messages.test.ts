import type { EventBatch } from '../../../core/events/ports';
import { handler, releaseMessages } from '../../../lambdas/topics/release-messages';
import { MemoryReleaseQueue, MemorySchedule } from '../../support/memory-schedule';
import { startScheduleStack } from '../../support/schedule-stack';
import { aScheduledMessage } from '../../support/scheduled-messages';

const now = Date.parse('2026-11-20T12:00:00.500Z');
const at = (milliseconds: number) => new Date(now + milliseconds).toISOString();

function makeWorker() {
  const schedule = new MemorySchedule();
  const queue = new MemoryReleaseQueue();
  const appended: EventBatch[] = [];
  const told: unknown[] = [];
  const pauses: number[] = [];
  const events = { append: async (batches: readonly EventBatch[]) => void appended.push(...batches) };
  const work = releaseMessages(
    {
      schedule,
      queue,
      events,
      pause: async (milliseconds) => pauses.push(milliseconds),
      now: () => new Date(now),
    },
    {
      handled: (outcome) => told.push(outcome),
      postponed: (error, _, isSentAgain) => told.push([(error as Error).message, isSentAgain]),
    },
  );
  return {
    schedule,
    queue,
    appended,
    told,
    pauses,
    events,
    work: (body: unknown) => work(body, {} as never),
  };
}

const message = aScheduledMessage({ scheduledAt: at(-700) });
const body = { v: 1, id: message.id, topic: 'orders', scheduledAt: message.scheduledAt };

describe('release-messages', () => {
  it('puts the event that was made when the message was accepted into the stream, and ends the row', async () => {
    const { work, schedule, appended, told } = makeWorker();
    await schedule.park(message, []);
    await work(body);
    await work(body);
    expect(appended).toEqual([{ partitionKey: message.eventId, events: [message.event] }]);
    expect(told).toEqual([
      { outcome: 'released', eventId: message.eventId, lateMilliseconds: 700 },
      { outcome: 'ended' },
    ]);
    expect(await schedule.find(message.id)).toMatchObject({ state: 'released', endedAt: at(0) });
  });

  it('waits for the rest of a second, and sends back what is earlier by the clock of this machine', async () => {
    const { work, schedule, appended, told, pauses, queue } = makeWorker();
    await schedule.park({ ...message, scheduledAt: at(900) }, []);
    await work({ ...body, scheduledAt: at(900) });
    expect([pauses, appended]).toEqual([[900], [expect.anything()]]);
    await work({ ...body, scheduledAt: at(90_500) });
    expect(queue.sent).toEqual([{ message: { ...body, scheduledAt: at(90_500) }, delaySeconds: 90 }]);
    expect(told.at(-1)).toEqual({ outcome: 'early' });
    expect(appended).toHaveLength(1);
  });

  it('releases nothing that was cancelled or never was', async () => {
    const { work, schedule, appended } = makeWorker();
    await schedule.park(message, []);
    await schedule.cancel(message.id, at(0));
    await work(body);
    await work({ ...body, id: 5 });
    expect(appended).toEqual([]);
  });

  it('tries again with a growing delay where the stream fails, then leaves the row to the tick', async () => {
    const { work, schedule, queue, told, events, appended } = makeWorker();
    await schedule.park(message, []);
    const { append } = events;
    events.append = async () => {
      throw new Error('throttled');
    };
    await work(body);
    for (let tries = 1; tries <= 8; tries += 1) {
      await work(queue.sent.at(-1)?.message);
    }
    expect(queue.sent.map(({ delaySeconds }) => delaySeconds)).toEqual([2, 4, 8, 16, 32, 64, 128, 256]);
    expect(told.at(-1)).toEqual(['throttled', false]);
    expect(await schedule.due(message.id % 16, at(0), 1)).toHaveLength(1);
    // It is no longer to be cancelled, for it may have got through.
    expect(await schedule.cancel(message.id, at(0))).toBe(false);
    events.append = append;
    await work(body);
    expect(appended).toHaveLength(1);
  });

  it('leaves it to the queue when that fails as well', async () => {
    const { work, schedule, queue } = makeWorker();
    schedule.claim = async () => {
      throw new Error('the table is away');
    };
    queue.failure = new Error('the queue is away');
    await expect(work(body)).rejects.toThrow('the queue is away');
  });

  it.each([undefined, {}, 'x', { ...body, v: 2 }, { ...body, id: '7' }, { ...body, scheduledAt: 'noon' }])(
    'takes %j for no message',
    async (strange) => {
      await expect(makeWorker().work(strange)).rejects.toThrow('names no scheduled message');
    },
  );
});

describe('release-messages, wired', () => {
  let stack: Awaited<ReturnType<typeof startScheduleStack>>;
  beforeAll(async () => {
    stack = await startScheduleStack();
  });
  afterAll(() => stack.stop());

  it('releases a message of the table', async () => {
    await stack.schedule.park(message, [7]);
    const event = { Records: [{ messageId: 'm', body: JSON.stringify(body) }] };
    expect(await handler(event as never)).toEqual({ batchItemFailures: [] });
    expect(await stack.schedule.find(7)).toMatchObject({ state: 'released' });
  });
});
