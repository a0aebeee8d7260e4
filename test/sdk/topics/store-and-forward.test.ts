import fc from 'fast-check';
import { MemoryBuffer, MessageClient, type MessageClientOptions } from '../../../sdk/topics';
import { contentsOf, failureOf, messageOf } from '../../support/message-buffers';
import { type HubBehaviour, type MessageHub, startMessageHub } from '../../support/message-hub';
import { until } from '../../support/until';

let hub: MessageHub;
let buffer: MemoryBuffer;
let warnings: string[];
const clients: MessageClient[] = [];
beforeEach(async () => {
  hub = await startMessageHub();
  buffer = new MemoryBuffer();
  warnings = [];
});
afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
  await hub.stop();
});

const clientOf = (options: Partial<MessageClientOptions> = {}) => {
  const client = new MessageClient({
    apiUrl: hub.url,
    buffer,
    background: false,
    logger: { info: () => undefined, warn: (message) => warnings.push(message) },
    ...options,
    retry: { timeoutMs: 300, bulkTimeoutMs: 600, ...options.retry },
  });
  clients.push(client);
  return client;
};
const answer = (status: number, body: unknown = '', headers = {}): HubBehaviour => ({
  ...{ kind: 'answer', status, headers },
  body: typeof body === 'string' ? body : JSON.stringify(body),
});
const down = answer(503, '<html>down</html>');
const refusing = answer(400, { data: { errors: { topic: ['is invalid'] } } });
const taken = (topic = 'orders') =>
  hub.taken.filter((message) => message.topic === topic).map(({ payload }) => payload);

