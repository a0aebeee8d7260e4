import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startsOwnStack } from '../support/e2e-target';
import { call } from '../support/http-call';
import { type RunningLocalStack, startLocalStack } from '../support/local-stack';
import { type PubsubServer, startPubsub } from '../support/pubsub-server';
import { until } from './journeys/journey';

const suite = startsOwnStack ? describe : describe.skip;

suite('consumers of the type pubsub', () => {
  let google: PubsubServer;
  let stack: RunningLocalStack;

  beforeAll(async () => {
    google = await startPubsub();
    const serviceAccount = join(mkdtempSync(join(tmpdir(), 'changewire-e2e-')), 'account.json');
    writeFileSync(serviceAccount, google.account);
    const pubsub = { baseUrl: google.url, project: 'warehouse', serviceAccount, idAttribute: 'message-id' };
    stack = await startLocalStack({ settings: { seedProfiles: 0, pubsub } });
  }, 120_000);

  afterAll(async () => {
    await stack?.stop();
    await google?.stop();
  });

  const post = (path: string, body: object) => call(stack.baseUrl, path, { body });

  /** What an unmodified client makes at its start: a topic, and a consumer of it. */
  async function subscribe(topic: string, target: string, more: object = {}): Promise<void> {
    const origin_host = 'http://app.test/postoffice/messages/';
    await post('/api/topics/', { name: topic, origin_host, recovery_enabled: false });
    const consumer = { active: true, topic, target, type: 'pubsub', from_now: true, ...more };
    expect(await post('/api/publishers/', consumer)).toMatchObject({ status: 201, json: { data: {} } });
  }

  const callsTo = (topic: string) => google.published.filter((made) => made.topic === topic);
  const messagesTo = (topic: string) => callsTo(topic).flatMap(({ messages }) => messages);
  const arrived = (topic: string, count: number) =>
    until(
      async () => messagesTo(topic),
      (messages) => messages.length >= count,
    );

  it('get single messages, payloads of every kind, with their attributes beside them', async () => {
    await subscribe('orders', 'warehouse-orders');
    const payloads = [
      { total: 12.5, attributes: 'its own' },
      'a text',
      [1, 'x', null],
      null,
      7,
      { deep: [[[{}]]] },
    ];
    for (const payload of payloads) {
      const attributes = { kind: 'order', True: 'True', count: 3, none: null, nested: { a: [1] } };
      expect(await post('/api/messages/', { topic: 'orders', payload, attributes })).toMatchObject({
        status: 201,
        json: { id: [expect.any(Number)] },
      });
    }
    const messages = await arrived('warehouse-orders', payloads.length);
    const data = messages.map((message) => JSON.parse(message.data));
    expect(data).toEqual(expect.arrayContaining(payloads));
    expect(messages[0]?.attributes).toEqual({
      ...{ kind: 'order', True: 'True', count: '3', none: 'null', nested: '{"a":[1]}' },
      'message-id': expect.stringMatching(/^\d+$/),
    });
    expect(callsTo('warehouse-orders')[0]).toMatchObject({
      project: 'warehouse',
      authorization: expect.stringMatching(/^Bearer ya29\./),
    });
  });

  it('get a bulk of 45 in calls of up to 20, each message once', async () => {
    await subscribe('stock', 'warehouse-stock');
    const payload = Array.from({ length: 45 }, (_, index) => ({ index }));
    const bulk = { topic: 'stock', payload, attributes: { from: 'bulk' } };
    // As the original: a job for each call.
    const answer = await post('/api/bulk_messages/', bulk);
    expect(answer).toMatchObject({ status: 201 });
    expect(answer.json.result).toHaveLength(3);
    const messages = await arrived('warehouse-stock', 45);
    const indexes = messages.map(({ data }) => JSON.parse(data).index);
    expect(indexes.sort((a, b) => a - b)).toEqual(payload.map(({ index }) => index));
    expect(new Set(messages.map(({ attributes }) => attributes['message-id'])).size).toBe(45);
    const sizes = callsTo('warehouse-stock').map((made) => made.messages.length);
    // How full they are depends on what comes within a second.
    expect(Math.max(...sizes)).toBeLessThanOrEqual(20);
    expect(sizes.length).toBeLessThan(45);
  });

  it('may have a chunk size of their own, and a name that looks like a URL', async () => {
    const target = 'https://warehouse.example/a/b?c=d#e';
    await subscribe('parcels', target, { chunk_size: 4 });
    await post('/api/bulk_messages/', { topic: 'parcels', payload: [1, 2, 3, 4, 5, 6], attributes: {} });
    await arrived(target, 6);
    expect(callsTo(target).every(({ messages }) => messages.length <= 4)).toBe(true);
  });

  it('get what a failing Google did not take, later, and once', async () => {
    await subscribe('returns', 'warehouse-returns', { seconds_retry: 1 });
    google.plan({ status: 503 }, { status: 401 });
    await post('/api/messages/', { topic: 'returns', payload: { n: 1 }, attributes: {} });
    await arrived('warehouse-returns', 1);
    expect(messagesTo('warehouse-returns')).toHaveLength(1);
  });

  it('do not miss a message for another that Google refuses', async () => {
    await subscribe('labels', 'warehouse-labels');
    const send = (n: number, attributes: object) =>
      post('/api/messages/', { topic: 'labels', payload: { n }, attributes });
    await Promise.all([send(1, {}), send(2, { googlemail: 'reserved' }), send(3, {})]);
    const messages = await arrived('warehouse-labels', 2);
    expect(messages.map(({ data }) => JSON.parse(data).n).sort()).toEqual([1, 3]);
  });
});
