import type { Event } from '../../../../core/events/event';
import type { EventBatch } from '../../../../core/events/ports';
import { type OriginEnding, recoverOrigins } from '../../../../core/messages/recovery/recover-origins';
import type { OriginClient } from '../../../../core/messages/recovery/recover-ports';
import { MemoryOrigin, MemoryOriginSweeps, memoryDirectory } from '../../../support/memory-origin';
import { MemoryTopicStore } from '../../../support/memory-registry';

const start = Date.parse('2026-11-20T12:00:00.000Z');

async function makeWorld(...origins: readonly MemoryOrigin[]) {
  const topics = new MemoryTopicStore();
  await topics.create({ key: { door: 'topics', name: 'orders' }, number: 1, createdAt: 'then' });
  const sweeps = new MemoryOriginSweeps();
  const batches: EventBatch[] = [];
  const endings: OriginEnding[] = [];
  const clock = { now: start };
  const byHost = (url: string) =>
    origins.find((origin) => new URL(url).host === new URL(origin.originHost).host) as OriginClient;
  const ports = {
    directory: memoryDirectory(...origins.map(({ originHost }) => originHost)),
    sweeps,
    client: {
      list: (url: string) => byHost(url).list(url),
      remove: (url: string) => byHost(url).remove(url),
    },
    topics,
    events: { append: async (given: readonly EventBatch[]) => void batches.push(...given) },
    now: () => new Date(clock.now),
    random: () => 0.5,
  };
  const events = () => batches.flatMap((batch) => batch.events);
  return {
    ports,
    topics,
    sweeps,
    clock,
    batches,
    endings,
    messages: () => events().filter(({ topic }) => topic.door === 'topics'),
    notices: () => events().filter(({ topic }) => topic.door === 'system'),
    /** What dispatch takes: an id once. */
    distinct: () => [...new Map(events().map((event) => [event.id, event])).values()],
    sweep: async (seconds = 60) => {
      clock.now += seconds * 1000;
      endings.length = 0;
      const deadline = new Date(clock.now + 44_000);
      return recoverOrigins(ports, (_, ending) => endings.push(ending), deadline);
    },
  };
}

const payloads = (events: readonly Event[]) => events.map(({ dataJson }) => JSON.parse(dataJson));