describe('publish with a buffer', () => {
  it.each<readonly [string, HubBehaviour]>([
    ['500', answer(500)],
    ['503', down],
    ['429', answer(429)],
    ['401', answer(401)],
    ['a redirect', answer(301, '', { location: '/elsewhere/' })],
    ['an empty 201', answer(201)],
    ['a proxy’s page', answer(200, '<html>')],
    ['a cut connection', { kind: 'cut', stored: false }],
    ['a lost answer', { kind: 'cut', stored: true }],
    ['a reset in the middle of the answer', { kind: 'reset' }],
    ['silence', { kind: 'hang' }],
  ])('keeps after %s, and it arrives once', async (_, trouble) => {
    hub.script.push(trouble);
    const client = clientOf();
    const result = await client.publish('orders', 1, { a: 1 });
    expect(result).toEqual({
      outcome: 'stored',
      idempotencyKey: expect.any(String),
      reason: expect.stringMatching(/^the hub /),
    });
    // One try: whoever publishes does not wait for a hub in trouble.
    expect(hub.calls).toHaveLength(1);
    expect(await client.flush()).toEqual({ accepted: 1, refused: 0, waiting: 0 });
    expect(taken()).toEqual([1]);
    expect(new Set(hub.calls.map(({ headers }) => headers['idempotency-key'])).size).toBe(1);
    expect(new Set(hub.calls.map(({ text }) => text)).size).toBe(1);
  });

  it('keeps while nobody answers at all', async () => {
    await hub.stop();
    const client = clientOf();
    expect(await client.publish('orders', 1)).toMatchObject({
      outcome: 'stored',
      reason: 'the hub cannot be reached',
    });
    expect(await client.flush()).toMatchObject({ accepted: 0, waiting: 1, reason: 'cannot be reached' });
  });

  it('keeps when the token cannot be had', async () => {
    const token = () => Promise.reject(new Error('no token'));
    expect(await clientOf({ token }).publish('orders', 1)).toMatchObject({
      outcome: 'stored',
      reason: 'the hub gets no token',
    });
  });

  it('lets nothing overtake in a topic, and holds up no other', async () => {
    hub.script.push(down);
    const client = clientOf();
    expect((await client.publish('orders', 1)).outcome).toBe('stored');
    expect(await client.publish('orders', 2)).toMatchObject({ outcome: 'stored', reason: /earlier/ });
    expect((await client.publish('bills', 1)).outcome).toBe('accepted');
    const bulk = await client.bulkPublish('orders', [3, 4]);
    expect(bulk).toMatchObject([{ outcome: 'stored', count: 2 }]);
    await client.flush();
    expect((await client.publish('orders', 5)).outcome).toBe('accepted');
    expect(taken()).toEqual([1, 2, 3, 4, 5]);
  });

  it('keeps a refusal apart with its reason, and goes on', async () => {
    hub.script.push(refusing);
    const client = clientOf();
    const refused = await client.publish('orders', 1);
    expect(refused).toMatchObject({
      outcome: 'refused',
      status: 400,
      reason: 'answered 400: {"topic":["is invalid"]}',
    });
    expect((await client.publish('orders', 2)).outcome).toBe('accepted');
    expect(await buffer.refused()).toMatchObject([{ id: refused.idempotencyKey, status: 400 }]);
    await buffer.retry(refused.idempotencyKey);
    await client.flush();
    expect(taken()).toEqual([2, 1]);
    expect((await buffer.stats()).bytes).toBe(0);
  });

  it('keeps the parts of a bulk that are left, all of them or none', async () => {
    hub.script.push({ kind: 'serve' }, down);
    const client = clientOf();
    const payloads = Array.from({ length: 7_000 }, (_, number) => number);
    const results = await client.bulkPublish('orders', payloads);
    expect(results.map(({ outcome, count }) => [outcome, count])).toEqual([
      ['accepted', 3_000],
      ['stored', 3_000],
      ['stored', 1_000],
    ]);
    await client.flush();
    expect(taken()).toEqual(payloads);
  });

  it('has nothing in its hands when the signal stops it', async () => {
    hub.script.push({ kind: 'hang' });
    const error = await failureOf(clientOf().publish('orders', 1, {}, { signal: AbortSignal.timeout(20) }));
    expect(error).toMatchObject({ code: 'aborted', failed: [{ topic: 'orders', count: 1 }] });
    expect((await buffer.stats()).waiting).toBe(0);
  });

  it('says whose messages they are when the buffer cannot keep them', async () => {
    hub.script.push(down);
    buffer.append = () => Promise.reject(Object.assign(new Error('no space'), { code: 'ENOSPC' }));
    const error = await failureOf(clientOf().publish('orders', 1));
    expect(error).toMatchObject({
      code: 'unavailable',
      failed: [{ topic: 'orders' }],
      cause: { code: 'ENOSPC' },
    });
  });
});

describe('a full buffer', () => {
  beforeEach(() => {
    buffer = new MemoryBuffer({ maxMessages: 2 });
  });

  it('is an error, with what is in nobody’s hands', async () => {
    hub.script.push(down);
    const client = clientOf();
    await client.publish('orders', 1);
    await client.publish('orders', 2);
    const error = await failureOf(client.publish('orders', 3, {}, { idempotencyKey: 'mine' }));
    expect(error).toMatchObject({
      code: 'buffer_full',
      message: expect.stringContaining('its limits are 2 and'),
      failed: [{ idempotencyKey: 'mine', topic: 'orders', count: 1 }],
    });
    await client.flush();
    // The same call again is the way out.
    expect((await client.publish('orders', 3, {}, { idempotencyKey: 'mine' })).outcome).toBe('accepted');
    expect(taken()).toEqual([1, 2, 3]);
  });

  it('makes whoever publishes wait, if that is wanted, until there is room', async () => {
    hub.script.push(down);
    const client = clientOf({ whenFull: 'wait' });
    await client.publish('orders', 1);
    await client.publish('orders', 2);
    const third = client.publish('orders', 3);
    const stopped = failureOf(client.publish('orders', 4, {}, { signal: AbortSignal.timeout(30) }));
    expect((await stopped).code).toBe('aborted');
    await client.flush();
    expect((await third).outcome).toBe('stored');
    await client.flush();
    expect(taken()).toEqual([1, 2, 3]);
  });

  it('waits for no room that never comes', async () => {
    hub.script.push(refusing, refusing, down);
    const client = clientOf({ whenFull: 'wait' });
    await client.publish('orders', 1);
    await client.publish('orders', 2);
    expect((await failureOf(client.publish('orders', 3))).code).toBe('buffer_full');
  });
});

