import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FunctionDefinition } from '../../../local/functions/definition';
import { FunctionPool } from '../../../local/functions/function-pool';
import { until } from '../../support/until';
import { makeJournal } from '../fixtures/assembly';

const pools: FunctionPool[] = [];
afterEach(() => Promise.all(pools.splice(0).map((pool) => pool.stop(0))));

interface Setup extends Partial<FunctionDefinition> {
  readonly size?: number;
}

function makePool(code: string, { size = 1, ...overrides }: Setup = {}) {
  const codeDirectory = mkdtempSync(join(tmpdir(), 'function-'));
  writeFileSync(join(codeDirectory, 'index.js'), code);
  const { journal, lines } = makeJournal();
  const pool = new FunctionPool(
    {
      logicalId: 'Fn',
      name: 'fn',
      arn: 'arn:aws:lambda:us-east-1:000000000000:function:fn',
      codeDirectory,
      handler: 'index.handler',
      environment: {},
      memoryMegabytes: 128,
      timeoutSeconds: 5,
      ...overrides,
    },
    size,
    journal,
  );
  pools.push(pool);
  const invoke = async (event: unknown = {}) => {
    const outcome = await pool.invoke(JSON.stringify(event));
    return outcome.kind === 'returned' ? { ...outcome, payload: JSON.parse(outcome.payload) } : outcome;
  };
  return { pool, invoke, lines, journal };
}

const handler = (body: string) => `exports.handler = async (event, context) => { ${body} };`;

