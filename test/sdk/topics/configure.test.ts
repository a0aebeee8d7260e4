import { MessageClient, MessageError } from '../../../sdk/topics';
import { failureOf } from '../../support/message-buffers';
import { type HubBehaviour, type MessageHub, startMessageHub } from '../../support/message-hub';

let hub: MessageHub;
let client: MessageClient;
beforeEach(async () => {
  hub = await startMessageHub();
  client = new MessageClient({
    apiUrl: hub.url,
    retry: { retries: 2, firstDelayMs: 1, maxDelayMs: 5, bulkTimeoutMs: 300 },
  });
});
afterEach(() => hub.stop());

const configuration = {
  origin_host: 'https://shop.example.org/postoffice/messages/',
  topics: ['orders', { name: 'bills', recovery_enabled: true }],
  consumers: [
    { topic: 'orders', target: 'https://billing.example.org/orders', seconds_timeout: 10, from_now: false },
    { topic: 'bills', target: 'bills-topic', type: 'pubsub', chunk_size: 50, active: false },
  ],
} as const;

const writes = () => hub.calls.filter(({ method }) => method !== 'GET');
const outcomes = ({ steps }: { readonly steps: ReadonlyArray<{ readonly outcome: string }> }) =>
  steps.map(({ outcome }) => outcome);
const acts = ({ steps }: { readonly steps: ReadonlyArray<{ readonly act: string }> }) =>
  steps.map(({ act }) => act);
const consumer = (target: string) => hub.registry.consumers.find((one) => one.target === target);
const answer = (status: number, body: unknown = ''): HubBehaviour => ({
  ...{ kind: 'answer', status },
  body: typeof body === 'string' ? body : JSON.stringify(body),
});

