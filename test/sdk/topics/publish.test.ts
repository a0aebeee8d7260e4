import { randomUUID } from 'node:crypto';
import {
  JsonText,
  MemoryBuffer,
  MessageClient,
  type MessageClientOptions,
  MessageError,
} from '../../../sdk/topics';
import { type HubBehaviour, type MessageHub, startMessageHub } from '../../support/message-hub';

let hub: MessageHub;
const clients: MessageClient[] = [];
beforeAll(async () => {
  hub = await startMessageHub();
});
afterAll(() => hub.stop());
beforeEach(() => {
  hub.calls.length = 0;
  hub.taken.length = 0;
  hub.script.length = 0;
  hub.cancelled.length = 0;
  Object.assign(hub.state, { maxBulk: 3_000, unknownTopics: new Set() });
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
});

const quiet = { info: () => undefined, warn: () => undefined };
const clientOf = (options: Partial<MessageClientOptions> = {}) => {
  const retry = { firstDelayMs: 1, maxDelayMs: 5, timeoutMs: 300, bulkTimeoutMs: 600, ...options.retry };
  const client = new MessageClient({ apiUrl: hub.url, logger: quiet, background: false, ...options, retry });
  clients.push(client);
  return client;
};
const failureOf = async (work: Promise<unknown>): Promise<MessageError> => {
  const error = await work.then(
    () => new Error('it succeeded'),
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(MessageError);
  return error;
};
const answer = (status: number, body: unknown = '', headers = {}): HubBehaviour => ({
  ...{ kind: 'answer', status, headers },
  body: typeof body === 'string' ? body : JSON.stringify(body),
});
const numbers = (count: number) => Array.from({ length: count }, (_, number) => number);
const takenPayloads = () => hub.taken.map(({ payload }) => payload);

/** What a hub in trouble may answer; none of it accepts a message. */
const troubles: ReadonlyArray<readonly [string, HubBehaviour]> = [
  ['500', answer(500, { errors: { detail: 'Internal Server Error' } })],
  ['503 in HTML', answer(503, '<html>busy</html>')],
  ['200 in HTML, of a proxy', answer(200, '<html>log in</html>')],
  ['an empty 201', answer(201)],
  ['201 with other JSON', answer(201, { id: 'evt_1' })],
  ['201 with a list', answer(201, [1, 2])],
  ['429', answer(429, { errors: { detail: 'slow down' } })],
  ['408', answer(408)],
  ['a connection that is cut', { kind: 'cut', stored: false }],
  ['an answer that is cut', { kind: 'cut', stored: true }],
  ['an answer that is reset in the middle', { kind: 'reset' }],
];

/** What somebody has to mend first: trying again at once is no use. */
const denials: ReadonlyArray<readonly [string, HubBehaviour]> = [
  ['401', answer(401, { errors: { detail: 'who are you?' } })],
  ['403', answer(403)],
  ['404', answer(404, { errors: { detail: 'Not Found' } })],
  ['a redirect', answer(302, '', { location: 'http://127.0.0.1:9/' })],
];

describe('what is sent', () => {
  it('is the contract, with a key of its own', async () => {
    const client = clientOf();
    const result = await client.publish('orders', { total: 12.5, when: new Date(0) }, { source: 'shop' });
    const [call] = hub.calls;
    expect(call).toMatchObject({
      method: 'POST',
      path: '/api/messages/',
      headers: {
        'content-type': 'application/json',
        'idempotency-key': expect.stringMatching(/^[\w-]{36}$/),
      },
    });
    expect(JSON.parse(call?.text ?? '')).toEqual({
      topic: 'orders',
      payload: { total: 12.5, when: '1970-01-01T00:00:00.000Z' },
      attributes: { source: 'shop' },
    });
    const idempotencyKey = call?.headers['idempotency-key'];
    expect(result).toEqual({ outcome: 'accepted', idempotencyKey, ids: [hub.state.lastId] });
  });

  it.each([
    ['a text'],
    [7],
    [null],
    [['a', ['list']]],
    [{ attributes: { own: true } }],
    ['\ud800 \u2028 ä 🙂'],
  ])('may be any JSON: %j', async (payload) => {
    await clientOf().publish('orders', payload);
    expect(takenPayloads()).toEqual([JSON.parse(JSON.stringify(payload))]);
  });

  it('keeps the digits of what is JSON already', async () => {
    await clientOf().publish('orders', new JsonText('{"total": 12345678901234567890.50}'));
    expect(hub.calls[0]?.text).toContain('"payload":{"total": 12345678901234567890.50}');
    expect(() => new JsonText('{"a":')).toThrow(MessageError);
  });

  it.each([
    ['undefined', undefined],
    ['NaN', { a: Number.NaN }],
    ['a BigInt', { a: 1n }],
    ['a function', () => 1],
  ])('is never what JSON cannot say: %s', async (_, payload) => {
    expect(await failureOf(clientOf().publish('orders', payload))).toMatchObject({ code: 'message_invalid' });
    expect(hub.calls).toEqual([]);
  });

  it.each([
    ['a blank topic', ' ', {}],
    ['a key with a space', 'orders', { idempotencyKey: 'a b' }],
    ['an empty key', 'orders', { idempotencyKey: '' }],
    ['a key that ends the line', 'orders', { idempotencyKey: 'a\r\nb: c' }],
  ])('is never %s', async (_, topic, options) => {
    const error = await failureOf(clientOf().publish(topic, 1, {}, options));
    expect(error.code).toBe('message_invalid');
  });

  it('has the credentials of the address, a token and headers', async () => {
    const apiUrl = `${hub.url.replace('//', '//id:k%40y@')}/`;
    await clientOf({ apiUrl, headers: { 'x-api-key': 'k' } }).publish('orders', 1);
    let tokens = 0;
    const token = async () => {
      tokens += 1;
      return `t${tokens}`;
    };
    hub.script.push(answer(503));
    await clientOf({ token }).publish('orders', 1);
    expect(hub.calls.map(({ headers }) => headers.authorization)).toEqual([
      `Basic ${Buffer.from('id:k@y').toString('base64')}`,
      'Bearer t1',
      'Bearer t2',
    ]);
    expect(hub.calls[0]?.headers['x-api-key']).toBe('k');
  });

  it.each(['', 'example.org', 'ftp://example.org', 'http://example.org/?a=b'])(
    'goes nowhere that is no address: %j',
    (apiUrl) => {
      expect(() => clientOf({ apiUrl })).toThrow(MessageError);
    },
  );
});

describe('without a buffer', () => {
  it.each(troubles)('tries again after %s, under the same key', async (_, trouble) => {
    hub.script.push(trouble);
    expect((await clientOf().publish('orders', 1)).outcome).toBe('accepted');
    const keys = hub.calls.map(({ headers }) => headers['idempotency-key']);
    expect(keys).toHaveLength(2);
    expect(new Set(keys).size).toBe(1);
    expect(takenPayloads()).toEqual([1]);
  });

  it('gives up after its retries, and names what is in nobody’s hands', async () => {
    hub.script.push(...Array(3).fill(answer(503, { errors: { detail: 'down' } })));
    const error = await failureOf(
      clientOf({ retry: { retries: 2 } }).publish('orders', 1, {}, { idempotencyKey: 'k' }),
    );
    expect(error).toMatchObject({
      code: 'unavailable',
      status: 503,
      failed: [{ idempotencyKey: 'k', topic: 'orders', count: 1 }],
    });
    expect(error.message).toContain('503: down');
  });

  it('gives up on a hub that never answers', async () => {
    hub.script.push({ kind: 'hang' }, { kind: 'hang' });
    const error = await failureOf(clientOf({ retry: { retries: 1, timeoutMs: 50 } }).publish('orders', 1));
    expect(error).toMatchObject({ code: 'unavailable', message: 'the hub gave no answer in time' });
  });

  it.each(denials)('does not insist after %s', async (_, denial) => {
    hub.script.push(denial);
    expect(await failureOf(clientOf().publish('orders', 1))).toMatchObject({ code: 'refused' });
    expect(hub.calls).toHaveLength(1);
  });

  it('throws a refusal with what the hub said', async () => {
    hub.state.unknownTopics.add('nothing');
    const error = await failureOf(clientOf().publish('nothing', 1));
    expect(error).toMatchObject({ code: 'refused', status: 400 });
    expect(error.message).toBe('the hub answered 400: {"topic":["is invalid"]}');
  });

  it('waits as long as the hub asks, within its own bound', async () => {
    hub.script.push(answer(429, '', { 'retry-after': '3600' }));
    const client = clientOf({ retry: { maxDelayMs: 20 } });
    expect((await client.publish('orders', 1)).outcome).toBe('accepted');
  });

  it('stops at the signal, before and during a call', async () => {
    const stopped = AbortSignal.abort();
    expect(await failureOf(clientOf().publish('orders', 1, {}, { signal: stopped }))).toMatchObject({
      code: 'aborted',
      failed: [{ topic: 'orders' }],
    });
    expect(hub.calls).toEqual([]);
    hub.script.push({ kind: 'hang' });
    const controller = new AbortController();
    const publishing = failureOf(clientOf().publish('orders', 1, {}, { signal: controller.signal }));
    setTimeout(() => controller.abort(), 20);
    expect((await publishing).code).toBe('aborted');
  });

  it('counts a repetition of the program under its own key once', async () => {
    const options = { idempotencyKey: 'order-7' };
    const first = await clientOf().publish('orders', 1, {}, options);
    expect(await clientOf().publish('orders', 1, {}, options)).toEqual(first);
    expect(takenPayloads()).toEqual([1]);
  });
});

describe('a bulk', () => {
  it('of 3 000 is one call', async () => {
    const [result, ...none] = await clientOf().bulkPublish('orders', numbers(3_000), { a: 1 });
    expect(none).toEqual([]);
    expect(result).toMatchObject({ outcome: 'accepted', count: 3_000 });
    expect(hub.calls.map(({ path }) => path)).toEqual(['/api/bulk_messages/']);
    expect(takenPayloads()).toEqual(numbers(3_000));
  });

  it('of more are several, in order, each with a key of its own', async () => {
    const results = await clientOf().bulkPublish('orders', numbers(6_001), {}, { idempotencyKey: 'k' });
    expect(results.map(({ idempotencyKey, count }) => [idempotencyKey, count])).toEqual([
      ['k.0', 3_000],
      ['k.1', 3_000],
      ['k.2', 1],
    ]);
    expect(takenPayloads()).toEqual(numbers(6_001));
  });

  it('of many bytes are several', async () => {
    const large = 'x'.repeat(900_000);
    const results = await clientOf().bulkPublish('orders', Array(6).fill(large));
    expect(results.map(({ count }) => count)).toEqual([4, 2]);
  });

  it.each([
    ['406', answer(406, { data: { errors: 'Exceed max messages to ingest in bulk' } })],
    ['413 of a gateway', answer(413, '<html>too large</html>')],
  ])('is halved when the hub finds it too large (%s), in order', async (_, tooLarge) => {
    hub.script.push(tooLarge);
    hub.state.maxBulk = 3;
    const options = { idempotencyKey: randomUUID() };
    const results = await clientOf().bulkPublish('orders', numbers(10), {}, options);
    expect(takenPayloads()).toEqual(numbers(10));
    expect(results.reduce((sum, { count }) => sum + count, 0)).toBe(10);
    // The halves of a repetition are the same.
    hub.taken.length = 0;
    await clientOf().bulkPublish('orders', numbers(10), {}, options);
    expect(hub.taken).toEqual([]);
  });

  it('of one payload that is too large is refused', async () => {
    hub.script.push(answer(413));
    expect(await failureOf(clientOf().bulkPublish('orders', [1]))).toMatchObject({
      code: 'refused',
      status: 413,
    });
  });

  it('names what is left when a later part fails', async () => {
    hub.script.push({ kind: 'serve' }, answer(503), answer(503));
    const error = await failureOf(clientOf({ retry: { retries: 1 } }).bulkPublish('orders', numbers(7_000)));
    expect(error.failed.map(({ count }) => count)).toEqual([3_000, 1_000]);
    expect(takenPayloads()).toHaveLength(3_000);
  });

  it('may be empty', async () => {
    const results = await clientOf().bulkPublish('orders', []);
    expect(results).toMatchObject([{ outcome: 'accepted', count: 0, ids: [] }]);
  });

  it('of an unknown topic is refused', async () => {
    hub.state.unknownTopics.add('nothing');
    expect(await failureOf(clientOf().bulkPublish('nothing', [1]))).toMatchObject({
      code: 'refused',
      message: 'the hub answered 406: Topic does not exist',
    });
  });
});

describe('a scheduled message', () => {
  it('has its time', async () => {
    const at = '2030-01-01T00:00:00+01:00';
    const result = await clientOf().schedulePublish('orders', 1, { at }, { a: 1 });
    expect(result.outcome).toBe('accepted');
    expect(hub.calls[0]?.path).toBe('/api/schedule_messages/');
    expect(hub.taken).toMatchObject([{ attributes: { a: 1 }, scheduleAt: '2029-12-31T23:00:00.000Z' }]);
  });

  it.each([
    [{ inSeconds: 1 }, 1],
    [{ inMinutes: 1.5 }, 90],
    [{ inHours: 2 }, 7_200],
    [{ inDays: 400 }, 34_560_000],
    [{ at: new Date(Date.now() + 60_000) }, 60],
  ])('is so much later: %j', async (time, seconds) => {
    const before = Date.now();
    await clientOf().schedulePublish('orders', 1, time);
    const scheduled = Date.parse(hub.taken[0]?.scheduleAt ?? '');
    expect(Math.abs(scheduled - before - 1_000 * seconds)).toBeLessThan(5_000);
  });

  it.each([
    [{}],
    [{ at: '2030-01-01T00:00:00' }],
    [{ at: 'tomorrow' }],
    [{ at: new Date(Number.NaN) }],
    [{ inMinutes: '5' }],
    [{ inMinutes: Number.POSITIVE_INFINITY }],
    [{ inWeeks: 1 }],
    [{ inMinutes: 1, inHours: 1 }],
    [undefined],
  ])('is refused here without a clear time: %j', async (time) => {
    expect(await failureOf(clientOf().schedulePublish('orders', 1, time as never))).toMatchObject({
      code: 'message_invalid',
    });
  });

  it('is cancelled by what it returned, once', async () => {
    const client = clientOf();
    const scheduled = await client.schedulePublish('orders', 1, { inMinutes: 5 });
    expect(await client.cancelScheduled(scheduled)).toBe('cancelled');
    expect(await client.cancelScheduled(scheduled)).toBe('gone');
    expect(hub.cancelled).toEqual(scheduled.outcome === 'accepted' ? scheduled.ids : []);
    expect(await client.cancelScheduled(123_456)).toBe('gone');
  });

  it('is gone when it is being delivered', async () => {
    hub.script.push(answer(409, { errors: { detail: 'it was released' } }));
    expect(await clientOf().cancelScheduled(1)).toBe('gone');
  });

  it('that the hub gave no id for is not said to be gone', async () => {
    hub.script.push(answer(201, { id: [] }));
    const client = clientOf();
    const scheduled = await client.schedulePublish('orders', 1, { inMinutes: 5 });
    expect((await failureOf(client.cancelScheduled(scheduled))).message).toContain('nobody listened');
  });

  it('is not said to be cancelled when the hub does not say so', async () => {
    hub.script.push(answer(503), answer(403), { kind: 'cut', stored: false });
    const client = clientOf();
    expect((await failureOf(client.cancelScheduled(1))).code).toBe('unavailable');
    expect((await failureOf(client.cancelScheduled(1))).code).toBe('refused');
    expect((await failureOf(client.cancelScheduled(1))).code).toBe('unavailable');
  });
});

describe('health', () => {
  it('is ok when the hub says so', async () => {
    expect(await clientOf().health()).toEqual({ status: 'ok' });
  });

  it.each([
    ['another status', answer(503, { status: 'ok' })],
    ['other words', answer(200, { status: 'ko' })],
    ['HTML', answer(200, '<html>')],
    ['nothing', answer(200)],
    ['a hang-up', { kind: 'cut', stored: false } as HubBehaviour],
    ['silence', { kind: 'hang' } as HubBehaviour],
  ])('is not ok, and nothing is thrown, at %s', async (_, behaviour) => {
    hub.script.push(behaviour);
    const health = await clientOf({ retry: { timeoutMs: 50 } }).health();
    expect(health).toEqual({ status: 'failed', reason: expect.stringMatching(/^the hub /) });
  });
});

describe('the options', () => {
  it('are checked', () => {
    expect(() => clientOf({ retry: { retries: -1 } })).toThrow('retry.retries must be a number');
    expect(() => new MemoryBuffer({ maxMessages: 0 })).toThrow(MessageError);
  });
});
