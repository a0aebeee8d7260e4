import { format, inspect, isDeepStrictEqual } from 'node:util';
import { parse } from 'yaml';
import { EventClient, type EventError, type EventLogger, EventSession } from '../../../sdk/events';
import { definitions, quiet } from '../../support/event-definitions';

const makeClient = (logger: EventLogger = quiet) =>
  new EventClient({ serviceName: 'testing-service', topicDefinitions: definitions, logger });
const codeOf = (work: () => unknown): string | undefined => {
  try {
    work();
  } catch (error) {
    return (error as EventError).code;
  }
  return undefined;
};

describe('magic calls', () => {
  it.each([
    ...['my_entity_created', 'created_my_entity', 'CREATED_MY_ENTITY', 'my__entity_created'],
    ...['_my_entity_created', 'createdMyEntity', 'myEntityCreated'],
  ])('resolve %s', (name) => {
    const session = makeClient().userSession('user-1', 'job-1');
    // biome-ignore lint/suspicious/noExplicitAny: names that the types do not list
    (session as any)[name]({ id: '0' });
    expect(session.events).toMatchObject([{ entity: 'MyEntity', action: 'Created', data: { id: '0' } }]);
  });

  it.each(['created_myentity', 'CREATEDMYENTITY', 'created', 'claim_filed', 'then', 'asymmetricMatch', ''])(
    'do not answer to %s',
    (name) => {
      // biome-ignore lint/suspicious/noExplicitAny: names that the types do not list
      expect((makeClient().serviceSession() as any)[name]).toBeUndefined();
    },
  );

  it('never hide what a session has', () => {
    const topics = [{ Entity: 'To', Action: 'String', Schema: {} }];
    const client = new EventClient({
      serviceName: 'testing-service',
      topicDefinitions: { DefaultCategory: 'a', Topics: topics },
    });
    expect(client.serviceSession().toString()).toBe('[object Object]');
  });
});

