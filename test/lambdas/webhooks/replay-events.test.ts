import type { Event } from '../../../core/events/event';
import { eventOrder, orderBase } from '../../../core/events/history-key';
import { newReplay } from '../../../core/webhooks/replays/replay';
import { makeDynamoEventHistory } from '../../../lambdas/aws/dynamo-event-history';
import { makeDynamoFanOutMarkers } from '../../../lambdas/aws/dynamo-fan-out-markers';
import { makeDynamoReplayStore } from '../../../lambdas/aws/dynamo-replay-store';
import { makeDynamoSubscriptionStore } from '../../../lambdas/aws/dynamo-subscription-store';
import { handler as replayEvents } from '../../../lambdas/webhooks/replay-events';
import { aTick } from '../../support/a-tick';
import { aDelivery } from '../../support/deliveries';
import { type DeliveryStack, startDeliveryStack } from '../../support/delivery-stack';
import { anEvent } from '../../support/memory-dispatch';
import { aSubscription } from '../../support/subscriptions';

let stack: DeliveryStack;

beforeAll(async () => {
  stack = await startDeliveryStack();
});

afterAll(() => stack.stop());

describe('replay-events', () => {
  it('queues the history once, without what is live, then lets the live deliveries go', async () => {
    const { documents, tables } = stack;
    const subscriptions = makeDynamoSubscriptionStore(documents, tables.registry);
    const replays = makeDynamoReplayStore(documents, tables.registry);
    const history = makeDynamoEventHistory(documents, tables.events);
    const markers = makeDynamoFanOutMarkers(documents, tables.events);
    const at = new Date().toISOString();
    const subscription = aSubscription({ createdAt: at, replaying: 1 });
    const { id } = subscription;
    const keep = async (event: Event, ago: number, live: boolean) => {
      const order = eventOrder(orderBase(Date.now() - ago, 0), 0, event.id);
      const plan = live ? [{ id }] : [];
      const winner = { sequenceNumber: '1', shardId: 's' };
      await markers.claim({ eventId: event.id, winner, topic: 'manage/orders', order, plan });
      await history.keep(order, event);
    };
    await keep(anEvent('old'), 3600_000, false);
    await keep(anEvent('large', { dataJson: JSON.stringify('x'.repeat(20_000)) }), 60_000, false);
    await keep(anEvent('live'), 0, true);
    const asked = {
      subscriptionId: id,
      run: 1,
      selector: 'manage/orders',
      ratePerSecond: 100,
      holdsLive: true,
    };
    const to = new Date(Date.now() + 25_000).toISOString();
    await replays.create(newReplay({ ...asked, subscribedAt: at, to }, at));
    await subscriptions.create(subscription);

    await replayEvents(...aTick);
    await replayEvents(...aTick);
    const queued = (await stack.drain(stack.queueUrl)) as { eventId: string; run: number; event?: Event }[];
    expect(queued.map(({ eventId, run }) => `${eventId}${run}`).sort()).toEqual(['large1', 'old1']);
    expect(queued.find(({ eventId }) => eventId === 'old')?.event).toEqual(anEvent('old'));
    expect(queued.find(({ eventId }) => eventId === 'large')).not.toHaveProperty('event');
    expect((await subscriptions.find(id))?.replaying).toBe(1);

    for (const eventId of ['old', 'large']) {
      await stack.deliveries.write(aDelivery({ eventId, subscriptionId: id, run: 1 }));
    }
    await replayEvents(...aTick);
    expect((await subscriptions.find(id))?.replaying).toBeUndefined();
    const done = await replays.find({ subscriptionId: id, run: 1 });
    expect(done).toMatchObject({ state: 'done', phase: 'sweeping', found: 2, sent: 2 });
    expect(done).not.toHaveProperty('leaseUntil');
    expect(await stack.countMessages(stack.queueUrl)).toBe(0);
  });
});
