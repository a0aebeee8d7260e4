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
