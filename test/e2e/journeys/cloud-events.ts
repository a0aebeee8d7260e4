import { randomBytes } from 'node:crypto';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { WebPubSubEventHandler } from '@azure/web-pubsub-express';
import { type CloudEvent, HTTP } from 'cloudevents';
import express from 'express';
import { EventHandler, toExpressMiddleware, toNodeListener, WebhookVerifier } from '../../../sdk/receiver';
import type { CaughtWebhook } from '../../support/subscriber';
import { deliveryOf, freshName, type JourneyOf, send, unsubscribe, until } from './journey';

const grant = { status: 200, headers: { 'WebHook-Allowed-Origin': '*' } };

/** CloudEvents out: targets that are asked, what they get, and what comes of those that do not agree. */
export function cloudEvents(journey: JourneyOf): void {
  const servers: Server[] = [];
  afterAll(() => {
    for (const server of servers) {
      server.close();
      server.closeAllConnections();
    }
  });

  async function listen(listener: RequestListener): Promise<string> {
    const server = createServer(listener);
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  }

  async function subscribe(
    body: { readonly topic: string; readonly target: string } & Record<string, unknown>,
  ) {
    const policy = { schedule_seconds: [1], jitter: 0, timeout_seconds: 5 };
    const answer = await send(journey(), '/v1/subscriptions', {
      body: { format: 'cloudevents', policy, ...body },
    });
    expect(answer).toMatchObject({ status: 201, json: { confirmation: { state: 'pending' } } });
    return answer.json;
  }

  async function makeTopic(name = freshName()): Promise<string> {
    expect((await send(journey(), '/v1/topics', { body: { name } })).status).toBe(201);
    return name;
  }

  const publish = async (event: object): Promise<string> => {
    const answer = await send(journey(), '/v1/events', { body: event });
    expect(answer.status).toBe(202);
    return answer.json.events[0].id;
  };
  const caughtAt = (path: string, method: string) =>
    journey().subscriber.caught.filter((one) => one.path === path && one.method === method);
  const arrived = (path: string, method: string, count = 1) =>
    until(
      async () => caughtAt(path, method),
      (found) => found.length >= count,
    );
  const confirmationOf = async (id: string) =>
    (await send(journey(), `/v1/subscriptions/${id}`)).json.confirmation;
  const confirmed = (id: string, state: string) =>
    until(
      async () => confirmationOf(id),
      (found) => found.state === state,
    );

  it.each(['binary', 'structured', 'batched'])(
    'are the event that was published, %s, and can be published',
    async (mode) => {
      const topic = await makeTopic();
      const path = `/${topic}`;
      journey().subscriber.answer(path, [grant]);
      const made = await subscribe({
        topic,
        target: `${journey().subscriber.url}${path}`,
        content_mode: mode,
      });
      const attributes = { tenant: 'a "b" 100%é', traceparent: `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01` };
      const id = freshName();
      const event = { topic, id, source: '/shop', subject: 'Ada\r\nLovelace', attributes };
      const ours = await publish({ ...event, data: { total: 1 } });
      const [asked, sent] = [(await arrived(path, 'OPTIONS'))[0]!, (await arrived(path, 'POST'))[0]!];
      expect(sent.headers['webhook-request-origin']).toBe(new URL(journey().target.baseUrl).host);
      expect(asked.headers['webhook-request-origin']).toBe(sent.headers['webhook-request-origin']);
      expect(sent.headers['webhook-id']).toBe(ours);
      const verifier = new WebhookVerifier({ secrets: [made.secret] });
      expect(await verifier.verify(sent.headers, sent.body)).toMatchObject({ id: ours });
      const read = parse(sent);
      expect(read).toMatchObject({ type: topic, source: '/shop', id, data: { total: 1 } });
      expect(read.traceparent).toBe(attributes.traceparent);

      // The same bytes and headers, as a publisher sends them: the same event, so it is there already.
      const again = await send(journey(), '/v1/events', {
        method: 'POST',
        body: sent.body,
        headers: { ...attributeHeaders(sent), 'content-type': sent.headers['content-type'] ?? '' },
      });
      expect(again.json.events).toEqual([{ id: ours, client_id: id, topic }]);
      const kept = await send(journey(), `/v1/events/${ours}`);
      expect(kept.json).toMatchObject({ subject: event.subject, attributes });
      await unsubscribe(journey(), made);
    },
  );

  it('tell of the events door who, what and why', async () => {
    const category = `c${randomBytes(8).toString('hex').replace(/\d/g, 'x')}`;
    const path = `/${category}`;
    journey().subscriber.answer(path, [grant]);
    const topic = `events/${category}.*`;
    const made = await subscribe({ topic, target: `${journey().subscriber.url}${path}` });
    const trace = { traceparent: `00-${'3'.repeat(32)}-${'4'.repeat(16)}-00`, tracestate: 'a=1,b=2' };
    const published = await send(journey(), '/events', {
      headers: { 'x-britecore-job-id': 'job-7', ...trace },
      body: {
        ...{ action: 'Issued', category, entity: 'Policy', data: { id: 'P-1' } },
        actor: { id: 'USER-ü', type: 'user' },
      },
    });
    expect(published.status).toBe(201);
    const [sent] = await arrived(path, 'POST');
    expect(sent?.headers).toMatchObject({
      ...{ 'ce-type': `${category}.PolicyIssued`, 'ce-category': category, 'ce-entity': 'Policy' },
      ...{ 'ce-action': 'Issued', 'ce-jobid': 'job-7', 'ce-actorid': 'USER-%C3%BC', 'ce-actortype': 'user' },
      ...{ 'ce-traceparent': trace.traceparent, 'ce-tracestate': trace.tracestate },
    });
    expect(sent?.body).toBe('{"id":"P-1"}');
    await unsubscribe(journey(), made);
  });

  it('wait for a grant that comes by callback; the key of another target opens nothing', async () => {
    const topic = await makeTopic();
    const [path, elsewhere] = [`/${topic}`, `/${topic}/elsewhere`];
    const made = await subscribe({ topic, target: `${journey().subscriber.url}${path}` });
    await publish({ topic, data: 1 });
    const callback = (await arrived(path, 'OPTIONS'))[0]?.headers['webhook-request-callback'] as string;
    expect(
      await until(
        async () => confirmationOf(made.id),
        (one) => one.last_failure !== undefined,
      ),
    ).toMatchObject({
      state: 'pending',
      last_failure: 'no_grant',
    });
    expect(caughtAt(path, 'POST')).toEqual([]);
    const bring = (url: string) =>
      send(journey(), url.slice(journey().target.baseUrl.length), { token: undefined });
    expect(callback).toContain(journey().target.baseUrl);
    expect((await bring(callback.replace(/.{4}$/, 'AAAA'))).status).toBe(404);
    expect(await bring(callback)).toMatchObject({ status: 200, json: { granted: true } });
    expect((await bring(callback)).status).toBe(200);
    expect((await arrived(path, 'POST'))[0]?.headers['webhook-id']).toMatch(/^evt_/);
    expect(await confirmationOf(made.id)).toMatchObject({ state: 'granted', granted_by: 'callback' });

    const target = `${journey().subscriber.url}${elsewhere}`;
    const moved = await send(journey(), `/v1/subscriptions/${made.id}`, {
      method: 'PATCH',
      body: { target },
    });
    expect(moved.json.confirmation).toMatchObject({ state: 'pending' });
    await arrived(elsewhere, 'OPTIONS');
    expect((await bring(callback)).status).toBe(404);
    expect((await confirmationOf(made.id)).state).toBe('pending');
    await unsubscribe(journey(), made);
  });

  it.each([
    ['status_405', { status: 405, headers: grant.headers }],
    ['status_302', { status: 302, headers: { ...grant.headers, location: '/' } }],
    ['other_origin', { status: 200, headers: { 'WebHook-Allowed-Origin': 'evil.example, other.example' } }],
    ['rate_invalid', { status: 200, headers: { ...grant.headers, 'WebHook-Allowed-Rate': '0' } }],
    ['no_grant', { status: 200, headers: { 'WebHook-Request-Origin': '*' } }],
  ])('are sent to nobody who does not agree: %s', async (failure, answer) => {
    const topic = await makeTopic();
    const path = `/${topic}`;
    journey().subscriber.answer(path, [answer]);
    const made = await subscribe({ topic, target: `${journey().subscriber.url}${path}` });
    await publish({ topic, data: 1 });
    const seen = await until(
      async () => confirmationOf(made.id),
      (one) => one.attempts > 0 && one.last_failure !== undefined,
    );
    expect(seen).toMatchObject({ state: 'pending', last_failure: failure, last_status: answer.status });
    expect(caughtAt(path, 'POST')).toEqual([]);
    await unsubscribe(journey(), made);
  });

  it('come when a target agrees that had not: it is asked again', async () => {
    const topic = await makeTopic();
    const path = `/${topic}`;
    journey().subscriber.answer(path, [{ status: 503 }, grant]);
    const made = await subscribe({ topic, target: `${journey().subscriber.url}${path}` });
    await publish({ topic, data: 1 });
    await arrived(path, 'POST');
    expect(await confirmationOf(made.id)).toMatchObject({ state: 'granted', attempts: 2 });
    const asked = await send(journey(), `/v1/subscriptions/${made.id}/confirm`, { method: 'POST' });
    expect(asked).toMatchObject({ status: 202, json: { confirmation: { attempts: 0 } } });
    await arrived(path, 'OPTIONS', 3);
    await confirmed(made.id, 'granted');
    await unsubscribe(journey(), made);
  });

  it('go to the unmodified Python wrapper where its owner says so', async () => {
    const topic = await makeTopic();
    const path = `/${topic}`;
    journey().subscriber.answer(path, [{ status: 200, headers: { 'webhook-request-origin': '*' } }]);
    const made = await subscribe({ topic, target: `${journey().subscriber.url}${path}`, legacy_grant: true });
    await confirmed(made.id, 'granted');
    await unsubscribe(journey(), made);
  });

  it('whose format is not understood end, and say so', async () => {
    const topic = await makeTopic();
    const path = `/${topic}`;
    journey().subscriber.answer(path, [grant, { status: 415 }]);
    const made = await subscribe({ topic, target: `${journey().subscriber.url}${path}` });
    await confirmed(made.id, 'granted');
    await publish({ topic, data: 1 });
    expect(await deliveryOf(journey(), made.id, 'dead')).toMatchObject({ reason: 'format_not_understood' });
    await unsubscribe(journey(), made);
  });

  describe('to handlers of Web PubSub', () => {
    const host = () => new URL(journey().target.baseUrl).host;
    const message = (topic: string) => ({
      topic,
      data: { text: 'hello' },
      attributes: {
        ...{ awpsversion: '1.0', hub: 'chat', connectionid: 'conn-1', userid: 'ada' },
        ...{ eventname: topic.slice('azure.webpubsub.user.'.length), connectionstate: 'e30=' },
      },
    });

    it.each<[string, (heard: (data: unknown) => void) => RequestListener]>([
      [
        'EventHandler on Node',
        (heard) =>
          toNodeListener(
            new EventHandler({
              handleConnect: () => undefined,
              handleUserMessage: (request) => heard(request.data),
            }),
          ),
      ],
      [
        'EventHandler in Express',
        (heard) =>
          express().use(
            toExpressMiddleware(
              new EventHandler({
                hub: 'chat',
                handleConnect: () => undefined,
                handleUserMessage: (request) => heard(request.data),
              }),
            ),
          ),
      ],
      [
        'the Express library, which lists every host that it allows',
        (heard) =>
          express().use(
            new WebPubSubEventHandler('chat', {
              path: '/eventhandler',
              allowedEndpoints: ['https://other.example', `http://${host()}`],
              handleUserEvent: (request, response) => {
                heard(request.data);
                response.success();
              },
            }).getMiddleware(),
          ),
      ],
    ])('come to %s once it was asked', async (_, make) => {
      const heard: unknown[] = [];
      const url = await listen(make((data) => void heard.push(data)));
      const topic = await makeTopic(`azure.webpubsub.user.${freshName()}`);
      const made = await subscribe({ topic, target: `${url}/eventhandler` });
      expect(await confirmed(made.id, 'granted')).toMatchObject({ granted_by: 'answer', attempts: 1 });
      await publish(message(topic));
      await until(
        async () => heard,
        (found) => found.length > 0,
      );
      expect(heard[0]).toEqual({ text: 'hello' });
      await deliveryOf(journey(), made.id, 'delivered');
      await unsubscribe(journey(), made);
    });

    it('do not come to the Express library when it allows another host', async () => {
      const handler = new WebPubSubEventHandler('chat', {
        path: '/eventhandler',
        allowedEndpoints: ['https://other.example'],
      });
      const url = await listen(express().use(handler.getMiddleware()));
      const topic = await makeTopic();
      const made = await subscribe({ topic, target: `${url}/eventhandler` });
      const seen = await until(
        async () => confirmationOf(made.id),
        (one) => one.last_failure !== undefined,
      );
      expect(seen).toMatchObject({ state: 'pending', last_failure: 'other_origin' });
      await unsubscribe(journey(), made);
    });
  });
}

function parse({ headers, body }: CaughtWebhook): CloudEvent<unknown> {
  const [event] = [HTTP.toEvent<unknown>({ headers: { ...headers }, body })].flat() as CloudEvent<unknown>[];
  expect(event?.validate()).toBe(true);
  return event as CloudEvent<unknown>;
}

function attributeHeaders({ headers }: CaughtWebhook): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => name.startsWith('ce-')));
}
