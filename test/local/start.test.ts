import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cpSync, mkdtempSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { type LocalOptions, type LocalStack, prepareKeys, start, UnknownFeatureError } from '../../local';
import { callAws } from '../../local/aws/call';
import { until } from '../support/until';
import type { Fixture } from './fixtures/assembly';
import { writePipeline } from './fixtures/pipeline';

const stacks: LocalStack[] = [];
/** Generated once: most tests are not about making keys. */
const preparedKeys = join(mkdtempSync(join(tmpdir(), 'prepared-')), 'keys');
beforeAll(() => prepareKeys(preparedKeys));
afterEach(async () => {
  await Promise.all(stacks.splice(0).map((stack) => stack.stop()));
});

async function run(fixture: Fixture, options: Partial<LocalOptions> = {}): Promise<LocalStack> {
  const { assemblyDirectory, keysDirectory } = fixture;
  cpSync(preparedKeys, keysDirectory, { recursive: true, force: false });
  const stack = await start({ assemblyDirectory, keysDirectory, port: 0, tickSeconds: 0.1, ...options });
  stacks.push(stack);
  return stack;
}

async function post(stack: { baseUrl: string }, body: string): Promise<Response> {
  return fetch(`${stack.baseUrl}/records`, { method: 'POST', body });
}

const isRefused = (url: string) =>
  fetch(url).then(
    () => false,
    () => true,
  );