describe('recoverOrigins', () => {
  it('takes what an origin lists as it came, and removes it when the stream has it', async () => {
    const origin = new MemoryOrigin();
    origin.listing = () => ({
      status: 200,
      text: '[{"id":7,"topic":"orders","payload":{"n": 1.0},"attributes":null,"bulk":false},{"id":8,"topic":"orders","payload":"x"}]',
    });
    const { sweep, ports, batches } = await makeWorld(origin);
    const log: string[] = [];
    const { append } = ports.events;
    ports.events.append = async (given) => {
      log.push('append');
      await append(given);
    };
    origin.removal = (id) => {
      log.push(`remove ${id}`);
      return { status: 204 };
    };
    expect(await sweep()).toEqual({ origins: 1, messages: 2, refused: 0, unreachable: 0, complete: true });
    expect(log).toEqual(['append', 'remove 7', 'remove 8']);
    expect(batches.map(({ events }) => events)).toEqual([
      [
        {
          id: expect.stringMatching(/^evt_[\w-]{24}$/),
          topic: { door: 'topics', name: 'orders' },
          source: '/api/messages',
          time: '2026-11-20T12:01:00.000Z',
          dataJson: '{"n": 1.0}',
          attributesJson: 'null',
        },
      ],
      [expect.objectContaining({ dataJson: '"x"' })],
    ]);
    expect(origin.asked.slice(0, 2)).toEqual([
      'GET http://app.test/postoffice/messages/',
      'DELETE http://app.test/postoffice/messages/7/',
    ]);
  });

  it('removes nothing that the stream has not taken', async () => {
    const origin = new MemoryOrigin();
    origin.add();
    const { sweep, ports, messages } = await makeWorld(origin);
    const { append } = ports.events;
    ports.events.append = async () => {
      throw new Error('throttled');
    };
    await expect(sweep()).rejects.toThrow('throttled');
    expect(origin.asked.filter((call) => call.startsWith('DELETE'))).toEqual([]);
    ports.events.append = append;
    await sweep();
    expect([messages().length, origin.rows]).toEqual([1, []]);
  });

  it('brings the same events again as long as a row cannot be removed', async () => {
    const origin = new MemoryOrigin();
    origin.add();
    origin.add({ bulk: true, payload: [1, 2].map((n) => ({ topic: 'orders', payload: n, attributes: {} })) });
    origin.removal = () => ({ status: 500 });
    const { sweep, messages, distinct } = await makeWorld(origin);
    for (let sweeps = 0; sweeps < 3; sweeps += 1) {
      await sweep();
    }
    expect(messages()).toHaveLength(9);
    expect(payloads(distinct())).toEqual([{ id: 1 }, 1, 2]);
    origin.removal = undefined;
    await sweep();
    expect(origin.rows).toEqual([]);
    expect(distinct()).toHaveLength(3);
  });

  it('takes a row of many messages as one unit: all or none', async () => {
    const origin = new MemoryOrigin();
    const good = { topic: 'orders', payload: 1, attributes: {} };
    origin.add({ bulk: true, payload: [good, { ...good, topic: 'nobody made it' }] });
    origin.add({ bulk: true, payload: [good, 7] });
    origin.add({ bulk: true, payload: { ...good } });
    origin.add({ bulk: 'yes', payload: [good] });
    origin.add({ bulk: true, payload: [] });
    const { sweep, messages, endings } = await makeWorld(origin);
    await sweep();
    expect(messages()).toEqual([]);
    expect(origin.rows.map(({ id }) => id)).toEqual([1, 2, 3, 4]);
    expect(endings[0]).toMatchObject({
      sweep: {
        refused: [
          { id: '1', reason: 'topic: is invalid' },
          { id: '2', reason: 'payload: message 1 is no object' },
          { id: '3', reason: 'bulk: with true, the payload is a list of messages' },
          { id: '4', reason: 'bulk: with true, the payload is a list of messages' },
        ],
      },
    });
  });

  it('splits what is larger than a record of the stream, and loses nothing of it', async () => {
    const origin = new MemoryOrigin();
    const payload = 'x'.repeat(20_000);
    origin.add({
      bulk: true,
      payload: Array.from({ length: 120 }, () => ({ topic: 'orders', payload, attributes: {} })),
    });
    const { sweep, batches, distinct } = await makeWorld(origin);
    await sweep();
    expect(batches.length).toBeGreaterThan(2);
    expect(distinct()).toHaveLength(120);
  });
});

