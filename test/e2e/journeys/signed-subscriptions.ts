import { createPublicKey, type JsonWebKey, verify } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import type { CaughtWebhook } from '../../support/subscriber';
import { freshName, type JourneyOf, send, until } from './journey';

/** Subscriptions to a pattern, filtered, with credentials, whose webhooks anybody can verify. */
export function signedSubscriptions(journey: JourneyOf): void {
  const name = freshName();
  const path = `/${name}`;
  let id: string;

  const caught = () => journey().subscriber.caught.filter((webhook) => webhook.path === path);
  const call = (below: string, body?: object, headers = {}) =>
    send(journey(), `/v1/subscriptions${below}`, { method: 'POST', body, headers });

  async function publish(topic: string, data: object, attributes: object): Promise<string> {
    const answer = await send(journey(), '/v1/events', { body: { topic, data, attributes } });
    expect(answer).toMatchObject({ status: 202 });
    return answer.json.events[0].id;
  }

  async function webhookOf(eventId: string): Promise<CaughtWebhook> {
    const find = () => caught().find((webhook) => webhook.headers['webhook-id'] === eventId);
    return (await until(
      async () => find(),
      (found) => found !== undefined,
    )) as CaughtWebhook;
  }

  /** Without a token, as any receiver would. */
  async function publishedKeys(): Promise<JsonWebKey[]> {
    const answer = await fetch(`${journey().target.baseUrl}/.well-known/webhooks/${id}/jwks.json`);
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'public, max-age=300']);
    return ((await answer.json()) as { keys: JsonWebKey[] }).keys;
  }

  function isSignedBy(key: JsonWebKey, { headers, body }: CaughtWebhook): boolean {
    const content = Buffer.from(`${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`);
    const signatures = headers['webhook-signature']!.split(' ').filter((one) => one.startsWith('v1a,'));
    return signatures.some((one) =>
      verify(null, content, createPublicKey({ key, format: 'jwk' }), Buffer.from(one.slice(4), 'base64')),
    );
  }

  beforeAll(async () => {
    for (const topic of [`${name}.created`, `${name}.profile.changed`, `${name}s.created`]) {
      expect(await send(journey(), '/v1/topics', { body: { name: topic } })).toMatchObject({ status: 201 });
    }
    const body = {
      topic: `${name}.*`,
      target: `${journey().subscriber.url}${path}`,
      filter: {
        attributes: { region: ['eu', { prefix: 'us-' }] },
        data: { 'order.total': [{ numeric: ['>=', 10] }], tags: ['urgent', 'gift'] },
      },
      credentials: { type: 'basic', username: 'changewire', password: 'open sesame' },
      signature: 'v1a',
    };
    const made = await call('', body, { 'idempotency-key': name });
    expect(made).toMatchObject({ status: 201, json: { topic: `${name}.*`, pattern: true } });
    expect(made.text).not.toMatch(/whsk_|open sesame/);
    id = made.json.id;
    const again = await call('', body, { 'idempotency-key': name });
    expect(again).toMatchObject({ status: 201, json: { id } });
    expect(again.headers['idempotent-replay']).toBe('true');
  });
  afterAll(async () => send(journey(), `/v1/subscriptions/${id}`, { method: 'DELETE' }));

  it('get what the pattern selects and the filter lets pass, and nothing else', async () => {
    const good = { order: { total: 12.5 }, tags: ['new', 'gift'] };
    const cheap = { ...good, order: { total: 9 } };
    await publish(`${name}.created`, cheap, { region: 'eu' });
    await publish(`${name}.created`, good, { region: 'asia' });
    await publish(`${name}s.created`, good, { region: 'eu' });
    const first = await webhookOf(await publish(`${name}.created`, good, { region: 'eu' }));
    const second = await webhookOf(await publish(`${name}.profile.changed`, good, { region: 'us-1' }));
    expect([first, second].map(({ body }) => JSON.parse(body).type)).toEqual([
      `${name}.created`,
      `${name}.profile.changed`,
    ]);
    const basic = `Basic ${Buffer.from('changewire:open sesame').toString('base64')}`;
    expect(first.headers.authorization).toBe(basic);
    expect(caught()).toHaveLength(2);
  });

  it('are tested by an event of their own, which is signed as every other', async () => {
    const sent = await call(`/${id}/test`);
    expect(sent).toMatchObject({ status: 202, json: { event_id: expect.any(String) } });
    const webhook = await webhookOf(sent.json.event_id);
    expect(JSON.parse(webhook.body)).toMatchObject({ type: 'subscription.test' });
    const [key] = await publishedKeys();
    expect(isSignedBy(key!, webhook)).toBe(true);
    const delivery = await until(
      () => send(journey(), `/v1/deliveries/${sent.json.delivery_id}`),
      ({ status }) => status === 200,
    );
    expect(delivery.json).toMatchObject({ state: 'delivered', subscription_id: id });
  });

  it('are signed by the old and the new secret while they rotate', async () => {
    const [old] = await publishedKeys();
    const rotated = await call(`/${id}/rotate-secret`, { signature: 'v1', overlap_hours: 1 });
    expect(rotated).toMatchObject({
      status: 200,
      json: { signature: 'v1', old_secrets: [{ signature: 'v1a' }] },
    });
    const { event_id: eventId } = (await call(`/${id}/test`)).json;
    const webhook = await webhookOf(eventId);
    expect(isSignedBy(old!, webhook)).toBe(true);
    expect(() => new Webhook(rotated.json.secret).verify(webhook.body, { ...webhook.headers })).not.toThrow();
    expect(await publishedKeys()).toEqual([old]);

    await call(`/${id}/rotate-secret`, { signature: 'v1a', overlap_hours: 0 });
    const alone = await webhookOf((await call(`/${id}/test`)).json.event_id);
    expect(alone.headers['webhook-signature']).toMatch(/^v1a,\S+$/);
    const [key] = await publishedKeys();
    expect([isSignedBy(key!, alone), isSignedBy(old!, alone)]).toEqual([true, false]);
  });

  it('are not tested while they are paused', async () => {
    const patch = (state: string) =>
      send(journey(), `/v1/subscriptions/${id}`, { method: 'PATCH', body: { state } });
    await patch('paused');
    expect(await call(`/${id}/test`)).toMatchObject({ status: 409, json: { code: 'conflict' } });
    const query = `?topic=${encodeURIComponent(`${name}.*`)}&state=paused`;
    const listed = await send(journey(), `/v1/subscriptions${query}`);
    expect(listed.json.subscriptions).toMatchObject([{ id, state: 'paused' }]);
    await patch('active');
    expect(await call(`/${id}/test`)).toMatchObject({ status: 202 });
  });
}
