import { subscriptionOf } from '../../../../core/webhooks/deliveries/delivery';
import { parseDeliveryMessage } from '../../../../core/webhooks/deliveries/queue-messages';
import { makeWebhookRequest } from '../../../../core/webhooks/requests/webhook-request';
import { openSubscriptions, type SubscriptionsStage } from '../../../support/subscriptions-door';

let stage: SubscriptionsStage;
beforeEach(async () => {
  stage = await openSubscriptions();
});

const test = (id: string, call: object = {}) =>
  stage.one('POST', id, { resource: '/v1/subscriptions/{id}/test', ...call });
const keyed = { headers: { 'Idempotency-Key': 'k1' } };

describe('sendTestEvent', () => {
  it.each([
    ['a topic', 'orders'],
    ['a pattern', 'user.*'],
  ])('queues one delivery to a subscription of %s alone', async (_, topic) => {
    const { id } = (await stage.order({ topic, filter: { data: { never: ['passes'] } } })).body;
    await stage.order({ topic });
    const answer = await test(id);
    expect(answer).toMatchObject({ status: 202, body: { subscription_id: id } });
    expect(stage.queue.messages).toHaveLength(1);
    const { message, delaySeconds } = stage.queue.messages[0]!;
    expect([message.subscriptionId, message.attempt, delaySeconds]).toEqual([id, 1, 0]);
    expect(parseDeliveryMessage(JSON.parse(JSON.stringify(message)))).toEqual(message);
    expect(answer.body).toMatchObject({
      event_id: message.eventId,
      delivery_id: expect.stringMatching(/^dlv_/),
    });
    // Where the worker looks for the subscription, and later attempts for the event.
    const found = await stage.subscriptions.ofTopic(subscriptionOf(message).topic);
    expect(found.map((one) => one.id)).toContain(id);
    expect(await stage.history.read(message)).toEqual(message.event);
    expect(stage.markers.markers.get(message.eventId)?.plan).toHaveLength(1);
  });

  it('tells of itself in a signed webhook of its own type', async () => {
    const { id } = (await stage.order()).body;
    await test(id);
    const { event } = stage.queue.messages[0]!.message;
    const subscription = stage.subscriptions.subscriptions.get(id)!;
    const { body, headers } = makeWebhookRequest(subscription, event!, new Date(stage.clock.now));
    expect(JSON.parse(Buffer.from(body).toString())).toEqual({
      type: 'subscription.test',
      timestamp: '2026-11-20T12:00:00.000Z',
      data: { subscription_id: id, topic: 'manage/orders' },
    });
    expect(headers['webhook-signature']).toMatch(/^v1,/);
  });

  it('is another event each time, and the same one for the same key', async () => {
    const { id } = (await stage.order()).body;
    const other = (await stage.order()).body.id;
    const answers = [await test(id), await test(id), await test(id, keyed)];
    stage.clock.now += 5000;
    const again = await test(id, keyed);
    expect(new Set(answers.map(({ body }) => body.event_id)).size).toBe(3);
    expect(again).toMatchObject({ status: 202, headers: { 'idempotent-replay': 'true' } });
    expect(again.body).toEqual(answers[2]!.body);
    expect(answers[2]!.headers).not.toHaveProperty('idempotent-replay');
    const [first, repeated] = stage.queue.messages.slice(2).map(({ message }) => message);
    expect(repeated).toEqual(first);
    expect(stage.history.rows.size).toBe(3);
    expect((await test(other, keyed)).body.event_id).not.toBe(again.body.event_id);
  });

  it('goes on after a death at any write', async () => {
    const { id } = (await stage.order()).body;
    for (const store of [stage.markers, stage.history, stage.queue]) {
      store.beforeWrite = () => {
        store.beforeWrite = () => undefined;
        throw new Error('died');
      };
      const call = { headers: { 'Idempotency-Key': store.constructor.name } };
      expect((await test(id, call)).status).toBe(500);
      stage.clock.now += 1000;
      const { event_id: eventId } = (await test(id, call)).body;
      const sent = stage.queue.messages.filter(({ message }) => message.eventId === eventId);
      expect(sent).toHaveLength(1);
      expect(await stage.history.read(sent[0]!.message)).toEqual(sent[0]!.message.event);
    }
  });

  it.each(['paused', 'disabled'] as const)('refuses one that is %s, and sends nothing', async (state) => {
    const { id } = (await stage.order()).body;
    const stored = stage.subscriptions.subscriptions.get(id)!;
    stage.subscriptions.subscriptions.set(id, { ...stored, state });
    const refused = await test(id);
    expect([refused.status, refused.body.code, refused.body.detail]).toEqual([
      409,
      'conflict',
      expect.stringContaining(state),
    ]);
    expect([stage.queue.messages, stage.markers.markers.size]).toEqual([[], 0]);
  });

  it('is for the owner with the scope alone, and takes no members', async () => {
    const { id } = (await stage.order()).body;
    expect((await test(id, { subject: 'mallory' })).status).toBe(404);
    expect((await test(id, { scope: 'subscriptions:read' })).status).toBe(403);
    expect((await test(id, { body: { type: 'profile.created' } })).status).toBe(400);
    expect((await test('sub_0000000000000000')).status).toBe(404);
    expect(stage.queue.messages).toEqual([]);
  });
});
