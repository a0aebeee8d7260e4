import { handler as requeueDeliveries } from '../../../lambdas/webhooks/requeue-deliveries';
import { aDelivery } from '../../support/deliveries';
import { type DeliveryStack, startDeliveryStack } from '../../support/delivery-stack';
import { until } from '../../support/until';

let stack: DeliveryStack;

beforeAll(async () => {
  stack = await startDeliveryStack();
});

afterAll(() => stack.stop());

describe('requeue-deliveries', () => {
  it('queues what is due with the exact remaining delay, once', async () => {
    const dueAt = new Date(Date.now() + 4000).toISOString();
    const rows = ['a', 'b', 'c'].map((eventId) => aDelivery({ eventId, nextAttemptAt: dueAt, dueAt }));
    const later = new Date(Date.now() + 300_000).toISOString();
    rows.push(aDelivery({ eventId: 'later', nextAttemptAt: later, dueAt: later }));
    await Promise.all(rows.map((row) => stack.deliveries.write(row)));
    await requeueDeliveries();
    await requeueDeliveries();
    expect(await stack.drain(stack.queueUrl)).toEqual([]);
    const queued: { eventId: string; attempt: number }[] = [];
    await until(async () => {
      queued.push(...((await stack.drain(stack.queueUrl)) as typeof queued));
      return Date.now() > Date.parse(dueAt) && queued.length >= 3;
    });
    expect(await stack.countMessages(stack.queueUrl)).toBe(0);
    expect(queued.map(({ eventId, attempt }) => `${eventId}${attempt}`).sort()).toEqual(['a2', 'b2', 'c2']);
    const moved = await stack.deliveries.read(rows[0]!);
    expect(Date.parse(moved!.dueAt!)).toBeGreaterThan(Date.now() + 19 * 60_000);
  });
});
