import { newcomer } from '../../support/profile-documents';
import {
  deliveryOf,
  freshName,
  type JourneyOf,
  publishAndWait,
  send,
  subscribe,
  unsubscribe,
} from './journey';

/** How a subscription lives. */
export function subscriptions(journey: JourneyOf): void {
  const publishSomebody = async () =>
    publishAndWait(journey(), newcomer(journey().target.publisher('ldap'), freshName()));

  it('shows a subscription to its owner, and the secret only once', async () => {
    const made = await subscribe(journey(), '/once');
    expect(made.secret).toMatch(/^whsec_/);
    const read = await send(journey(), `/v1/subscriptions/${made.id}`);
    expect(read).toMatchObject({ status: 200, json: { id: made.id, topic: 'profile.created' } });
    expect(read.text).not.toContain(made.secret);
    const list = await send(journey(), '/v1/subscriptions?limit=100');
    expect(list.json.subscriptions.map(({ id }: { id: string }) => id)).toContain(made.id);
    const stranger = await journey().target.token(undefined, 'stranger');
    expect(await send(journey(), `/v1/subscriptions/${made.id}`, { token: stranger })).toMatchObject({
      status: 404,
    });
    await unsubscribe(journey(), made);
  });

  it('delivers nothing while paused, again when resumed, never when deleted', async () => {
    const { subscriber } = journey();
    const path = `/${freshName()}`;
    const made = await subscribe(journey(), path);
    const move = (state: string) =>
      send(journey(), `/v1/subscriptions/${made.id}`, { method: 'PATCH', body: { state } });
    expect(await move('paused')).toMatchObject({ status: 200, json: { state: 'paused' } });
    await publishSomebody();
    expect(await deliveryOf(journey(), made.id, 'skipped')).toMatchObject({ reason: 'subscription_paused' });
    expect(await move('active')).toMatchObject({ status: 200, json: { state: 'active' } });
    await publishSomebody();
    await subscriber.waitFor(1, path);
    const gone = await send(journey(), `/v1/subscriptions/${made.id}`, { method: 'DELETE' });
    expect(gone).toMatchObject({ status: 204, text: '' });
    expect(await send(journey(), `/v1/subscriptions/${made.id}`)).toMatchObject({ status: 404 });
    const witness = await subscribe(journey(), `${path}-witness`);
    await publishSomebody();
    await subscriber.waitFor(1, `${path}-witness`);
    expect(subscriber.caught.filter((webhook) => webhook.path === path)).toHaveLength(1);
    await unsubscribe(journey(), witness);
  });

  it('keeps system topics to those with the scope', async () => {
    const token = await journey().target.token(['subscriptions:write', 'subscriptions:read']);
    const body = { topic: 'profile.created', target: `${journey().subscriber.url}/x` };
    const answer = await send(journey(), '/v1/subscriptions', { token, body });
    expect(answer).toMatchObject({ status: 403, json: { code: 'insufficient_scope' } });
  });

  it('makes topics, once', async () => {
    const name = freshName();
    expect(await send(journey(), '/v1/topics', { body: { name } })).toMatchObject({
      status: 201,
      json: { name },
    });
    expect(await send(journey(), '/v1/topics', { body: { name } })).toMatchObject({ status: 200 });
    const other = { name, description: 'another' };
    expect(await send(journey(), '/v1/topics', { body: other })).toMatchObject({ status: 409 });
    expect(await send(journey(), `/v1/topics/${name}`)).toMatchObject({ status: 200, json: { name } });
    const system = await send(journey(), '/v1/topics', { body: { name: 'profile.deleted' } });
    expect([400, 403]).toContain(system.status);
  });

  it('never calls a metadata service', async () => {
    const body = { topic: 'profile.created', target: 'http://169.254.169.254/latest/meta-data' };
    expect(await send(journey(), '/v1/subscriptions', { body })).toMatchObject({ status: 422 });
  });
}
