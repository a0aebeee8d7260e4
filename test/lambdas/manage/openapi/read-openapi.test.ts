import { version } from '../../../../core/version';
import { accountMethods } from '../../../../lambdas/manage/accounts/manage-accounts';
import { deliveryMethods } from '../../../../lambdas/manage/deliveries/manage-deliveries';
import { erasureMethods } from '../../../../lambdas/manage/erasures/manage-erasures';
import { eventMethods } from '../../../../lambdas/manage/events/manage-events';
import { makeOpenapiDocument } from '../../../../lambdas/manage/openapi/openapi-document';
import { makeReadOpenapi, openapiMethods } from '../../../../lambdas/manage/openapi/read-openapi';
import { healthMethods } from '../../../../lambdas/manage/read-health';
import { replayMethods } from '../../../../lambdas/manage/replays/manage-replays';
import { subscriptionMethods } from '../../../../lambdas/manage/subscriptions/manage-subscriptions';
import { topicMethods } from '../../../../lambdas/manage/topics/manage-topics';
import { routes } from '../../../../lambdas/routes';
import type { DoorMethods } from '../../../../lambdas/shared/http-function';
import { grantMethods } from '../../../../lambdas/webhooks/accept-grant';
import { webhookKeysMethods } from '../../../../lambdas/webhooks/read-webhook-keys';
import { makeReplyCheck, makeValidator, resolve } from '../../../support/documented-replies';
import { openManageDoor } from '../../../support/manage-door';

/** As anybody reads it: what cannot be JSON is gone. */
// biome-ignore lint/suspicious/noExplicitAny: a test looks into the document.
const document: any = JSON.parse(JSON.stringify(makeOpenapiDocument()));

const methodsOfDoors: Readonly<Record<string, DoorMethods>> = {
  'manage-topics': topicMethods,
  'manage-subscriptions': subscriptionMethods,
  'manage-replays': replayMethods,
  'manage-events': eventMethods,
  'manage-deliveries': deliveryMethods,
  'manage-accounts': accountMethods,
  'manage-erasures': erasureMethods,
  'read-webhook-keys': webhookKeysMethods,
  'accept-grant': grantMethods,
  'read-health': healthMethods,
  'read-openapi': openapiMethods,
};

/** Every method of every route that the document is about. */
function routed(): readonly string[] {
  const documented = routes.filter(({ path }) =>
    /^\/(v1\/|confirmations$|health$|openapi\.json$|\.well-known\/webhooks\/)/.test(path),
  );
  return documented.flatMap(({ path, function: name }) => {
    const { methods, methodsOf } = methodsOfDoors[name] ?? {
      methods: ['a door that this test does not know'],
    };
    const taken = methodsOf?.[path] ?? methods;
    return taken.filter((method) => method !== 'HEAD').map((method) => `${method} ${path}`);
  });
}

interface Found {
  readonly name: string;
  // biome-ignore lint/suspicious/noExplicitAny: see above
  readonly operation: any;
}