describe('configure', () => {
  it('makes topics and consumers, says what it was asked to say, and changes nothing the second time', async () => {
    expect(outcomes(await client.configure(configuration))).toEqual(Array(4).fill('created'));
    expect(writes().map(({ method, path, text }) => [method, path, JSON.parse(text)])).toEqual([
      ['POST', '/api/topics', { origin_host: configuration.origin_host, name: 'orders' }],
      [
        'POST',
        '/api/topics',
        { origin_host: configuration.origin_host, name: 'bills', recovery_enabled: true },
      ],
      [
        'POST',
        '/api/publishers',
        {
          ...{ active: true, from_now: false, type: 'http', topic: 'orders', seconds_timeout: 10 },
          target: 'https://billing.example.org/orders',
        },
      ],
      [
        'POST',
        '/api/publishers',
        {
          active: false,
          from_now: true,
          type: 'pubsub',
          topic: 'bills',
          target: 'bills-topic',
          chunk_size: 50,
        },
      ],
    ]);
    hub.calls.length = 0;
    const again = await client.configure(configuration);
    expect([outcomes(again), again.failed, writes()]).toEqual([Array(4).fill('unchanged'), 0, []]);
  });

  it('shows what differs, and changes that alone', async () => {
    await client.configure(configuration);
    const changed = {
      ...configuration,
      topics: ['orders', { name: 'bills', recovery_enabled: false, origin_host: 'https://new.example.org/' }],
      consumers: [
        { ...configuration.consumers[0], seconds_timeout: 20, seconds_retry: 60 },
        { ...configuration.consumers[1], active: true },
      ],
    };
    const plan = await client.planConfiguration(changed);
    expect(plan.steps.map(({ name, act, changes }) => [name, act, changes])).toEqual([
      ['orders', 'unchanged', undefined],
      [
        'bills',
        'change',
        {
          origin_host: { from: configuration.origin_host, to: 'https://new.example.org/' },
          recovery_enabled: { from: true, to: false },
        },
      ],
      [
        'orders → https://billing.example.org/orders',
        'change',
        { seconds_timeout: { from: 10, to: 20 }, seconds_retry: { from: 30, to: 60 } },
      ],
      ['bills → pubsub bills-topic', 'change', { active: { from: false, to: true } }],
    ]);
    expect(writes()).toHaveLength(4);
    expect(outcomes(await client.applyConfiguration(plan))).toEqual([
      'unchanged',
      'changed',
      'changed',
      'changed',
    ]);
    expect(consumer('bills-topic')).toMatchObject({ active: true, chunk_size: 50 });
    expect(acts(await client.planConfiguration(changed))).toEqual(Array(4).fill('unchanged'));
  });

  it('leaves paused what an operator has paused, unless the configuration says otherwise', async () => {
    await client.configure(configuration);
    Object.assign(consumer('https://billing.example.org/orders') ?? {}, { active: false });
    expect(outcomes(await client.configure(configuration))).toEqual(Array(4).fill('unchanged'));
  });

  it('reads every page of a long list', async () => {
    const topics = Array.from({ length: 9 }, (_, number) => `topic-${number}`);
    await client.configure({ ...configuration, topics, consumers: [] });
    hub.calls.length = 0;
    expect(acts(await client.planConfiguration({ topics }))).toEqual(Array(9).fill('unchanged'));
    expect(hub.calls.map(({ path }) => path)).toContain('/api/topics?limit=100&after=8');
  });

  it('prunes only when it is asked to, in its own topics, and only such targets', async () => {
    await client.configure({
      ...configuration,
      topics: ['orders', 'bills', 'foreign'],
      consumers: [
        ...configuration.consumers,
        { topic: 'orders', target: 'https://billing.example.org/old' },
        { topic: 'orders', target: 'https://other.example.org/' },
        { topic: 'foreign', target: 'https://billing.example.org/foreign' },
      ],
    });
    expect(acts(await client.planConfiguration(configuration))).not.toContain('delete');
    const some = await client.planConfiguration(configuration, {
      prune: { targetsFrom: 'https://billing.example.org/' },
    });
    expect(some.steps.filter(({ act }) => act === 'delete').map(({ name }) => name)).toEqual([
      'orders → https://billing.example.org/old',
    ]);
    const report = await client.configure(configuration, { prune: true });
    expect(outcomes(report).filter((outcome) => outcome === 'deleted')).toHaveLength(2);
    expect(hub.registry.consumers.map(({ target }) => target)).toEqual([
      'https://billing.example.org/orders',
      'bills-topic',
      'https://billing.example.org/foreign',
    ]);
  });

  it('reports what fails beside what is done', async () => {
    const plan = await client.planConfiguration(configuration);
    hub.script.push({ kind: 'serve' }, answer(400, { data: { errors: { origin_host: ['is invalid'] } } }));
    const report = await client.applyConfiguration(plan);
    expect(report.failed).toBe(2);
    expect(report.steps.filter(({ outcome }) => outcome === 'failed')).toEqual([
      {
        ...{ kind: 'topic', outcome: 'failed', status: 400 },
        name: expect.any(String),
        reason: 'the hub answered 400: {"origin_host":["is invalid"]}',
      },
      expect.objectContaining({ kind: 'consumer', reason: 'the hub answered 400: {"topic":["is invalid"]}' }),
    ]);
    expect(outcomes(await client.configure(configuration))).not.toContain('failed');
  });

  it('meets another that makes the same at the same moment', async () => {
    const plan = await client.planConfiguration(configuration);
    await client.applyConfiguration(plan);
    Object.assign(hub.registry.topics[0] ?? {}, { origin_host: 'https://other.example.org/' });
    const late = await client.applyConfiguration(plan);
    expect(outcomes(late)).toEqual(['changed', 'unchanged', 'unchanged', 'unchanged']);
    expect(hub.registry.topics[0]?.origin_host).toBe(configuration.origin_host);
  });

  it('is content when another has deleted it', async () => {
    await client.configure(configuration);
    const plan = await client.planConfiguration({ topics: ['orders', 'bills'] }, { prune: true });
    hub.script.push(answer(400, { data: { errors: 'Anything has wrong' } }), answer(404));
    expect(outcomes(await client.applyConfiguration(plan))).toEqual([
      'unchanged',
      'unchanged',
      'deleted',
      'deleted',
    ]);
  });

  it('tries again when the hub fails or an answer is lost', async () => {
    hub.script.push(answer(503), { kind: 'serve' });
    const plan = await client.planConfiguration(configuration);
    hub.script.push({ kind: 'cut', stored: true }, { kind: 'reset' });
    const report = await client.applyConfiguration(plan);
    expect(report.failed).toBe(0);
    expect(hub.registry.topics).toHaveLength(2);
  });

  it.each<readonly [string, HubBehaviour, string]>([
    ['HTML', answer(200, '<html>'), 'reply_unreadable'],
    ['a list of something else', answer(200, { data: [{ name: 'x' }] }), 'reply_unreadable'],
    ['403', answer(403, { errors: { detail: 'no' } }), 'refused'],
    ['a redirect', answer(302), 'refused'],
  ])('plans nothing by %s', async (_, behaviour, code) => {
    hub.script.push(behaviour);
    expect((await failureOf(client.configure(configuration))).code).toBe(code);
    expect(writes()).toEqual([]);
  });

  it('ends on a list that never does', async () => {
    hub.script.push(...Array(3).fill(answer(200, { data: [], next: 'x' })));
    expect((await failureOf(client.configure(configuration))).code).toBe('reply_unreadable');
  });

  it('stops at the signal', async () => {
    hub.script.push({ kind: 'hang' });
    const signal = AbortSignal.timeout(20);
    expect((await failureOf(client.configure(configuration, { signal }))).code).toBe('aborted');
  });
});

