import { newcomer } from '../../support/profile-documents';
import {
  type DeliveryBody,
  deliveryOf,
  freshName,
  type JourneyOf,
  publishAndWait,
  send,
  subscribe,
  unsubscribe,
  until,
} from './journey';

/** What happens when the target does not take a webhook. */
export function failingSubscribers(journey: JourneyOf): void {
  const publishSomebody = async () =>
    publishAndWait(journey(), newcomer(journey().target.publisher('ldap'), freshName()));

  it('tries again after a 500, with the same id', async () => {
    const { subscriber } = journey();
    const path = `/${freshName()}`;
    subscriber.answer(path, [{ status: 500 }, { status: 200 }]);
    const made = await subscribe(journey(), path, { schedule: [1] });
    await publishSomebody();
    const [first, second] = await subscriber.waitFor(2, path);
    expect(second!.headers['webhook-id']).toBe(first!.headers['webhook-id']);
    expect(second!.at - first!.at).toBeGreaterThanOrEqual(900);
    const delivery = await deliveryOf(journey(), made.id, 'delivered');
    expect(delivery.attempts.map((attempt) => attempt.status)).toEqual([500, 200]);
    await unsubscribe(journey(), made);
  });

  it('buries what used up its attempts, and delivers it when it is sent again', async () => {
    const { subscriber } = journey();
    const path = `/${freshName()}`;
    subscriber.answer(path, [{ status: 503 }]);
    const made = await subscribe(journey(), path, { schedule: [] });
    await publishSomebody();
    const dead = await deliveryOf(journey(), made.id, 'dead');
    expect(dead.attempts.map((attempt) => attempt.status)).toEqual([503]);
    expect(await deadLetters()).toContainEqual(expect.objectContaining({ event_id: dead.event_id }));

    const resend = (body: object) => send(journey(), '/v1/deliveries/resend', { body });
    expect(await resend({ subscription_id: made.id, dry_run: true })).toMatchObject({ status: 200 });
    expect((await deliveryOf(journey(), made.id, 'dead')).state).toBe('dead');
    subscriber.answer(path, [{ status: 200 }]);
    const answer = await resend({ event_id: dead.event_id, subscription_id: made.id });
    expect(answer.status).toBeLessThan(300);
    await deliveryOf(journey(), made.id, 'delivered');
    expect(await subscriber.waitFor(2, path)).toHaveLength(2);
    await unsubscribe(journey(), made);
  });

  it('switches a subscription off whose target is gone (410)', async () => {
    const { subscriber } = journey();
    const path = `/${freshName()}`;
    subscriber.answer(path, [{ status: 410 }]);
    const made = await subscribe(journey(), path, { schedule: [1, 1] });
    await publishSomebody();
    const disabled = await until(
      async () => (await send(journey(), `/v1/subscriptions/${made.id}`)).json,
      ({ state }) => state !== 'active',
    );
    expect(disabled).toMatchObject({ state: 'disabled', state_reason: 'gone' });
    expect(subscriber.caught.filter((webhook) => webhook.path === path)).toHaveLength(1);
    await unsubscribe(journey(), made);
  });

  it('warns, switches off by the rule and says so, and begins anew when it is switched on again', async () => {
    const { subscriber } = journey();
    const path = `/${freshName()}`;
    subscriber.answer(path, [{ status: 500 }, { status: 500 }, { status: 200 }]);
    const news = await subscribe(journey(), `${path}-news`, { topic: 'subscription.*' });
    const made = await send(journey(), '/v1/subscriptions', {
      body: {
        topic: 'profile.created',
        target: `${subscriber.url}${path}`,
        policy: { schedule_seconds: [], disable: { failures: 2, counts: 'ever' } },
      },
    });
    expect(made.status).toBe(201);
    const read = async () => (await send(journey(), `/v1/subscriptions/${made.json.id}`)).json;
    await publishSomebody();
    await until(read, ({ health }) => health?.failures === 1);
    await publishSomebody();
    const off = await until(read, ({ state }) => state !== 'active');
    expect(off).toMatchObject({ state: 'disabled', state_reason: 'failing', health: { failures: 2 } });
    const told = () =>
      subscriber.caught
        .filter((webhook) => webhook.path === `${path}-news`)
        .map(({ body }) => JSON.parse(body))
        .filter(({ data }) => data.subscription_id === made.json.id);
    await until(
      async () => told().map(({ type }) => type),
      (types) => types.includes('subscription.failing') && types.includes('subscription.disabled'),
    );
    const on = await send(journey(), `/v1/subscriptions/${made.json.id}`, {
      method: 'PATCH',
      body: { state: 'active' },
    });
    expect(on.json).not.toHaveProperty('health');
    await publishSomebody();
    await deliveryOf(journey(), made.json.id, 'delivered');
    await unsubscribe(journey(), made.json);
    await unsubscribe(journey(), news);
  });

  it('keeps to the cap and the rate of a subscription', async () => {
    const { subscriber } = journey();
    const path = `/${freshName()}`;
    const topic = freshName();
    await send(journey(), '/v1/topics', { body: { name: topic } });
    const made = await send(journey(), '/v1/subscriptions', {
      body: {
        topic,
        target: `${subscriber.url}${path}`,
        policy: { concurrency: 1, rate_per_second: 2, jitter: 0 },
      },
    });
    expect(made.json.policy).toMatchObject({ concurrency: 1, rate_per_second: 2 });
    const events = Array.from({ length: 5 }, (_, index) => ({ topic, data: { index } }));
    expect((await send(journey(), '/v1/events', { body: events })).status).toBeLessThan(300);
    const caught = await subscriber.waitFor(5, path, 40_000);
    // Five at two a second take two seconds; half a second is left for the network to lose.
    expect(caught[4]!.at - caught[0]!.at).toBeGreaterThanOrEqual(1500);
    await unsubscribe(journey(), made.json);
  });

  it('follows no redirect', async () => {
    const { subscriber } = journey();
    const path = `/${freshName()}`;
    subscriber.answer(path, [{ status: 302, headers: { location: `${subscriber.url}${path}-elsewhere` } }]);
    const made = await subscribe(journey(), path, { schedule: [] });
    await publishSomebody();
    const delivery = await deliveryOf(journey(), made.id, 'dead');
    expect(delivery.attempts[0]).toMatchObject({ status: 302 });
    expect(subscriber.caught.filter((webhook) => webhook.path === `${path}-elsewhere`)).toEqual([]);
    await unsubscribe(journey(), made);
  });

  async function deadLetters(): Promise<DeliveryBody[]> {
    return (await send(journey(), '/v1/deliveries?state=dead')).json.deliveries;
  }
}