describe('a session', () => {
  const session = makeClient().userSession('user-1', 'job-1');
  session.createdMyEntity({ id: '0' });

  it('can be awaited', async () => {
    expect(await session).toBe(session);
    expect(await Promise.resolve(session)).toBe(session);
  });

  it('can be logged and inspected, and shows neither token nor data', () => {
    const client = new EventClient({
      apiUrl: 'http://127.0.0.1:1',
      token: 'secret-token',
      serviceName: 'testing-service',
      topicDefinitions: definitions,
    });
    const shown = [inspect(client.serviceSession('job-1'), { depth: 9, showHidden: true }), `${session}`];
    expect(shown[0]).toContain("jobId: 'job-1'");
    expect(shown.join()).not.toContain('secret-token');
    expect(inspect(client, { depth: 9, showHidden: true })).not.toContain('secret-token');
  });

  it('can be copied: the copy has no queue that would be sent again', () => {
    const facts = { actorId: 'user-1', actorType: 'user', jobId: 'job-1', publishImmediately: false };
    expect({ ...session }).toEqual(facts);
    expect(structuredClone(session)).toEqual(facts);
    expect(Object.keys(session)).toEqual(Object.keys(facts));
  });

  it('can be serialised, and resumed with the same events', () => {
    const resumed = makeClient().resumeSession(JSON.parse(JSON.stringify(session)));
    expect(resumed.toJSON()).toEqual(session.toJSON());
    expect(resumed.events).toHaveLength(1);
  });

  it('compares equal to itself and prints in a failed expectation', () => {
    expect(session).toEqual(session);
    expect(() => expect(session).toBe(1)).toThrow('Expected: 1');
  });

  it('is told apart from a copy, and is what it is an instance of', () => {
    expect(session).toBeInstanceOf(EventSession);
    expect({ ...session }).not.toBeInstanceOf(EventSession);
    expect(session).not.toStrictEqual({ ...session });
    expect(isDeepStrictEqual(session, { ...session })).toBe(false);
    expect(isDeepStrictEqual(session, session)).toBe(true);
    expect(session).toMatchObject({ jobId: 'job-1', actorId: 'user-1' });
  });

  it('has no names but its own, whoever asks for them', () => {
    const own = ['actorId', 'actorType', 'jobId', 'publishImmediately'];
    const walked: string[] = [];
    for (const name in session) {
      walked.push(name);
    }
    expect([walked, Reflect.ownKeys(session), Object.keys(Object.assign({}, session))]).toEqual([
      own,
      own,
      own,
    ]);
    const wellKnown = Reflect.ownKeys(Symbol).filter((name) => typeof Symbol[name as never] === 'symbol');
    const answered = wellKnown.filter((name) => (session as never)[Symbol[name as never]] !== undefined);
    expect(answered).toEqual(['asyncDispose'].filter((name) => name in Symbol));
  });

  it('becomes a text like any object, and no number', () => {
    expect([`${session}`, format('%s', session).includes('job-1'), Number.isNaN(Number(session))]).toEqual([
      '[object Object]',
      true,
      true,
    ]);
    const { events } = JSON.parse(JSON.stringify({ within: [session] })).within[0];
    expect(events).toHaveLength(1);
  });

  it('can be frozen, given names of its own, and stood behind by others', () => {
    const other = makeClient().userSession('user-1', 'job-1');
    Object.assign(other, { mark: 7, createdMyEntity: 'mine' });
    expect({ ...other }).toMatchObject({ mark: 7, createdMyEntity: 'mine' });
    const frozen = Object.freeze(makeClient().userSession('user-1', 'job-1'));
    frozen.createdMyEntity({ id: '0' });
    expect(frozen.events).toHaveLength(1);
    // What has a session as its prototype is none: its magic calls are nobody's.
    expect(Object.create(session).createdMyEntity).toBeUndefined();
    expect(
      (EventSession.prototype as unknown as { createdMyEntity: unknown }).createdMyEntity,
    ).toBeUndefined();
  });

  it('works behind a proxy that hands calls on to it', () => {
    const target = makeClient().userSession('user-1', 'job-1');
    const proxy = new Proxy(target, {
      get: (one, name) => {
        const value = Reflect.get(one, name, one);
        return typeof value === 'function' ? value.bind(one) : value;
      },
    });
    proxy.createdMyEntity({ id: '0' });
    expect([proxy.events.length, target.events.length]).toEqual([1, 1]);
  });

  it('is not resumed from what was tampered with', () => {
    const snapshot = JSON.parse(JSON.stringify(session));
    const event = snapshot.events[0];
    const wrong = (change: object) => () => makeClient().resumeSession({ ...snapshot, ...change });
    expect(codeOf(wrong({ actorType: 'root' }))).toBe('configuration_invalid');
    expect(codeOf(wrong({ events: [{ ...event, entity: 'Other' }] }))).toBe('topic_not_found');
    expect(codeOf(wrong({ events: [{ ...event, data: { id: 7 } }] }))).toBe('event_invalid');
    expect(codeOf(wrong({ events: [{ ...event, id: 7 }] }))).toBe('event_invalid');
  });
});