describe('flush', () => {
  it('without a buffer has nothing to do', async () => {
    const client = new MessageClient({ apiUrl: hub.url });
    expect(await client.flush()).toEqual({ accepted: 0, refused: 0, waiting: 0 });
    await client.close();
  });

  it('puts apart what is refused, and stops a topic at what cannot be sent now', async () => {
    await buffer.append([
      messageOf('1'),
      messageOf('2'),
      messageOf('3'),
      messageOf('4', { topic: 'bills' }),
      messageOf('5', { topic: 'bills' }),
    ]);
    hub.script.push(refusing, { kind: 'serve' }, answer(403), { kind: 'serve' }, answer(500));
    const report = await clientOf().flush();
    expect(report).toEqual({ accepted: 2, refused: 1, waiting: 2, reason: 'answered 403' });
    expect(await contentsOf(buffer)).toEqual({ waiting: ['3', '5'], refused: ['1'] });
    expect(warnings).toEqual([
      expect.stringContaining('the message is kept apart'),
      'Messages wait until somebody mends it: the hub answered 403',
    ]);
  });

  it('stops at once when nobody answers', async () => {
    await buffer.append([messageOf('1'), messageOf('2', { topic: 'bills' })]);
    hub.script.push({ kind: 'cut', stored: false });
    expect(await clientOf().flush()).toMatchObject({ accepted: 0, waiting: 2 });
    expect(hub.calls).toHaveLength(1);
  });

  it('halves a bulk that is too large, in its place', async () => {
    hub.state.maxBulk = 2;
    await buffer.append([
      messageOf('1'),
      messageOf('2', { kind: 'bulk', payloads: [2, 3, 4, 5, 6] }),
      messageOf('7'),
    ]);
    expect(await clientOf().flush()).toMatchObject({ refused: 0, waiting: 0 });
    expect(taken()).toEqual(['1', 2, 3, 4, 5, 6, '7']);
  });

  it('at the same time from two sides doubles nothing', async () => {
    await buffer.append(Array.from({ length: 30 }, (_, number) => messageOf(`${number}`)));
    const [one, other] = [clientOf(), clientOf()];
    await Promise.all([one.flush(), one.flush(), other.flush()]);
    expect(taken()).toEqual(Array.from({ length: 30 }, (_, number) => `${number}`));
  });

  it('can be stopped, and loses nothing', async () => {
    await buffer.append([messageOf('1'), messageOf('2')]);
    hub.script.push({ kind: 'serve' }, { kind: 'hang' });
    const client = clientOf({ retry: { timeoutMs: 60_000 } });
    const error = await failureOf(client.flush({ signal: AbortSignal.timeout(200) }));
    expect(error.code).toBe('aborted');
    expect((await contentsOf(buffer)).waiting).toEqual(['2']);
    await client.flush();
    expect(taken()).toEqual(['1', '2']);
  });

  it('sends everything once, in order of each topic, whatever the hub does', async () => {
    const behaviours = fc.constantFrom<HubBehaviour>(
      { kind: 'serve' },
      { kind: 'serve' },
      { kind: 'cut', stored: true },
      { kind: 'cut', stored: false },
      { kind: 'reset' },
      down,
      answer(201),
      answer(429),
      answer(404),
    );
    const topics = fc.constantFrom('a', 'b', 'c');
    await fc.assert(
      fc.asyncProperty(
        fc.array(behaviours, { maxLength: 30 }),
        fc.array(topics, { minLength: 1, maxLength: 20 }),
        async (script, published) => {
          hub.taken.length = 0;
          hub.script.splice(0, hub.script.length, ...script);
          const client = clientOf();
          for (const [number, topic] of published.entries()) {
            await client.publish(topic, number);
          }
          for (let report = await client.flush(); report.waiting > 0; report = await client.flush()) {
            expect(report.refused).toBe(0);
          }
          hub.script.length = 0;
          for (const topic of ['a', 'b', 'c']) {
            const sent = [...published.entries()]
              .filter(([, one]) => one === topic)
              .map(([number]) => number);
            expect(taken(topic)).toEqual(sent);
          }
        },
      ),
      { numRuns: 40 },
    );
  }, 60_000);
});