describe('rows that cannot be taken', () => {
  it('do not hold up the ones behind them, however many there are', async () => {
    const origin = new MemoryOrigin();
    for (let row = 0; row < 250; row += 1) {
      origin.add({ topic: 'unknown' });
    }
    const good = [origin.add(), origin.add()];
    const { sweep, messages } = await makeWorld(origin);
    expect(await sweep()).toMatchObject({ messages: 2, refused: 250 });
    expect(origin.removed).toEqual(good);
    expect(origin.asked.filter((call) => call.startsWith('GET'))).toEqual([
      'GET http://app.test/postoffice/messages/',
      'GET http://app.test/postoffice/messages/?limit=200',
      'GET http://app.test/postoffice/messages/?limit=300',
    ]);
    expect(payloads(messages())).toEqual([{ id: 251 }, { id: 252 }]);
  });

  it('are told of once, and again when there are others', async () => {
    const origin = new MemoryOrigin('http://user:secret@app.test/messages/');
    origin.add({ topic: 'unknown' });
    const { sweep, notices, topics } = await makeWorld(origin);
    await sweep();
    await sweep();
    expect(notices()).toHaveLength(1);
    expect(notices()[0]?.topic.name).toBe('delivery.unrecovered');
    expect(payloads(notices())).toEqual([
      {
        origin_host: 'http://app.test/messages/',
        reason: 'rows_refused',
        refused: 1,
        rows: [{ id: '1', reason: 'topic: is invalid' }],
      },
    ]);
    origin.add({ topic: 'unknown, too' });
    await sweep();
    expect(payloads(notices())[1]).toMatchObject({ refused: 2 });
    await topics.create({ key: { door: 'topics', name: 'unknown' }, number: 2, createdAt: 'then' });
    await sweep();
    expect(origin.rows.map(({ id }) => id)).toEqual([2]);
  });

  it.each([
    ['a text', '"1"'],
    ['a path', '"../x"'],
    ['a fraction', '1.5'],
    ['an exponent', '1e3'],
    ['negative', '-1'],
    ['nothing', 'null'],
    ['beyond all numbers', '1'.repeat(20)],
    ['an object', '{"x":1}'],
  ])('are those whose id is %s, of which no URL is made', async (_, id) => {
    const origin = new MemoryOrigin();
    origin.listing = () => ({ status: 200, text: `[{"id":${id},"topic":"orders","payload":1}]` });
    const { sweep } = await makeWorld(origin);
    expect(await sweep()).toMatchObject({ messages: 0, refused: 1 });
    expect(origin.asked.filter((call) => call.startsWith('DELETE'))).toEqual([]);
  });

  it.each([
    '1',
    'null',
    '"x"',
    '[]',
    '{}',
    '{"id":1}',
    '{"id":1,"topic":"orders"}',
    '{"id":1,"topic":7,"payload":1}',
  ])('are %s', async (row) => {
    const origin = new MemoryOrigin();
    origin.listing = () => ({ status: 200, text: `[${row}]` });
    const { sweep } = await makeWorld(origin);
    expect(await sweep()).toMatchObject({ messages: 0, refused: 1 });
  });

  it('are those with a message of more than an event may have', async () => {
    const origin = new MemoryOrigin();
    origin.add({ payload: 'x'.repeat(300_000) });
    const { sweep } = await makeWorld(origin);
    expect(await sweep()).toMatchObject({ messages: 0, refused: 1 });
  });
});

describe('ids that come again', () => {
  it('with other content are other messages, also in one list', async () => {
    const origin = new MemoryOrigin();
    origin.rows = [1, 2].map((n) => ({ id: 5, fields: { topic: 'orders', payload: n } }));
    const { sweep, distinct } = await makeWorld(origin);
    await sweep();
    expect(payloads(distinct())).toEqual([1, 2]);
  });

  it('with the same content are other messages when the origin had nothing left in between', async () => {
    const origin = new MemoryOrigin();
    const { sweep, distinct } = await makeWorld(origin);
    for (let times = 0; times < 3; times += 1) {
      origin.forgetNumbers();
      origin.add({ payload: 'ping' });
      await sweep();
      await sweep();
    }
    expect(distinct()).toHaveLength(3);
  });

  it('are the same message when nobody said that it was removed, whatever was listed in between', async () => {
    const origin = new MemoryOrigin();
    origin.add();
    const { rows } = origin;
    origin.removal = () => ({ status: 404 });
    const { sweep, distinct } = await makeWorld(origin);
    await sweep();
    // Two instances with a table each, behind one name.
    origin.rows = [];
    await sweep();
    origin.rows = rows;
    await sweep();
    expect(distinct()).toHaveLength(1);
  });

  it('are the same message as long as the origin has anything, also when it was not listed for a while', async () => {
    const origin = new MemoryOrigin();
    origin.add();
    const { rows } = origin;
    origin.removal = () => ({ status: 500 });
    const { sweep, distinct } = await makeWorld(origin);
    await sweep();
    origin.removal = undefined;
    origin.rows = [];
    origin.add();
    await sweep();
    origin.rows = rows;
    await sweep();
    expect(payloads(distinct())).toEqual([{ id: 1 }, { id: 2 }]);
  });

  it('at another host are other messages', async () => {
    const origins = [new MemoryOrigin('http://a.test/m/'), new MemoryOrigin('http://b.test/m/')];
    for (const origin of origins) {
      origin.add({ payload: 'ping' });
    }
    const { sweep, distinct } = await makeWorld(...origins);
    await sweep();
    expect(distinct()).toHaveLength(2);
  });
});