describe('publishing', () => {
  it.each<[string, unknown]>([
    ['a schema', { id: 7 }],
    ['a schema of Draft 4', { id: '0', size: 0 }],
    ['a closed schema', { id: '0', other: 1 }],
    ['an empty object', {}],
    ['no object', 'text'],
    ['a list', [1]],
    ['what is no object as JSON', new Date(0)],
    ['what is nothing as JSON', { toJSON: () => undefined }],
    ['a function', () => 1],
    ['a number that JSON does not have', { id: '0', size: Number.NaN }],
    ['a big integer', { id: '0', size: 1n }],
  ])('refuses data against %s at once, and queues nothing', (_, data) => {
    const session = makeClient().userSession('user-1', 'job-1');
    expect(codeOf(() => session.createdMyEntity(data as never))).toBe('event_invalid');
    expect(session.events).toEqual([]);
  });

  it('says what is wrong and never the value', () => {
    const session = makeClient().userSession('user-1', 'job-1');
    const publish = () => session.createdMyEntity({ id: '0', state: 'classified' as never });
    expect(publish).toThrow('testing.MyEntityCreated: data.state');
    expect(publish).not.toThrow('classified');
  });

  it('does not assert formats, but a property may be called so', () => {
    const schema = { properties: { format: { type: 'string', format: 'uri' } }, enum: [{ format: 'x' }] };
    const client = new EventClient({
      serviceName: 'testing-service',
      topicDefinitions: { DefaultCategory: 'a', Topics: [{ Entity: 'B', Action: 'Cd', Schema: schema }] },
    });
    const publish = (data: object) =>
      client.serviceSession().publish({ action: 'Cd', entity: 'B', data } as never);
    expect(() => publish({ format: 'x' })).toThrow('entity must be');
    expect(client.getTopic(undefined, 'B', 'Cd').name).toBe('a.BCd');
  });

  it.each(['ada', 'x'.repeat(1025), 'half-\ud800'])('refuses the actor %j as the server would', (id) => {
    expect(codeOf(() => makeClient().userSession(id).createdMyEntity({ id: '0' }))).toBe('event_invalid');
  });

  it('refuses a category of the system', () => {
    const client = new EventClient({
      serviceName: 'testing-service',
      topicDefinitions: {
        DefaultCategory: 'profile',
        Topics: [{ Entity: 'Test', Action: 'Made', Schema: {} }],
      },
      logger: quiet,
    });
    expect(() => client.serviceSession().madeTest({ id: '0' })).toThrow('belong to the system');
  });

  it('refuses data that is deeper than the server takes', () => {
    const nested = (levels: number): object => (levels === 1 ? {} : { a: nested(levels - 1) });
    const publish = (levels: number) => () =>
      makeClient()
        .userSession('user-1')
        .publish({ category: 'claims', entity: 'Claim', action: 'Filed', data: { ...nested(levels) } });
    expect(publish(200)).not.toThrow();
    expect(publish(201)).toThrow('nested deeper than 200 levels');
  });

  it('queues a copy', () => {
    const session = makeClient().userSession('user-1', 'job-1');
    const data = { id: '0' };
    session.createdMyEntity(data);
    data.id = 'changed';
    expect(session.events[0]?.data).toEqual({ id: '0' });
    expect(() => Object.assign(session.events[0]?.data ?? {}, { id: '1' })).toThrow(TypeError);
  });

  it('names a topic that is not there', () => {
    const session = makeClient().userSession('user-1', 'job-1');
    const publish = (request: object) => () => session.publish({ data: { id: '0' }, ...request } as never);
    expect(publish({ entity: 'Claim', action: 'Filed' })).toThrow('Topic not found: testing.ClaimFiled');
    expect(publish({ entity: 'My', action: 'EntityCreated' })).toThrow('Topic not found');
    publish({ entity: 'Claim', action: 'Filed', category: 'claims' })();
    expect(session.events).toHaveLength(1);
  });

  it('takes 10 000 events, and asks for a flush before more', () => {
    const session = makeClient().userSession('user-1', 'job-1');
    for (let number = 0; number < 10_000; number += 1) {
      session.createdMyEntity({ id: `${number}` });
    }
    expect(codeOf(() => session.createdMyEntity({ id: 'more' }))).toBe('queue_full');
    expect(session.events).toHaveLength(10_000);
  });

  it.each(['', ' a', 'a\r\nx-other: 1', 'ü', 'a'.repeat(257)])('refuses the job id %j', (jobId) => {
    expect(codeOf(() => makeClient().serviceSession(jobId))).toBe('configuration_invalid');
  });
});

describe('ids of a run with an idempotency key', () => {
  const idsOf = (key: string, data: readonly string[], service = 'testing-service') => {
    const client = new EventClient({ serviceName: service, topicDefinitions: definitions, logger: quiet });
    const session = client.serviceSession('job-1', { idempotencyKey: key });
    for (const id of data) {
      session.createdMyEntity({ id });
    }
    return session.events.map(({ id }) => id);
  };

  it('are the same when it runs again, in whatever order', () => {
    expect(idsOf('message-1', ['a', 'b', 'a'])).toEqual(idsOf('message-1', ['a', 'b', 'a']));
    expect(idsOf('message-1', ['b', 'a', 'a']).sort()).toEqual(idsOf('message-1', ['a', 'b', 'a']).sort());
  });

  it('tell events, runs and services apart', () => {
    expect(new Set(idsOf('message-1', ['a', 'b', 'a'])).size).toBe(3);
    expect(idsOf('message-1', ['a'])).not.toEqual(idsOf('message-2', ['a']));
    expect(idsOf('message-1', ['a'])).not.toEqual(idsOf('message-1', ['a'], 'other-service'));
  });
});

