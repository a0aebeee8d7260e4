import { readFileSync } from 'node:fs';
import path from 'node:path';
import * as sdk from '../../../sdk/events';
import { documentedExamples } from '../../support/documented-examples';
import { type EntityEventServer, startEntityEventServer } from '../../support/entity-event-server';
import { root } from '../../support/source-files';

const readme = readFileSync(path.join(root, 'README.md'), 'utf8');
const examples = [...readme.matchAll(/```ts\n([\s\S]*?)```/g)]
  .map(([, block = '']) => block)
  .filter((block) => block.includes("'changewire/events'"));

async function run(example: string, environment: Record<string, string> = {}): Promise<string[]> {
  const lines: string[] = [];
  const code = example
    .replace(/^import (.*) from 'changewire\/events';$/gm, 'const $1 = sdk;')
    .replaceAll(' as const', '');
  const console = { log: (line: string) => lines.push(line), warn: () => undefined };
  const body = `return (async () => { ${code} })()`;
  await new Function('sdk', 'process', 'console', body)(sdk, { env: environment }, console);
  return lines;
}

describe('the example of the README', () => {
  let server: EntityEventServer;
  beforeEach(async () => {
    server = await startEntityEventServer();
  });
  afterEach(() => server.stop());

  it('publishes an event, in ten lines', async () => {
    await run(examples[0] ?? '', { EVENTS_URL: server.url });
    expect(server.stored).toMatchObject([
      {
        ...{ category: 'policies', entity: 'Policy', action: 'Issued', data: { id: '0' } },
        actor: { id: 'ada@example.org', type: 'user' },
      },
    ]);
    expect(server.calls[0]?.headers['x-britecore-job-id']).toBe('job-7');
    const lines = (examples[0] ?? '')
      .trim()
      .split('\n')
      .filter((line) => line !== '');
    expect(lines.length).toBeLessThanOrEqual(10);
  });
});

describe('the examples of the documentation', () => {
  it.each(documentedExamples('sdk/events').filter(({ name }) => name.startsWith('event-client')))(
    'run without a server: $name',
    async ({ code }) => {
      expect(await run(code)).toEqual(['Publishing event policies.PolicyIssued']);
    },
  );
});
