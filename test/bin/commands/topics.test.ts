import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { emptyHome, runCommand, type StubApi, startStubApi } from '../command-host';

let api: StubApi;
beforeEach(async () => {
  api = await startStubApi(({ method, path: asked }) => {
    const topic = { name: 'orders', has_schema: true, deprecated: false, built_in: false };
    const old = { name: 'profile.created', has_schema: false, deprecated: 'use b', built_in: true };
    const body = asked.includes('?') ? { topics: [topic, old] } : topic;
    return method === 'DELETE' ? { status: 204 } : { status: method === 'POST' ? 201 : 200, body };
  });
});
afterEach(async () => api.close());

const topics = (words: readonly string[], host = {}) =>
  runCommand(['--base-url', api.url, '--token', 't', 'topics', ...words], host);

describe('topics', () => {
  it('lists them as JSON, or as a table on a terminal', async () => {
    expect(JSON.parse((await topics([])).printed[0] as string)).toHaveLength(2);
    const { printed } = await topics([], { interactive: true });
    expect(printed.join()).toMatch(/orders +yours +yes/);
    expect(printed.join()).toMatch(/profile\.created +the system .*deprecated: use b/);
  });

  it('makes, changes, shows and deletes one', async () => {
    const schema = path.join(emptyHome(), 'schema.json');
    writeFileSync(schema, '{"type":"object"}');
    await topics(['--create', 'orders', '--schema', schema, '--description', 'paid']);
    await topics(['--change', 'a/b', '--deprecated', 'use c']);
    await topics(['--change', 'orders', '--deprecated']);
    await topics(['--show', 'orders']);
    expect((await topics(['--delete', 'orders'])).printed).toEqual(['{"name":"orders","state":"deleted"}']);
    expect(api.calls.map(({ method, path: asked, body }) => [method, asked, body])).toEqual([
      ['POST', '/v1/topics', { name: 'orders', schema: { type: 'object' }, description: 'paid' }],
      ['PATCH', '/v1/topics/a%2Fb', { deprecated: 'use c' }],
      ['PATCH', '/v1/topics/orders', { deprecated: true }],
      ['GET', '/v1/topics/orders', undefined],
      ['DELETE', '/v1/topics/orders', undefined],
    ]);
  });

  it('says which file it cannot read, and calls nothing then', async () => {
    const { exitCode, noted } = await topics(['--create', 'orders', '--schema', 'none.json']);
    expect([exitCode, api.calls]).toEqual([1, []]);
    expect(noted.join()).toContain('cannot read the schema in none.json');
  });
});