describe('FunctionPool', () => {
  it('gives a function its own environment and nothing of this process', async () => {
    process.env.PLANTED_FOR_POOL_TEST = 'leak';
    const { invoke } = makePool(handler('return process.env;'), { environment: { OWN: 'value' } });
    expect(await invoke()).toEqual({ kind: 'returned', payload: { OWN: 'value' } });
  });

  it('hands over event and context, and gives back the reply as JSON', async () => {
    const { invoke } = makePool(
      handler('return [event, context.functionName, context.getRemainingTimeInMillis() > 4000, undefined];'),
    );
    expect(await invoke({ a: 1 })).toEqual({ kind: 'returned', payload: [{ a: 1 }, 'fn', true, null] });
  });

  it('runs one invocation at a time in an instance, and more instances up to its size', async () => {
    const code = `let running = 0; let most = 0; const id = Math.random();
      ${handler('running += 1; most = Math.max(most, running); await new Promise((r) => setTimeout(r, 100)); running -= 1; return [id, most];')}`;
    const { pool, invoke } = makePool(code, { size: 2 });
    await pool.warm();
    const outcomes = await Promise.all(Array.from({ length: 6 }, () => invoke()));
    const replies = outcomes.map((outcome) => (outcome as { payload: [number, number] }).payload);
    expect(new Set(replies.map(([id]) => id)).size).toBe(2);
    expect(replies.map(([, most]) => most)).toEqual([1, 1, 1, 1, 1, 1]);
  });

  it('keeps an instance for the next invocation', async () => {
    const { invoke } = makePool(`let count = 0; ${handler('count += 1; return count;')}`);
    await invoke();
    expect(await invoke()).toMatchObject({ payload: 2 });
  });

  it('reports what a handler throws, and goes on with the same instance', async () => {
    const { invoke } = makePool(
      `let count = 0; ${handler('count += 1; if (event.fail) throw new TypeError("broken"); return count;')}`,
    );
    expect(await invoke({ fail: true })).toEqual({
      kind: 'failed',
      errorType: 'TypeError',
      message: 'broken',
    });
    expect(await invoke()).toMatchObject({ payload: 2 });
  });

  it.each([
    ['exits', 'process.exit(3)', 'exit code 3'],
    [
      'throws outside of the handler',
      'setTimeout(() => { throw new Error("stray"); }); await new Promise(() => {})',
      'stray',
    ],
    [
      'leaves a rejection unhandled',
      'Promise.reject(new Error("adrift")); await new Promise(() => {})',
      'adrift',
    ],
    ['runs out of memory', 'const a = []; for (;;) a.push(new Array(1e6).fill({}));', 'memory'],
  ])('replaces an instance that %s', async (_how, code, message) => {
    const { invoke, lines } = makePool(handler(`if (event.crash) { ${code}; } return "alive";`), {
      memoryMegabytes: 32,
    });
    expect(await invoke({ crash: true })).toEqual({
      kind: 'crashed',
      message: expect.stringContaining(message),
    });
    expect(await invoke()).toEqual({ kind: 'returned', payload: 'alive' });
    expect(lines.join()).toContain('the instance ended');
  });

  it('ends an instance that uses up its time, even in a loop, and replaces it', async () => {
    const { invoke } = makePool(handler('if (event.hang) for (;;); return "alive";'), {
      timeoutSeconds: 0.3,
    });
    expect(await invoke({ hang: true })).toEqual({ kind: 'timed-out' });
    expect(await invoke()).toEqual({ kind: 'returned', payload: 'alive' });
  });

  it('replaces an instance that died while it was idle', async () => {
    const { invoke, lines } = makePool(
      handler('if (event.later) setTimeout(() => process.exit(1), 20); return "alive";'),
    );
    await invoke({ later: true });
    await until(() => lines.some((line) => line.includes('the instance ended')));
    expect(await invoke()).toEqual({ kind: 'returned', payload: 'alive' });
  });

  it('refuses a reply that AWS would refuse for its size, or that is no JSON', async () => {
    const { invoke } = makePool(
      handler('if (event.big) return "x".repeat(6 * 1024 * 1024); const a = {}; a.a = a; return a;'),
    );
    expect(await invoke({ big: true })).toMatchObject({
      kind: 'failed',
      errorType: 'Function.ResponseSizeTooLarge',
    });
    expect(await invoke()).toMatchObject({ kind: 'failed', errorType: 'TypeError' });
  });

  it.each([
    ['throws', 'throw new Error("at import");', 'at import'],
    ['exports no handler', 'exports.other = 1;', 'exports no function handler'],
    ['ends', 'process.exit(7);', 'exit code 7'],
  ])('says why when a bundle %s while it is loaded', async (_how, code, message) => {
    const { pool, invoke } = makePool(code);
    await expect(pool.warm()).rejects.toThrow(message);
    expect(await invoke()).toMatchObject({ kind: 'crashed', message: expect.stringContaining(message) });
  });

  it('withdraws an invocation that has not begun', async () => {
    const { pool } = makePool(handler('await new Promise((r) => setTimeout(r, 200)); return 1;'));
    const abort = new AbortController();
    const first = pool.invoke('{}', abort.signal);
    const second = pool.invoke('{}', abort.signal);
    abort.abort();
    expect(await second).toEqual({ kind: 'cancelled' });
    expect(await first).toMatchObject({ kind: 'returned' });
  });

  it('stops with an invocation under way, and cancels what waits and what comes', async () => {
    const { pool } = makePool(handler('await new Promise(() => {});'), { timeoutSeconds: 60 });
    await pool.warm();
    const hanging = pool.invoke('{}');
    const waiting = pool.invoke('{}');
    await pool.stop(50);
    expect((await hanging).kind).toBe('crashed');
    expect(await waiting).toEqual({ kind: 'cancelled' });
    expect(await pool.invoke('{}')).toEqual({ kind: 'cancelled' });
  });

  it('loses nothing that was printed before a crash', async () => {
    const { invoke, lines, journal } = makePool(
      handler('console.log("last words"); console.error("and these"); process.exit(1);'),
    );
    await invoke();
    await until(() => lines.includes('fn | last words') && lines.includes('fn | and these'));
    await journal.close();
    expect(readFileSync(join(journal.directory, 'fn.log'), 'utf8')).toContain('last words');
  });
});
