import { handler as requeueMessages } from '../../../lambdas/topics/requeue-messages';
import { aTick } from '../../support/a-tick';
import { startScheduleStack } from '../../support/schedule-stack';
import { aScheduledMessage } from '../../support/scheduled-messages';
import { until } from '../../support/until';

let stack: Awaited<ReturnType<typeof startScheduleStack>>;

beforeAll(async () => {
  stack = await startScheduleStack();
});

afterAll(() => stack.stop());

const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString();

describe('requeue-messages', () => {
  it('queues what is due within three minutes with the delay that is left, overdue at once, each once', async () => {
    const times = { 1: inSeconds(-3600), 2: inSeconds(3.9), 3: inSeconds(300) };
    for (const [id, scheduledAt] of Object.entries(times)) {
      await stack.schedule.park(aScheduledMessage({ id: Number(id), eventId: `evt_${id}`, scheduledAt }), []);
    }
    await requeueMessages(...aTick);
    await requeueMessages(...aTick);
    expect(await stack.drain(stack.releasesUrl)).toEqual([
      { v: 1, id: 1, topic: 'orders', scheduledAt: times[1] },
    ]);
    expect(await stack.countMessages(stack.releasesUrl)).toBe(0);
    const later: unknown[] = [];
    await until(async () => {
      later.push(...(await stack.drain(stack.releasesUrl)));
      return later.length > 0;
    });
    // Never later than its time; what is left of the second is waited for by the worker.
    expect(Date.now()).toBeLessThan(Date.parse(times[2]) + 1000);
    expect(later).toEqual([{ v: 1, id: 2, topic: 'orders', scheduledAt: times[2] }]);
    const [lost] = await stack.schedule.due(1, inSeconds(21 * 60), 10);
    expect(Date.parse(lost!.dueAt)).toBeGreaterThan(Date.now() + 19 * 60_000);
  });
});