describe('a configuration', () => {
  it('may be the settings of postoffice_django', async () => {
    await client.configure({
      URL: 'http://fake.service',
      TIMEOUT: 0.3,
      ORIGIN_HOST: 'http://app.example.org',
      RECOVERY_ENABLED: true,
      TOPICS: ['orders'],
      CONSUMERS: [
        {
          topic: 'orders',
          target: 'http://a.example.org',
          type: 'http',
          from_now: false,
          timeout: 3,
          retry: 7,
        },
        { topic: 'orders', target: 'b', type: 'pubsub', from_now: true, timeout: 0 },
      ],
    });
    expect(hub.registry.topics).toMatchObject([
      { name: 'orders', origin_host: 'http://app.example.org/postoffice/messages/', recovery_enabled: true },
    ]);
    expect(hub.registry.consumers).toMatchObject([
      { target: 'http://a.example.org', type: 'http', seconds_timeout: 3, seconds_retry: 7, active: true },
      { target: 'b', type: 'pubsub', seconds_timeout: 5, seconds_retry: 30 },
    ]);
    expect(writes().map(({ text }) => JSON.parse(text).from_now)).toEqual([undefined, false, true]);
    expect(outcomes(await client.configure({ POSTOFFICE: { TOPICS: ['orders'] } }))).toEqual(['unchanged']);
  });

  it.each<readonly [unknown, string]>([
    [undefined, 'expected topics or consumers'],
    [{}, 'expected topics or consumers'],
    [[], 'expected topics or consumers'],
    [{ topics: 'orders' }, '"topics" is invalid'],
    [{ topic: [] }, '"topic" is unknown'],
    [{ topics: [{ nam: 'x' }] }, 'topics[0]: "name" is missing\ntopics[0]: "nam" is unknown'],
    [{ topics: [{ name: 'x', constructor: 1 }] }, 'topics[0]: "constructor" is unknown'],
    [JSON.parse('{"__proto__":{"topics":["x"]}}'), '"__proto__" is unknown'],
    [{ topics: [7] }, 'topics[0] must be an object'],
    [{ topics: [' '] }, 'topics[0]: "name" is invalid'],
    [{ topics: ['a', { name: 'a' }] }, 'the topic a is there twice'],
    [{ consumers: [{ topic: 'a', target: 'b', type: 'ftp' }] }, 'consumers[0]: "type" is invalid'],
    [
      { consumers: [{ topic: 'a', target: 'b', seconds_retry: '5' }] },
      'consumers[0]: "seconds_retry" is invalid',
    ],
    [
      {
        consumers: [
          { topic: 'a', target: 'b' },
          { topic: 'a', target: 'b', type: 'http' },
        ],
      },
      'the consumer a → b is there twice',
    ],
    [{ TOPICS: ['a'], CONSUMERS: [{ topic: 'a' }] }, 'consumers[0]: "target" is missing'],
  ])('that is wrong is refused whole: %j', async (wrong, message) => {
    const error = await failureOf(client.configure(wrong as never));
    expect(error.code).toBe('configuration_invalid');
    expect(error.message).toContain(message);
    expect(hub.calls).toEqual([]);
  });

  it('that cannot be done is not begun', async () => {
    const plan = await client.planConfiguration({
      topics: ['orders'],
      consumers: [{ topic: 'nothing', target: 'http://a.example.org' }],
    });
    expect(plan.steps.map(({ problem }) => problem)).toEqual([
      'it is to be made, and "origin_host" is missing',
      'the topic nothing is not there, and not in the configuration',
    ]);
    await expect(client.applyConfiguration(plan)).rejects.toThrow(MessageError);
    expect(writes()).toEqual([]);
  });
});