describe('in the background', () => {
  const emptied = () => until(async () => (await buffer.stats()).waiting === 0);

  it('sends what an earlier process has left, and what is stored', async () => {
    await buffer.append([messageOf('left')]);
    const client = clientOf({ background: true });
    await emptied();
    hub.script.push(down, down);
    expect((await client.publish('orders', 1)).outcome).toBe('stored');
    await emptied();
    expect(taken()).toEqual(['left', 1]);
  });

  it('sends at once when the hub is seen to answer again', async () => {
    const client = clientOf({ background: true });
    hub.script.push(...Array<HubBehaviour>(4).fill({ kind: 'cut', stored: false }));
    await client.publish('orders', 1);
    await until(() => hub.script.length <= 2);
    hub.script.length = 0;
    expect((await client.publish('bills', 1)).outcome).toBe('accepted');
    await emptied();
    expect(taken()).toEqual([1]);
  });

  it('comes back after the hub was down, with everything once', async () => {
    const { port } = hub;
    const client = clientOf({ background: true });
    await hub.stop();
    for (let number = 0; number < 20; number += 1) {
      expect((await client.publish('orders', number)).outcome).toBe('stored');
    }
    hub = await startMessageHub([], port);
    await emptied();
    expect(taken()).toEqual(Array.from({ length: 20 }, (_, number) => number));
  }, 30_000);

  it('ends with the client, and keeps what waits', async () => {
    hub.script.push(down, { kind: 'hang' });
    const client = clientOf({ background: true, retry: { timeoutMs: 60_000 } });
    await client.publish('orders', 1);
    await until(() => hub.calls.length === 2);
    await client.close();
    expect((await buffer.stats()).waiting).toBe(1);
  });
});

describe('a schedule that is kept', () => {
  it('keeps its time, and is cancelled where it is', async () => {
    hub.script.push(down);
    const client = clientOf();
    const kept = await client.schedulePublish('orders', 1, { at: '2030-01-01T00:00:00Z' });
    const other = await client.schedulePublish('orders', 2, { at: '2030-01-02T00:00:00Z' });
    expect([kept.outcome, other.outcome]).toEqual(['stored', 'stored']);
    expect(await client.cancelScheduled(kept)).toBe('cancelled');
    expect(await client.cancelScheduled(kept)).toBe('gone');
    await client.flush();
    expect(hub.taken).toMatchObject([{ payload: 2, scheduleAt: '2030-01-02T00:00:00.000Z' }]);
    expect(await client.cancelScheduled(other)).toBe('cancelled');
    expect(hub.cancelled).toEqual([hub.state.lastId]);
  });

  it('is cancelled while it is being sent', async () => {
    hub.script.push(down);
    const client = clientOf();
    const kept = await client.schedulePublish('orders', 1, { inMinutes: 5 });
    const [, result] = await Promise.all([client.flush(), client.cancelScheduled(kept)]);
    expect(result).toBe('cancelled');
    expect(hub.cancelled).toHaveLength(hub.taken.length);
  });

  it('is gone when it was refused and removed', async () => {
    hub.script.push(refusing);
    const client = clientOf();
    const refused = await client.schedulePublish('orders', 1, { inMinutes: 5 });
    expect(await client.cancelScheduled(refused)).toBe('cancelled');
    expect(await contentsOf(buffer)).toEqual({ waiting: [], refused: [] });
  });
});