describe('an origin that topics spell in different ways', () => {
  it.each([
    ['HTTP://APP.Test:80/m/', 'in capitals and with its port'],
    ['app.test/m/', 'without a scheme'],
    ['http://changewire:secret@app.test/m/', 'with a password'],
  ])('such as %s, is one: its messages come once, although both are swept (%s)', async (spelling) => {
    const origin = new MemoryOrigin('http://app.test/m/');
    origin.add();
    const { rows } = origin;
    const { sweep, ports, distinct, endings } = await makeWorld(origin);
    ports.directory = memoryDirectory(origin.originHost, spelling);
    origin.removal = () => ({ status: 500 });
    await sweep();
    await sweep();
    origin.removal = undefined;
    await sweep();
    expect(rows).not.toEqual([]);
    expect([distinct().length, origin.rows, endings.length]).toEqual([1, [], 2]);
  });

  it('is another one where the path or the port differs', async () => {
    const urls = [
      'http://app.test/m/',
      'http://app.test/n/',
      'http://app.test:8080/m/',
      'https://app.test/m/',
    ];
    const { ports, sweep, distinct } = await makeWorld(new MemoryOrigin());
    ports.directory = memoryDirectory(...urls);
    ports.client.list = async () => ({ status: 200, text: '[{"id":1,"topic":"orders","payload":1}]' });
    ports.client.remove = async () => ({ status: 204 });
    await sweep();
    expect(distinct()).toHaveLength(urls.length);
  });
});

