import { EventClient, type FromSchema, type TopicDefinitions } from '../../../sdk/events';
import { definitions, quiet } from '../../support/event-definitions';

/** `tsc` is what fails here: an expected error that does not come is an error. */
type Same<One, Other> =
  (<T>() => T extends One ? 1 : 2) extends <T>() => T extends Other ? 1 : 2 ? true : false;
const holds = <_ extends true>() => undefined;
type Is<Type, Value> = Value extends Type ? true : false;

const setUp = () =>
  new EventClient({ serviceName: 'testing-service', topicDefinitions: definitions, logger: quiet });

describe('the types of a session', () => {
  const session = setUp().userSession('user-1', 'job-1');

  it('know the magic calls and their data', () => {
    const calls = () => [
      session.createdMyEntity({ id: '0', size: 1, tags: ['a'], state: 'open' }),
      session.myEntityCreated({ id: '0' }),
      session.created_my_entity({ id: '0' }),
      session.my_entity_created({ id: '0' }),
      // @ts-expect-error the id is missing
      session.createdMyEntity({}),
      // @ts-expect-error an id is a text
      session.createdMyEntity({ id: 0 }),
      // @ts-expect-error no such state
      session.createdMyEntity({ id: '0', state: 'ajar' }),
      // @ts-expect-error the schema allows nothing else
      session.createdMyEntity({ id: '0', other: 1 }),
      // @ts-expect-error no such topic
      session.deletedMyEntity({ id: '0' }),
      // @ts-expect-error of another category
      session.filedClaim({}),
    ];
    expect(calls).toThrow('testing.MyEntityCreated');
  });

  it('know what publish takes', () => {
    const calls = () => [
      session.publish({ action: 'Created', entity: 'MyEntity', data: { id: '0' } }),
      session.publish({ action: 'Filed', entity: 'Claim', category: 'claims', data: { any: 1 } }),
      // @ts-expect-error data of the topic
      session.publish({ action: 'Created', entity: 'MyEntity', data: { id: 0 } }),
      // @ts-expect-error the category is not the default
      session.publish({ action: 'Filed', entity: 'Claim', data: { any: 1 } }),
      // @ts-expect-error action and entity of two topics
      session.publish({ action: 'Filed', entity: 'MyEntity', data: { id: '0' } }),
    ];
    expect(calls).toThrow('testing.MyEntityCreated');
  });

  it('know when something is sent', () => {
    const immediate = setUp().serviceSession('job-1', { publishImmediately: true });
    holds<Same<ReturnType<typeof immediate.createdMyEntity>, Promise<void>>>();
    holds<Same<ReturnType<typeof session.createdMyEntity>, void>>();
    expect(immediate.publishImmediately).toBe(true);
  });

  it('let anything pass that the compiler cannot see', () => {
    const read: TopicDefinitions = JSON.parse(JSON.stringify(definitions));
    const parsed = JSON.parse(JSON.stringify(definitions));
    for (const topicDefinitions of [read, parsed]) {
      const loose = new EventClient({ serviceName: 'testing-service', topicDefinitions, logger: quiet });
      const one = loose.serviceSession('job-1');
      one.createdMyEntity({ id: '0' });
      one.publish({ action: 'Created', entity: 'MyEntity', data: { id: '0' } });
      expect(one.events).toHaveLength(2);
    }
  });
});

describe('a schema as a type', () => {
  it('follows the usual keywords', () => {
    type Of<S> = FromSchema<S>;
    holds<Same<Of<{ type: 'string' }>, string>>();
    holds<Is<Of<{ type: readonly ['string', 'null'] }>, null>>();
    holds<Is<Of<{ const: 7 }>, 7>>();
    holds<Is<Of<{ enum: readonly ['a', 1] }>, 'a' | 1>>();
    holds<Is<Of<{ type: 'array'; items: { type: 'integer' } }>, number[]>>();
    holds<Is<Of<{ oneOf: readonly [{ type: 'string' }, { type: 'boolean' }] }>, string | boolean>>();
    holds<Is<Of<{ type: 'object'; additionalProperties: { type: 'number' } }>, { a: number }>>();
    type Linked = {
      definitions: { id: { type: 'string' } };
      allOf: readonly [{ required: readonly ['a']; properties: { a: { $ref: '#/definitions/id' } } }];
    };
    type Nested = { properties: { inner: { properties: { a: { type: 'string' } } } } };
    holds<Is<Of<Nested>, { inner: { a: 'x' } }>>();
    holds<Is<Of<{ required: readonly ['b'] }>, { b: 1 }>>();
    // @ts-expect-error a number is no text
    holds<Is<Of<Nested>, { inner: { a: 1 } }>>();
    // @ts-expect-error not among them
    holds<Is<Of<{ enum: readonly ['a', 1] }>, 'b'>>();
    // @ts-expect-error b is required
    holds<Is<Of<{ type: 'object'; required: readonly ['b'] }>, { a: 1 }>>();
    holds<Is<Of<Linked>, { a: string }>>();
    expect(holds).toBeInstanceOf(Function);
  });

  it('follows those of Draft 3, where the schema says that it is one', () => {
    type Three = {
      $schema: 'http://json-schema.org/draft-03/schema#';
      properties: {
        a: { type: 'string'; required: true };
        b: { type: readonly ['null', { properties: { c: { type: 'number' } } }] };
      };
      extends: { properties: { d: { type: 'boolean'; required: true } } };
    };
    holds<Is<FromSchema<Three>, { a: 'x'; b: null; d: true }>>();
    holds<Is<FromSchema<Three>, { a: 'x'; b: { c: 1 }; d: true }>>();
    // @ts-expect-error a is required
    holds<Is<FromSchema<Three>, { d: true }>>();
    // @ts-expect-error so is d
    holds<Is<FromSchema<Three>, { a: 'x' }>>();
    // @ts-expect-error c is a number
    holds<Is<FromSchema<Three>, { a: 'x'; b: { c: 'x' }; d: true }>>();
    holds<Is<FromSchema<Omit<Three, '$schema'>>, { b: null }>>();
    expect(holds).toBeInstanceOf(Function);
  });
});