const operations: readonly Found[] = Object.entries<Record<string, unknown>>(document.paths).flatMap(
  ([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({
      name: `${method.toUpperCase()} ${path}`,
      operation,
    })),
);

/** Every object within, with its place. */
function* walk(value: unknown, place = '#'): Generator<readonly [string, Record<string, unknown>]> {
  if (typeof value === 'object' && value !== null) {
    yield [place, value as Record<string, unknown>];
    for (const [key, member] of Object.entries(value)) {
      yield* walk(member, `${place}/${key}`);
    }
  }
}

describe('the OpenAPI document', () => {
  it('has one operation for every method of every route, and no other', () => {
    expect(operations.map(({ name }) => name).sort()).toEqual([...routed()].sort());
  });

  it('names every operation once, in words that generators take', () => {
    const ids = operations.map(({ operation }) => operation.operationId);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.filter((id) => !/^[a-z]+([A-Z][a-z]+)+$/.test(id))).toEqual([]);
    const tags = document.tags.map(({ name }: { name: string }) => name);
    expect(operations.filter(({ operation }) => !tags.includes(operation.tags[0]))).toEqual([]);
    expect(operations.filter(({ operation }) => !/^[A-Z].*\.$/.test(operation.summary))).toEqual([]);
  });

  it('says what it is', () => {
    expect(document).toMatchObject({ openapi: '3.1.0', info: { title: 'Changewire', version } });
  });

  it('refers to nothing that is not there', () => {
    const broken = [...walk(document)].filter(
      ([, { $ref }]) => typeof $ref === 'string' && resolve(document, { $ref }) === undefined,
    );
    expect(broken.map(([place]) => place)).toEqual([]);
  });

  it('keeps nothing among its components that nobody refers to', () => {
    const used = new Set([...walk(document)].map(([, { $ref }]) => $ref));
    const unused = ['schemas', 'responses'].flatMap((kind) =>
      Object.keys(document.components[kind]).filter((name) => !used.has(`#/components/${kind}/${name}`)),
    );
    expect(unused).toEqual([]);
  });

  it.each(operations.map(({ name, operation }) => [name, operation]))(
    '%s declares its parameters: those of the path, and each once',
    (name, { parameters = [] }) => {
      const names = parameters.map((one: { in: string; name: string }) => `${one.in} ${one.name}`);
      expect(new Set(names).size).toBe(names.length);
      const inPath = [...name.matchAll(/\{(\w+)\}/g)].map(([, word]) => `path ${word}`);
      expect(names.filter((one: string) => one.startsWith('path '))).toEqual(inPath);
      const isOptional = (one: { in: string; required: boolean }) => one.in === 'path' && !one.required;
      expect(parameters.filter(isOptional)).toEqual([]);
    },
  );

  it.each(operations.map(({ name, operation }) => [name, operation]))(
    '%s has one success at least, and refuses with problem details alone',
    (_, { responses }) => {
      const statuses = Object.keys(responses).map(Number);
      expect(statuses.filter((status) => status < 300).length).toBeGreaterThan(0);
      for (const status of statuses) {
        const { content, description } = resolve(document, responses[status]);
        expect(description).toMatch(/\w/);
        const refusal = { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } };
        expect(status < 300 || JSON.stringify(content) === JSON.stringify(refusal)).toBe(true);
      }
    },
  );

  it('asks for credentials wherever /v1 does, in one of three ways', () => {
    for (const { name, operation } of operations) {
      const schemes = operation.security.flatMap((way: object) => Object.keys(way));
      expect([name, schemes]).toEqual([name, name.includes(' /v1/') ? ['token', 'api_key', 'basic'] : []]);
    }
    expect(Object.keys(document.components.securitySchemes)).toEqual(['token', 'api_key', 'basic']);
  });

  it('has every creating call take an Idempotency-Key', () => {
    const without = operations.filter(
      ({ name, operation }) =>
        name.startsWith('POST /v1/') &&
        !operation.parameters.some((one: { name: string }) => one.name === 'Idempotency-Key'),
    );
    expect(without.map(({ name }) => name)).toEqual([]);
  });

  it('reads every list page by page', () => {
    const lists = operations.filter(({ operation }) => /^list/.test(operation.operationId));
    expect(lists.length).toBeGreaterThan(5);
    for (const { operation } of lists) {
      const parameters = operation.parameters.map((one: { name: string }) => one.name);
      expect(parameters).toEqual(expect.arrayContaining(['limit', 'next']));
      const { schema } = operation.responses[200].content['application/json'];
      expect(resolve(document, schema).properties).toHaveProperty('next');
    }
  });

  it('lets no reply say more than is declared', () => {
    const check = makeReplyCheck(document);
    const seen = { method: 'GET', path: '/health', status: 200, contentType: 'application/json' };
    expect(check({ ...seen, text: '{"status":"ok","stage":"dev"}' })).toEqual([]);
    expect(check({ ...seen, text: '{"status":"ok","stage":"dev","secret":"x"}' })).not.toEqual([]);
    expect(check({ ...seen, text: '{"status":"ok"}' })).not.toEqual([]);
    expect(check({ ...seen, status: 418, text: '{}' })).not.toEqual([]);
    expect(check({ ...seen, path: '/v1/nothing', text: '{}' })).not.toEqual([]);
    expect(check({ ...seen, query: ['depth'], text: '{"status":"ok","stage":"dev"}' })).not.toEqual([]);
  });

  it('gives examples that are as their schemas say', () => {
    const bodies = operations.flatMap(({ name, operation }) =>
      Object.entries<{ schema: object; example: unknown }>(operation.requestBody?.content ?? {}).map(
        ([type, { schema, example }]) => [`${name} ${type}`, schema, example] as const,
      ),
    );
    const named = Object.entries<{ examples?: unknown[] }>(document.components.schemas).flatMap(
      ([name, { examples = [], ...schema }]) => examples.map((example) => [name, schema, example] as const),
    );
    expect(bodies.length + named.length).toBeGreaterThan(25);
    for (const [where, schema, example] of [...bodies, ...named]) {
      expect([where, example === undefined]).toEqual([where, false]);
      expect([where, makeValidator(document, schema).validate(example).errors]).toEqual([where, []]);
    }
  });
});

describe('read-openapi', () => {
  const read = openManageDoor('read-openapi', openapiMethods, makeReadOpenapi(), '');

  it('gives the document to everybody, with the address that was called', async () => {
    const answer = await read('GET', '/openapi.json', {
      scope: null,
      headers: { Host: 'api.example.org', 'X-Forwarded-Proto': 'https' },
    });
    expect(answer).toMatchObject({
      status: 200,
      headers: { 'content-type': 'application/json', 'cache-control': 'public, max-age=300' },
    });
    expect(answer.body).toEqual({ ...document, servers: [{ url: 'https://api.example.org' }] });
  });

  it('refuses other methods', async () => {
    expect((await read('POST', '/openapi.json', { scope: null })).status).toBe(405);
  });
});