describe('local mode', () => {
  it('validates and logs in order, and sends nothing', async () => {
    const lines: unknown[] = [];
    const client = makeClient({ ...quiet, info: (message, context) => lines.push([message, context]) });
    const session = client.thirdPartySession('job-1');
    session.createdMyEntity({ id: '0' });
    session.publish({ category: 'claims', entity: 'Claim', action: 'Filed', data: { a: 1 } });
    await session.flush();
    expect(lines).toMatchObject([
      ['Publishing event testing.MyEntityCreated', { data: { id: '0' }, jobId: 'job-1' }],
      ['Publishing event claims.ClaimFiled', { actor: { id: 'testing-service', type: 'third-party' } }],
    ]);
    expect(session.events).toEqual([]);
    expect([client.publishUrl, client.defaultCategory]).toEqual([undefined, 'testing']);
  });
});

describe('definitions', () => {
  const load = (topicDefinitions: unknown) => () =>
    new EventClient({ serviceName: 'testing-service', topicDefinitions });

  it('may be a YAML text that was parsed', () => {
    const text = `
DefaultCategory: testing
Topics:
  - { Entity: MyEntity, Action: Created, Schema: { required: [id] } }
  - { Entity: MyEntity, Action: Created, Schema: { required: [number] } }`;
    const session = new EventClient({
      serviceName: 'testing-service',
      topicDefinitions: parse(text),
      logger: quiet,
    }).serviceSession();
    session.created_my_entity({ number: 1 }); // of the same name the last one wins
    expect(() => session.created_my_entity({ id: 1 })).toThrow('testing.MyEntityCreated');
  });

  it.each<[string, unknown, string]>([
    ['a text', 'Topics: []', 'parsed first'],
    ['no topics', {}, '"Topics" must be a list'],
    ['null topics', { Topics: null }, '"Topics" must be a list'],
    ['no entity', { Topics: [{ Action: 'A', Schema: {} }] }, 'Topics[0] must have "Entity"'],
    ['no action', { Topics: [{ Entity: 'A', Schema: {} }] }, 'Topics[0] must have "Action"'],
    ['no schema', { Topics: [{ Entity: 'A', Action: 'B' }] }, 'Topics[0].Schema'],
    ['no category', { Topics: [{ Entity: 'A', Action: 'B', Schema: {} }] }, 'no "Category"'],
    [
      'a reference to elsewhere',
      { Topics: [{ Category: 'a', Entity: 'A', Action: 'B', Schema: { $ref: 'http://example.org/a' } }] },
      'the schema of a.AB',
    ],
    [
      'a draft that nobody can enforce',
      {
        Topics: [
          {
            Category: 'a',
            Entity: 'A',
            Action: 'B',
            Schema: { $schema: 'http://json-schema.org/draft-02/schema#' },
          },
        ],
      },
      '"$schema" must be left out (Draft 4)',
    ],
  ])('are refused with %s', (_, wrong, told) => {
    expect(load(wrong)).toThrow(told);
    expect(codeOf(load(wrong))).toBe('definitions_invalid');
  });

  it('take Draft 3 where a schema names it', () => {
    const $schema = 'http://json-schema.org/draft-03/schema#';
    const Schema = { $schema, properties: { id: { type: 'string', required: true } } } as const;
    const session = new EventClient({
      serviceName: 'testing-service',
      topicDefinitions: { DefaultCategory: 'a', Topics: [{ Entity: 'Test', Action: 'Made', Schema }] },
      logger: quiet,
    }).serviceSession();
    session.madeTest({ id: '0' });
    expect(() => session.madeTest({ other: 1 } as never)).toThrow('expected {"required":["id"]}');
  });
});
