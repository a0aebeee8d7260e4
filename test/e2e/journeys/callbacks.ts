import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type Answer, call } from '../../support/http-call';
import type { CaughtWebhook } from '../../support/subscriber';
import { type DeliveryBody, freshName, type JourneyOf, until } from './journey';

/** What the users of the ADS webhook service do: contract ADS, as the README of the original tells it. */
export function callbacks(journey: JourneyOf): void {
  const post = (endPoint: string, token: string | undefined, body?: unknown): Promise<Answer> =>
    call(journey().target.baseUrl, endPoint, { method: 'POST', token, body });
  const manage = (endPoint: string, token: string, body?: unknown, method?: string): Promise<Answer> =>
    call(journey().target.baseUrl, endPoint, { token, body, ...(method && { method }) });

  /** The two tokens of the stage, as whoever runs it knows them. */
  const shared = (): { registration_token: string; trigger_token: string } =>
    JSON.parse(readFileSync(path.join(journey().target.keysDirectory, 'tokens.json'), 'utf8'));
  const register = async (user_id: string): Promise<string> =>
    (await post('/webhooks/account', shared().registration_token, { user_id, user_email: 'you@email.bar' }))
      .json;
  const trigger = (event: unknown, payload: unknown) =>
    post('/webhooks/trigger', shared().trigger_token, { event, payload });
  const resend = async (): Promise<number> =>
    (await post('/webhooks/resend', shared().trigger_token)).json.resent;

  /** An account with a subscription to an event of its own, at a path of its own. */
  async function subscribed() {
    const [user, event, at] = [freshName(), freshName(), `/${freshName()}?key=1`];
    const token = await register(user);
    const url = `${journey().subscriber.url}${at}`;
    expect(await post('/webhooks/subscribe', token, { event, url })).toMatchObject({
      status: 200,
      text: '200\n',
    });
    const [subscription] = (await manage('/v1/subscriptions', token)).json.subscriptions;
    return { user, token, event, url, at, id: subscription.id as string };
  }

  const caughtAt = (at: string) => journey().subscriber.caught.filter((webhook) => webhook.path === at);
  const idAndTime = ({ body }: CaughtWebhook) => [JSON.parse(body).id, JSON.parse(body).time];

  it('register, subscribe, trigger: the callback has the seven keys of the original', async () => {
    const { user, token, event, url, at } = await subscribed();
    expect(token).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(await register(user)).toBe(token);
    expect(await post('/subscribe/', token, { event, url })).toMatchObject({
      status: 200,
      text: '{"warning": "subscription already exists"}\n',
    });
    const before = Math.floor(Date.now() / 1000);
    const payload = '{"n":1.0,"big":12345678901234567890,"s":"é😀"}';
    const body = `{"event":"${event}","payload":${payload},"extra":true}`;
    expect(await post('/trigger', shared().trigger_token, body)).toMatchObject({
      status: 200,
      text: '200\n',
    });
    const [webhook] = await journey().subscriber.waitFor(1, at);
    const [id, time] = idAndTime(webhook!);
    expect(webhook!.body).toBe(
      `{"id": ${id}, "event": "${event}", "creator": "ADS", "source": "ADS.Discovery", ` +
        `"description": "ADS citation events", "time": "${time}", ` +
        '"payload": {"n": 1.0, "big": 12345678901234567890, "s": "\\u00e9\\ud83d\\ude00"}}',
    );
    expect(Number(time)).toBeGreaterThanOrEqual(before);
    expect(webhook!.headers).toMatchObject({ accept: 'text/plain', 'content-type': 'application/json' });
    expect(webhook!.headers['webhook-signature']).toMatch(/^v1,/);
  });

  it('leaves out what was triggered before, however it is spaced, and tells other events by growing numbers', async () => {
    const { event, at } = await subscribed();
    const same = [
      `{"event":"${event}","payload":{"a":1,"b":2}}`,
      `{ "payload": {"b":2,"a":1}, "event": "${event}" }`,
    ];
    for (const body of [...same, ...same]) {
      expect(await post('/webhooks/trigger', shared().trigger_token, body)).toMatchObject({ text: '200\n' });
    }
    await journey().subscriber.waitFor(1, at);
    await trigger(event, { a: 1, b: 3 });
    const [first, second] = await journey().subscriber.waitFor(2, at);
    expect(idAndTime(second!)[0]).toBeGreaterThan(idAndTime(first!)[0]);
    expect(caughtAt(at)).toHaveLength(2);
  });

  it('tells events apart that have no name, a very long one, or one that is a number', async () => {
    const user = await register(freshName());
    const payload = freshName();
    for (const [index, event] of ['', null, 'x'.repeat(3000), 'a/b:#*'].entries()) {
      const at = `/${freshName()}-${index}`;
      await post('/subscribe', user, { event, url: `${journey().subscriber.url}${at}` });
      await trigger(event, payload);
      const [webhook] = await journey().subscriber.waitFor(1, at);
      expect(JSON.parse(webhook!.body)).toMatchObject({ event, payload });
    }
    const at = `/${freshName()}`;
    await post('/subscribe', user, { event: '5', url: `${journey().subscriber.url}${at}` });
    await trigger(5, payload);
    expect(JSON.parse((await journey().subscriber.waitFor(1, at))[0]!.body).event).toBe(5);
  });

  it('a failed callback is a dead letter, which a resend delivers with its id and time', async () => {
    const { token, event, at, id } = await subscribed();
    const { subscriber } = journey();
    subscriber.answer(at, [{ status: 201 }]);
    await trigger(event, 1);
    await deadLetters(token, id, 1);
    expect(caughtAt(at)).toHaveLength(1);
    subscriber.answer(at, [{ status: 200 }]);
    expect(await resend()).toBeGreaterThanOrEqual(1);
    const [failed, delivered] = await subscriber.waitFor(2, at);
    expect(delivered!.body).toBe(failed!.body);
    expect(delivered!.headers['webhook-id']).toBe(failed!.headers['webhook-id']);
    await deadLetters(token, id, 0);
    await resend();
    expect(caughtAt(at)).toHaveLength(2);
  });

  it('the fifth failed event switches it off; its owner switches it on, and all of them are sent again', async () => {
    const { token, event, url, at, id } = await subscribed();
    const { subscriber } = journey();
    subscriber.answer(at, [{ status: 200 }]);
    await trigger(event, 'fine');
    await subscriber.waitFor(1, at);
    // The target is gone, which is one failure like any other here.
    subscriber.answer(at, [
      { status: 500 },
      { status: 410 },
      { status: 302 },
      { status: 204 },
      { status: 500 },
    ]);
    for (let failures = 1; failures <= 5; failures += 1) {
      await trigger(event, failures);
      await deadLetters(token, id, failures);
      const { state } = (await manage(`/v1/subscriptions/${id}`, token)).json;
      expect([failures, state]).toEqual([failures, failures < 5 ? 'active' : 'disabled']);
    }
    await trigger(event, 'while it is off');
    expect(await post('/subscribe', token, { event, url })).toMatchObject({
      text: '{"warning": "subscription already exists"}\n',
    });
    await resend();
    const stillDead = await deadLetters(token, id, 5);
    expect(stillDead).toHaveLength(5);
    expect(caughtAt(at)).toHaveLength(6);

    subscriber.answer(at, [{ status: 200 }]);
    const on = await manage(`/v1/subscriptions/${id}`, token, { state: 'active' }, 'PATCH');
    expect(on).toMatchObject({ status: 200, json: { state: 'active' } });
    expect(await resend()).toBeGreaterThanOrEqual(5);
    const all = await subscriber.waitFor(11, at);
    const failed = all.slice(1, 6).map(idAndTime);
    expect(all.slice(6).map(idAndTime).sort()).toEqual(failed.sort());
    await deadLetters(token, id, 0);
    // The count began anew: one more failure does not switch it off.
    subscriber.answer(at, [{ status: 500 }]);
    await trigger(event, 'once more');
    await deadLetters(token, id, 1);
    expect((await manage(`/v1/subscriptions/${id}`, token)).json.state).toBe('active');
  });

  it('its owner manages it with the access token, and it stays what it is', async () => {
    const { token, event, at, id } = await subscribed();
    const before = (await manage(`/v1/subscriptions/${id}`, token)).json;
    const target = `${journey().subscriber.url}${at}-moved`;
    const changes = { target, headers: { authorization: 'Bearer mine' }, policy: { timeout_seconds: 5 } };
    const changed = await manage(`/v1/subscriptions/${id}`, token, changes, 'PATCH');
    expect(changed.json).toMatchObject({
      target,
      format: 'ads',
      topic: `webhooks/${event}`,
      policy: { ...before.policy, timeout_seconds: 5 },
    });
    await trigger(event, 1);
    const [webhook] = await journey().subscriber.waitFor(1, `${at}-moved`);
    expect(webhook!.headers.authorization).toBe('Bearer mine');
    expect(Object.keys(JSON.parse(webhook!.body))).toHaveLength(7);
    const stranger = await register(freshName());
    expect(await manage(`/v1/subscriptions/${id}`, stranger)).toMatchObject({ status: 404 });
    expect(await manage(`/v1/subscriptions/${id}`, token, undefined, 'DELETE')).toMatchObject({
      status: 204,
    });
    expect(await post('/subscribe', token, { event, url: target })).toMatchObject({ text: '200\n' });
  });

  it('takes any text as URL, and the guard refuses it at delivery with the reason', async () => {
    const token = await register(freshName());
    const event = freshName();
    for (const url of ['not a url', 'http://169.254.169.254/latest/meta-data']) {
      expect(await post('/subscribe', token, { event, url })).toMatchObject({ status: 200, text: '200\n' });
    }
    await trigger(event, 1);
    for (const { id } of (await manage('/v1/subscriptions', token)).json.subscriptions) {
      const [dead] = await deadLetters(token, id, 1);
      expect(dead!.attempts[0]).toMatchObject({ failure: 'target_refused' });
    }
  });

  it('a rotated access token takes the place of the other at once', async () => {
    const { token, user, event } = await subscribed();
    expect(await manage('/v1/accounts/me', token)).toMatchObject({ status: 200, json: { name: user } });
    const rotated = (await manage('/v1/accounts/me/rotate-token', token, {})).json.access_token;
    expect(await register(user)).toBe(rotated);
    const body = { event, url: 'https://hooks.example/' };
    expect(await post('/subscribe', token, body)).toMatchObject({
      status: 401,
      text: '{"error": "incorrect subscription token was provided"}\n',
    });
    expect(await manage('/v1/subscriptions', token)).toMatchObject({ status: 401 });
    expect(await post('/subscribe', rotated, body)).toMatchObject({ text: '200\n' });
    expect((await manage('/v1/subscriptions', rotated)).json.subscriptions).toHaveLength(2);
    expect(await post('/v1/accounts', rotated, { name: 'x' })).toMatchObject({ status: 403 });
  });

  it('answers as the original where a client gets it wrong', async () => {
    const { registration_token: registration, trigger_token: triggering } = shared();
    const missing = '{"error": "\\"{Bearer}\\" missing from \\"Authorization\\" header"}\n';
    for (const endPoint of ['account', 'subscribe', 'trigger', 'webhooks/resend']) {
      expect(await post(`/${endPoint}`, undefined, {})).toMatchObject({ status: 401, text: missing });
      expect(await manage(`/${endPoint}`, registration)).toMatchObject({
        status: 405,
        text: '{"message": "The method is not allowed for the requested URL."}\n',
        headers: { allow: 'POST, OPTIONS' },
      });
      const options = await call(journey().target.baseUrl, `/${endPoint}`, { method: 'OPTIONS' });
      expect(options).toMatchObject({ status: 200, text: '', headers: { allow: 'POST, OPTIONS' } });
    }
    expect(await post('/account', triggering, {})).toMatchObject({
      status: 401,
      text: '{"error": "incorrect registration token was provided"}\n',
    });
    expect(await post('/trigger', triggering, { event: 'a' })).toMatchObject({
      status: 500,
      text: '{"error": "no payload was provided"}\n',
    });
    expect(await post('/webhooks/nothing', triggering)).toMatchObject({
      status: 404,
      headers: { 'content-type': 'text/html' },
    });
    for (const endPoint of ['/resources', '/webhooks/resources/']) {
      const resources = await call(journey().target.baseUrl, endPoint);
      expect(resources.json['/account'].methods).toEqual(['POST', 'OPTIONS']);
    }
  });

  /** Waits until a subscription has so many dead letters. */
  async function deadLetters(token: string, id: string, count: number): Promise<readonly DeliveryBody[]> {
    return until(
      async () => (await manage(`/v1/deliveries?state=dead&subscription_id=${id}`, token)).json.deliveries,
      (found: readonly DeliveryBody[]) => found.length === count,
    );
  }
}
