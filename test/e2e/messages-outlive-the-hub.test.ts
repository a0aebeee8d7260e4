import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { FileBuffer, MessageClient, type PublishResult } from '../../sdk/topics';
import { startsOwnStack } from '../support/e2e-target';
import { type RunningLocalStack, startLocalStack } from '../support/local-stack';
import { type Subscriber, startSubscriber } from '../support/subscriber';
import { until } from './journeys/journey';

const BEFORE = 60;
const MEANWHILE = 30;

const suite = startsOwnStack ? describe : describe.skip;

suite('a hub that is killed while an application publishes', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'changewire-messages-'));
  const journal = path.join(folder, 'messages.journal');
  const results: PublishResult[] = [];
  let stack: RunningLocalStack;
  let subscriber: Subscriber;
  beforeAll(async () => {
    subscriber = await startSubscriber();
    stack = await startLocalStack({
      dataDirectory: path.join(folder, 'stack'),
      settings: { seedProfiles: 0 },
    });
  }, 120_000);
  afterAll(async () => {
    await stack?.stop();
    await subscriber?.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  const openClient = async (background: boolean) => {
    const buffer = await FileBuffer.open(journal);
    const quiet = { info: () => undefined, warn: () => undefined };
    const client = new MessageClient({ apiUrl: stack.baseUrl, buffer, background, logger: quiet });
    return { buffer, client };
  };
  const caught = () => subscriber.caught.filter(({ path: at }) => at === '/orders');

  it('gets everything, also what was published while it was down, and by a process that has ended', async () => {
    const { buffer, client } = await openClient(false);
    const configured = await client.configure({
      topics: [{ name: 'orders', origin_host: 'http://127.0.0.1:9/messages/' }],
      consumers: [{ topic: 'orders', target: `${subscriber.url}/orders`, seconds_retry: 1 }],
    });
    expect(configured.failed).toBe(0);
    const publish = async (number: number) => {
      results.push(await client.publish('orders', { number }, { source: 'e2e' }));
    };
    let killing: Promise<void> | undefined;
    await Promise.all(
      Array.from({ length: BEFORE }, async (_, number) => {
        await publish(number);
        // Some answers are on their way: nobody knows whether these messages were taken.
        killing ??= number >= 0 && results.length >= BEFORE / 4 ? stack.kill() : undefined;
      }),
    );
    await killing;
    for (let number = BEFORE; number < BEFORE + MEANWHILE; number += 1) {
      await publish(number);
    }
    expect(new Set(results.map(({ outcome }) => outcome))).toEqual(new Set(['accepted', 'stored']));
    const { waiting } = await buffer.stats();
    expect(waiting).toBeGreaterThanOrEqual(MEANWHILE);
    await client.close();
    await buffer.close();

    const { port } = new URL(stack.baseUrl);
    stack = await startLocalStack({
      ...{ dataDirectory: path.join(folder, 'stack'), settings: { seedProfiles: 0 }, port: Number(port) },
    });
    const next = await openClient(true);
    await until(
      async () => next.buffer.stats(),
      (stats) => stats.waiting === 0,
      60_000,
    );
    expect(await next.buffer.refused()).toEqual([]);
    await next.client.close();
    await next.buffer.close();
    await until(
      async () => new Set(caught().map(({ body }) => JSON.parse(body).number)),
      (numbers) => numbers.size === BEFORE + MEANWHILE,
      60_000,
    );
  }, 240_000);

  it('takes each message once: a repeated delivery has the id of the first', () => {
    const ids = new Map<number, Set<unknown>>();
    for (const { headers, body } of caught()) {
      const { number, attributes } = JSON.parse(body);
      expect(attributes).toEqual({ source: 'e2e' });
      ids.set(number, (ids.get(number) ?? new Set()).add(headers['message-id']));
    }
    expect([...ids.values()].filter((known) => known.size !== 1)).toEqual([]);
    expect(ids.size).toBe(BEFORE + MEANWHILE);
  });

  it('answers a repetition as it answered the first, and another message under the key as another', async () => {
    const client = new MessageClient({ apiUrl: stack.baseUrl });
    const options = { idempotencyKey: 'order-7' };
    const first = await client.publish('orders', { number: 0, attributes: 1 }, {}, options);
    expect(await client.publish('orders', { number: 0, attributes: 1 }, {}, options)).toEqual(first);
    expect(await client.publish('orders', { number: 0, attributes: 2 }, {}, options)).not.toEqual(first);
    const bulk = await client.bulkPublish('orders', [1, 2, 3], {}, options);
    expect(bulk).toMatchObject([{ outcome: 'accepted', count: 3 }]);
    expect(await client.bulkPublish('orders', [1, 2, 3], {}, options)).toEqual(bulk);
    expect(await client.health()).toEqual({ status: 'ok' });
  });

  it('delivers a schedule once at its time, however often it is sent, and not at all when it is cancelled', async () => {
    const client = new MessageClient({ apiUrl: stack.baseUrl });
    const at = new Date(Date.now() + 3_000);
    const options = { idempotencyKey: 'reminder' };
    const first = await client.schedulePublish('orders', { number: 1_000 }, { at }, {}, options);
    expect(await client.schedulePublish('orders', { number: 1_000 }, { at }, {}, options)).toEqual(first);
    const cancelled = await client.schedulePublish('orders', { number: 1_001 }, { at });
    expect(await client.cancelScheduled(cancelled)).toBe('cancelled');
    await client.schedulePublish('orders', { number: 1_002 }, { at: new Date(at.getTime() + 1_000) });
    // By id: a delivery may come twice.
    const numbers = () => [
      ...new Map(
        caught().map(({ headers, body }) => [headers['message-id'], JSON.parse(body).number]),
      ).values(),
    ];
    await until(
      async () => numbers(),
      (found) => found.includes(1_000) && found.includes(1_002),
      30_000,
    );
    expect(numbers().filter((number) => number >= 1_000 && number !== 1_002)).toEqual([1_000]);
    expect(await client.cancelScheduled(first)).toBe('gone');
  }, 60_000);

  it('takes 3 000 payloads in one call, and halves what is too large together', async () => {
    const client = new MessageClient({ apiUrl: stack.baseUrl });
    const many = Array.from({ length: 3_000 }, (_, number) => ({ number }));
    const [one, ...none] = await client.bulkPublish('orders', many);
    expect([one?.outcome, one?.count, none]).toEqual(['accepted', 3_000, []]);
    // Random text does not compress: a record of the stream holds 1 MB.
    const large = Array.from({ length: 12 }, () => randomBytes(100_000).toString('base64'));
    const parts = await client.bulkPublish('orders', large);
    expect(parts.length).toBeGreaterThan(1);
    expect(new Set(parts.map(({ outcome }) => outcome))).toEqual(new Set(['accepted']));
  }, 60_000);
});