describe('an origin that is not as it should be', () => {
  const answers: readonly [string, Awaited<ReturnType<OriginClient['list']>>, string][] = [
    ['redirects', { status: 301, text: '' }, 'status_301'],
    ['fails', { status: 500, text: '[]' }, 'status_500'],
    ['answers with a page', { status: 200, text: '<html>' }, 'not_a_list'],
    ['answers with an object', { status: 200, text: '{"results":[]}' }, 'not_a_list'],
    ['answers with half a list', { status: 200, text: '[{"id":1,"topic":"orders"' }, 'not_a_list'],
    ['answers with brackets alone', { status: 200, text: '['.repeat(5_000_000) }, 'not_a_list'],
    ['is not there', { failure: 'connection_refused' }, 'connection_refused'],
    ['is not to be called', { failure: 'target_refused' }, 'target_refused'],
  ];
  it.each(answers)('%s, and the others are swept all the same', async (_, answer, failure) => {
    const [bad, good] = [new MemoryOrigin('http://bad.test/m/'), new MemoryOrigin('http://good.test/m/')];
    bad.listing = () => answer;
    good.add();
    const { sweep, endings } = await makeWorld(bad, good);
    expect(await sweep()).toMatchObject({ messages: 1, unreachable: 1 });
    expect(endings.find((ending) => ending.outcome === 'swept' && ending.sweep.failure)).toMatchObject({
      sweep: { failure },
      state: { failingSince: '2026-11-20T12:01:00.000Z' },
    });
  });

  it('is told of when it has failed for ten minutes, once each time', async () => {
    const origin = new MemoryOrigin();
    origin.listing = () => ({ status: 502, text: '' });
    const { sweep, notices, clock } = await makeWorld(origin);
    for (let minutes = 0; minutes < 10; minutes += 1) {
      await sweep();
    }
    expect(notices()).toEqual([]);
    await sweep();
    await sweep();
    expect(payloads(notices())).toEqual([
      { origin_host: origin.originHost, reason: 'status_502', failing_since: '2026-11-20T12:01:00.000Z' },
    ]);
    origin.listing = undefined;
    await sweep();
    origin.listing = () => ({ status: 502, text: '' });
    await sweep();
    clock.now += 600_000;
    await sweep();
    expect(notices()).toHaveLength(2);
  });

  it('is asked for fewer rows when it sends too much', async () => {
    const origin = new MemoryOrigin();
    for (let row = 0; row < 12; row += 1) {
      origin.add();
    }
    const whole = origin.list;
    origin.list = async (url) => {
      const limit = Number(new URL(url).searchParams.get('limit') ?? 100);
      return limit > 10 ? { failure: 'answer_too_large' } : whole(url);
    };
    const { sweep, distinct } = await makeWorld(origin);
    await sweep();
    expect(distinct()).toHaveLength(12);
    origin.list = async () => ({ failure: 'answer_too_large' });
    expect(await sweep()).toMatchObject({ unreachable: 1 });
  });

  it('that lists the same rows whatever is asked, or new ones for ever, ends its sweep', async () => {
    const stubborn = new MemoryOrigin('http://stubborn.test/m/');
    stubborn.listing = () => ({
      status: 200,
      text: JSON.stringify(Array.from({ length: 100 }, (_, id) => ({ id, topic: 'unknown', payload: 1 }))),
    });
    const endless = new MemoryOrigin('http://endless.test/m/');
    let made = 0;
    endless.listing = () => ({
      status: 200,
      text: JSON.stringify(
        Array.from({ length: 10_000 }, () => {
          made += 1;
          return { id: made, topic: 'orders', payload: made };
        }),
      ),
    });
    const { sweep } = await makeWorld(stubborn, endless);
    expect(await sweep()).toMatchObject({ messages: 1000, refused: 100 });
    expect(stubborn.asked).toHaveLength(2);
  });

  it('and that removes nothing is soon left alone', async () => {
    const origin = new MemoryOrigin();
    for (let row = 0; row < 90; row += 1) {
      origin.add();
    }
    origin.removal = () => ({ failure: 'timeout' });
    const { sweep } = await makeWorld(origin);
    await sweep();
    expect(origin.asked.filter((call) => call.startsWith('DELETE')).length).toBeLessThan(10);
  });

  it('and is slow loses its turn after twenty seconds', async () => {
    const origin = new MemoryOrigin();
    const { sweep, clock } = await makeWorld(origin);
    const whole = origin.list;
    origin.list = async (url) => {
      clock.now += 5000;
      origin.add();
      return whole(url);
    };
    origin.listing = (limit) => ({
      status: 200,
      text: JSON.stringify(
        Array.from({ length: limit }, () => ({ id: origin.nextId++, topic: 'orders', payload: 1 })),
      ),
    });
    await sweep();
    expect(origin.asked.filter((call) => call.startsWith('GET')).length).toBeLessThanOrEqual(5);
  });

  it('and has no path of its own gets no row removed at another port', async () => {
    const origin = new MemoryOrigin('http://app.test:80');
    origin.add();
    const { sweep, messages } = await makeWorld(origin);
    await sweep();
    expect(messages()).toHaveLength(1);
    expect(origin.asked).toEqual(['GET http://app.test:80']);
  });
});

describe('two sweeps', () => {
  it('are not at one origin at a time, until the first can only be dead', async () => {
    const origin = new MemoryOrigin();
    origin.add();
    const { sweep, sweeps, endings, clock } = await makeWorld(origin);
    const until = new Date(clock.now + 90_000).toISOString();
    await sweeps.claim(origin.originHost, { at: new Date(clock.now).toISOString(), until });
    await sweep();
    expect(endings).toEqual([{ outcome: 'busy' }]);
    expect(origin.asked).toEqual([]);
    await sweep();
    expect(origin.rows).toEqual([]);
  });
});

describe('the address', () => {
  it.each([
    ['app.test/m/', 'http://app.test/m/'],
    ['localhost:8000/m/', 'http://localhost:8000/m/'],
    ['HTTPS://app.test/m/', 'HTTPS://app.test/m/'],
  ])('of %s is %s', async (originHost, url) => {
    const origin = new MemoryOrigin(url);
    const { sweep, ports } = await makeWorld(origin);
    ports.directory = memoryDirectory(originHost);
    await sweep();
    expect(origin.asked).toEqual([`GET ${url}`]);
  });
});
