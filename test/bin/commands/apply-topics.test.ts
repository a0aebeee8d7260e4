import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type ApiCall, emptyHome, runCommand, type StubApi, startStubApi } from '../command-host';

const draft4 = 'http://json-schema.org/draft-04/schema#';

let api: StubApi;
/** The topics that are there, by name. */
let there: Map<string, Record<string, unknown>>;

beforeEach(async () => {
  there = new Map();
  api = await startStubApi((call) => {
    if (call.method === 'GET') {
      const found = there.get(nameOf(call));
      return found ? { status: 200, body: found } : { status: 404, body: { code: 'not_found' } };
    }
    const said = call.body as Record<string, unknown>;
    const name = call.method === 'POST' ? String(said.name) : nameOf(call);
    there.set(name, { ...there.get(name), ...said });
    return { status: call.method === 'POST' ? 201 : 200, body: there.get(name) };
  });
});
afterEach(async () => api.close());

const nameOf = (call: ApiCall) => decodeURIComponent(call.path.split('/').at(-1) ?? '');
const written = () => api.calls.filter(({ method }) => method !== 'GET');

function apply(definitions: string, words: readonly string[] = [], host = {}) {
  const file = path.join(emptyHome(), 'definitions.yaml');
  writeFileSync(file, definitions);
  return runCommand(['--base-url', api.url, '--token', 't', 'topics', 'apply', file, ...words], host);
}

const definitions = `
DefaultCategory: testing
Topics:
  - Action: Created
    Entity: Test
    Description: A new Test was created
    Schema: &any
      type: object
      properties: {on: {format: uuid}}
  - Action: Sold
    Entity: MyPolicy
    Category: policies
    Anything: else
    Schema:
      <<: *any
      required: [id]
`;

describe('topics apply', () => {
  it('registers names, descriptions and schemas, which are Draft 4', async () => {
    const { exitCode, printed } = await apply(definitions);
    expect(exitCode).toBe(0);
    expect(JSON.parse(printed[0] as string)).toEqual({
      applied: true,
      topics: [
        { name: 'events/testing.TestCreated', act: 'create' },
        { name: 'events/policies.MyPolicySold', act: 'create' },
      ],
    });
    // YAML 1.1: `on` is true, as the Python client has it.
    const any = { $schema: draft4, type: 'object', properties: { true: { format: 'uuid' } } };
    const bodies = [
      { name: 'events/testing.TestCreated', description: 'A new Test was created', schema: any },
      { name: 'events/policies.MyPolicySold', schema: { ...any, required: ['id'] } },
    ];
    expect(written().map(({ body }) => body)).toEqual(expect.arrayContaining(bodies));
    expect(written()).toHaveLength(2);
  });

  it('takes the example that the README names', async () => {
    const { exitCode, printed } = await apply(readFileSync('examples/definitions.yaml', 'utf8'));
    expect(exitCode).toBe(0);
    expect(JSON.parse(printed[0] as string).topics).toEqual([
      { name: 'events/policies.PolicyIssued', act: 'create' },
      { name: 'events/claims.ClaimOpened', act: 'create' },
    ]);
  });

  it('changes nothing when it is applied again, and what differs alone when it differs', async () => {
    await apply(definitions);
    const count = written().length;
    expect((await apply(definitions)).printed.join()).toContain('"act":"keep"');
    expect(written()).toHaveLength(count);
    await apply(definitions.replace('    Description: A new Test was created\n', ''));
    expect(written().slice(count)).toMatchObject([
      { method: 'PATCH', path: '/v1/topics/events%2Ftesting.TestCreated', body: { description: null } },
    ]);
  });

  it('with --dry-run tells the plan, and does nothing', async () => {
    const { printed } = await apply(definitions, ['--dry-run'], { interactive: true });
    expect(printed.join()).toMatch(/to do[\s\S]*events\/testing\.TestCreated +create/);
    expect(written()).toEqual([]);
  });

  it.each([
    ['no list', 'Topics: 1', 'under "Topics"'],
    ['an empty file', '', 'under "Topics"'],
    ['no YAML', 'Topics: [', 'cannot read'],
    ['a topic without its action', 'Topics: [{Entity: Test, Schema: {}}]', '"Action" is missing'],
    [
      'a topic without a category',
      'Topics: [{Entity: Test, Action: Made, Schema: {}}]',
      '"Category" is missing',
    ],
    ['an action of two words', topicWith({ Action: 'WasMade' }), 'one capitalised word'],
    ['an entity with a digit', topicWith({ Entity: 'Test2' }), 'capitalised words'],
    ['a category of the system', topicWith({ Category: 'profile' }), 'belong to the system'],
    ['a schema that is a list', topicWith({ Schema: [] }), '"Schema" must be'],
    ['Draft 2', topicWith({ Schema: { $schema: 'http://json-schema.org/draft-02/schema#' } }), '$schema'],
    [
      'a Draft 3 that Draft 4 cannot say',
      topicWith({ Schema: { $schema: 'http://json-schema.org/draft-03/schema#', required: ['a'] } }),
      'as Draft 3 has it',
    ],
    ['a reference elsewhere', topicWith({ Schema: { $ref: 'http://elsewhere.test/' } }), '$ref'],
  ])('refuses %s before it calls anything', async (_, text, told) => {
    const { exitCode, noted } = await apply(text);
    expect(exitCode).toBe(1);
    expect(noted.join()).toContain(told);
    expect(api.calls).toEqual([]);
  });

  it('hands Draft 3 over as it is', async () => {
    const Schema = {
      $schema: 'http://json-schema.org/draft-03/schema#',
      properties: { a: { required: true } },
    };
    expect((await apply(topicWith({ Schema }))).exitCode).toBe(0);
    expect(written().map(({ body }) => body)).toMatchObject([{ schema: Schema }]);
  });

  it('takes the last one of two with a name, as the client does', async () => {
    const one = { Category: 'a', Entity: 'Test', Action: 'Made' };
    const topics = [1, 2].map((minimum) => ({ ...one, Schema: { minimum } }));
    await apply(JSON.stringify({ Topics: topics }));
    expect(written().map(({ body }) => body)).toMatchObject([{ schema: { minimum: 2 } }]);
  });
});

function topicWith(changes: object): string {
  const good = { Category: 'testing', Entity: 'Test', Action: 'Made', Schema: {} };
  return JSON.stringify({ Topics: [good, { ...good, ...changes }] });
}