describe('start', () => {
  it('runs a template from the API over stream, table and queue to the last function', async () => {
    const fixture = writePipeline();
    const stack = await run(fixture);
    const texts = Array.from({ length: 25 }, (_, index) => `record ${index}`);
    const replies = await Promise.all(texts.map((text) => post(stack, text)));
    expect(new Set(replies.map(({ status }) => status))).toEqual(new Set([200]));
    await until(() => fixture.notes('worker').length >= 25);
    expect(fixture.notes<string>('worker').sort()).toEqual([...texts].sort());
    const { Items } = await callAws<{ Items: object[] }>('dynamodb', stack.endpoints.dynamodb, 'Query', {
      TableName: stack.resources.Table,
      IndexName: 'by-kind',
      KeyConditionExpression: 'kind = :kind',
      ExpressionAttributeValues: { ':kind': { S: 'record' } },
    });
    expect(Items).toHaveLength(25);
  });

  it('tells what it runs, and how long each phase took', async () => {
    const stack = await run(writePipeline());
    expect(stack.functionNames).toEqual(['door', 'reader', 'worker', 'tick', 'key']);
    expect(stack.resources).toMatchObject({ Stream: 'fixture-Stream', door: 'door' });
    expect(stack.baseUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    expect(Object.keys(stack.phases)).toEqual(expect.arrayContaining(['keys', 'emulators', 'functions']));
    for (const endpoint of Object.values(stack.endpoints)) {
      expect(endpoint).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
    }
  });

  it('gives each function its own variables, the local services and nothing of the user’s', async () => {
    process.env.AWS_PROFILE = 'production';
    const stack = await run(writePipeline());
    const environment = await (await fetch(`${stack.baseUrl}/environment`)).json();
    delete process.env.AWS_PROFILE;
    expect(environment).toMatchObject({
      STREAM: 'fixture-Stream',
      AWS_LAMBDA_FUNCTION_NAME: 'door',
      AWS_ENDPOINT_URL_KINESIS: stack.endpoints.kinesis,
      AWS_REGION: 'us-east-1',
    });
    expect(environment).not.toHaveProperty('AWS_PROFILE');
    expect(environment).not.toHaveProperty('HOME');
    expect(environment).not.toHaveProperty('QUEUE');
  });

  it('goes on after a function was killed by a request or by a record', async () => {
    const fixture = writePipeline();
    const stack = await run(fixture);
    expect((await fetch(`${stack.baseUrl}/crash`)).status).toBe(502);
    await post(stack, 'before');
    await post(stack, 'poison');
    const after = Array.from({ length: 20 }, (_, index) => `after ${index}`);
    for (const text of after) expect((await post(stack, text)).status).toBe(200);
    // Every key is its own: the lanes beside the poison's go on. Those behind it wait, as they do on AWS.
    await until(() => fixture.notes('worker').includes('before') && fixture.notes('worker').length >= 12);
    expect(readFileSync(join(stack.logDirectory, 'local.log'), 'utf8')).toContain(
      'reader crashed: exit code 1',
    );
  });

  it('fires schedules at the tick, one run after the other', async () => {
    const fixture = writePipeline(
      {},
      { tick: { code: 'note(Date.now()); await new Promise((r) => setTimeout(r, 300));' } },
    );
    await run(fixture);
    await until(() => fixture.notes('tick').length >= 4);
    const times = fixture.notes<number>('tick');
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    expect(Math.min(...gaps)).toBeGreaterThanOrEqual(290);
  });

  it('invokes custom resources before anything else works, and keeps what they put into secrets', async () => {
    const fixture = writePipeline();
    await run(fixture, { dataDirectory: fixture.dataDirectory });
    await stacks.pop()?.stop();
    await run(fixture, { dataDirectory: fixture.dataDirectory });
    expect(fixture.notes('key')).toMatchObject([
      { type: 'Create', properties: { Size: '1' } },
      { type: 'Update', physical: 'the-key' },
    ]);
    const secret = join(fixture.keysDirectory, 'secrets', 'fixture-Secret.json');
    expect(JSON.parse(readFileSync(secret, 'utf8'))).toMatchObject({ value: 'made' });
  });

  it('hands the caller every line of the functions, with their name', async () => {
    const lines: string[] = [];
    const fixture = writePipeline({}, { tick: { code: 'console.log("hello");' } });
    await run(fixture, { log: (line) => lines.push(line) });
    await until(() => lines.includes('tick | hello'));
    expect(lines.some((line) => line.startsWith('local | '))).toBe(true);
  });
});

describe('a start that fails', () => {
  const listening = async (fixture: Fixture, options: Partial<LocalOptions> = {}) => {
    const probe = createServer();
    probe.listen(0, '127.0.0.1');
    await once(probe, 'listening');
    const { port } = probe.address() as AddressInfo;
    probe.close();
    await once(probe, 'close');
    const failure = await run(fixture, { port, ...options }).then(
      () => undefined,
      (error: Error) => error,
    );
    return { failure, port };
  };

  const fails = (id: string, type: string, properties: object) =>
    writePipeline({ [id]: { Type: type, Properties: { ...properties } } });
  const feed = { EventSourceArn: { 'Fn::GetAtt': ['Stream', 'Arn'] }, FunctionName: { Ref: 'reader' } };
  const key = { ServiceToken: { 'Fn::GetAtt': ['key', 'Arn'] } };

  it.each<[string, Fixture, string]>([
    ['an unknown type', fails('B', 'AWS::S3::Bucket', {}), 'B (AWS::S3::Bucket)'],
    [
      'an unknown starting position',
      fails('F', 'AWS::Lambda::EventSourceMapping', { ...feed, StartingPosition: 'LATEST' }),
      'StartingPosition',
    ],
    [
      'a filter',
      fails('F', 'AWS::Lambda::EventSourceMapping', { ...feed, FilterCriteria: {} }),
      'F (AWS::Lambda::EventSourceMapping): property FilterCriteria',
    ],
    [
      'an unknown schedule',
      fails('R', 'AWS::Events::Rule', { ScheduleExpression: 'at(x)' }),
      'ScheduleExpression',
    ],
    ['a custom resource that says no', fails('Key', 'Custom::Key', { ...key, Fail: 'yes' }), 'told to fail'],
    [
      'a bundle that does not load',
      writePipeline({}, { tick: { module: 'throw new Error("at import");', code: '' } }),
      'at import',
    ],
    [
      'a custom resource that crashes',
      writePipeline({}, { key: { code: 'process.exit(1);' } }),
      'exit code 1',
    ],
    [
      'a custom resource that never answers',
      writePipeline({}, { key: { code: 'return;' } }),
      'without an answer',
    ],
  ])('with %s says so and leaves nothing running', async (_what, fixture, message) => {
    const { failure, port } = await listening(fixture);
    expect(failure?.message).toContain(message);
    expect(await isRefused(`http://127.0.0.1:${port}/`)).toBe(true);
  });

  it('is an UnknownFeatureError for a gap, before anything is created', async () => {
    const { failure } = await listening(fails('B', 'AWS::S3::Bucket', {}));
    expect(failure).toBeInstanceOf(UnknownFeatureError);
  });

  it('refuses a port and a data directory that another run holds', async () => {
    const fixture = writePipeline();
    const { dataDirectory } = fixture;
    const first = await run(fixture, { dataDirectory });
    const port = Number(new URL(first.baseUrl).port);
    await expect(run(fixture, { port })).rejects.toThrow('EADDRINUSE');
    await expect(run(fixture, { dataDirectory })).rejects.toThrow('not in use by another run');
    expect((await post(first, 'still alive')).status).toBe(200);
  });
});

describe('stop', () => {
  it('is harmless twice, and nothing answers afterwards', async () => {
    const stack = await run(writePipeline());
    await Promise.all([stack.stop(), stack.stop()]);
    await stack.stop();
    for (const url of [stack.baseUrl, ...Object.values(stack.endpoints)]) {
      expect(await isRefused(url)).toBe(true);
    }
  });

  it('leaves nothing that would hold the process', async () => {
    const child = startChild(writePipeline(), 'stop-when-ready');
    const [code] = await once(child.process, 'exit');
    expect(code).toBe(0);
  });

  it('does not wait for a function that hangs', async () => {
    const fixture = writePipeline(
      {},
      { worker: { code: 'note(1); await new Promise(() => {});', timeoutSeconds: 60 } },
    );
    const stack = await run(fixture);
    await post(stack, 'x');
    await until(() => fixture.notes('worker').length > 0);
    const startedAt = Date.now();
    await stack.stop();
    expect(Date.now() - startedAt).toBeLessThan(5_000);
  });
});

describe('a kept data directory', () => {
  it('loses nothing that was accepted when the process is killed in the middle', async () => {
    const fixture = writePipeline();
    const child = startChild(fixture, 'stay');
    const baseUrl = await child.ready;
    const accepted: string[] = [];
    const sending = Promise.all(
      Array.from({ length: 200 }, async (_, index) => {
        await new Promise((resolve) => setTimeout(resolve, index * 5));
        const text = `record ${index}`;
        const response = await post({ baseUrl }, text).catch(() => undefined);
        if (response?.status === 200) accepted.push(text);
      }),
    );
    await until(() => accepted.length > 60);
    child.process.kill('SIGKILL');
    await sending;
    const before = new Set(fixture.notes<string>('worker'));
    expect(accepted.some((text) => !before.has(text))).toBe(true);
    await run(fixture, { dataDirectory: fixture.dataDirectory });
    await until(() => {
      const seen = new Set(fixture.notes<string>('worker'));
      return accepted.every((text) => seen.has(text));
    });
  });

  it('rewinds by default and goes on from its check-points when told to', async () => {
    const fixture = writePipeline();
    const { dataDirectory } = fixture;
    const first = await run(fixture, { dataDirectory });
    await post(first, 'once');
    await until(() => fixture.notes('worker').length === 1);
    await first.stop();
    await run(fixture, { dataDirectory });
    await until(() => fixture.notes('worker').length === 2);
    await stacks.pop()?.stop();
    const third = await run(fixture, { dataDirectory, rewind: false });
    await post(third, 'new');
    await until(() => fixture.notes('worker').length === 3);
    expect(fixture.notes('worker')).toEqual(['once', 'once', 'new']);
  });
});

function startChild(fixture: Fixture, mode: 'stay' | 'stop-when-ready') {
  const script = join(__dirname, 'fixtures', 'start-child.cjs');
  const child = spawn(
    process.execPath,
    [script, mode, fixture.assemblyDirectory, fixture.keysDirectory, fixture.dataDirectory],
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  const ready = new Promise<string>((resolve) =>
    createInterface({ input: child.stdout }).once('line', resolve),
  );
  return { process: child, ready };
}
