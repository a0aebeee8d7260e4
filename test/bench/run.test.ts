import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';

const run = (...words: string[]) =>
  promisify(execFile)(process.execPath, [path.join(__dirname, '../../bench/start.cjs'), ...words]);

/** What issue and docs call the cases; figures may be added to them. */
const cases: Readonly<Record<string, readonly string[]>> = {
  integrate: ['integrate/create', 'integrate/update', 'integrate/noop'],
  consumer: ['consumer/distinct', 'consumer/hot', 'consumer/batch'],
  accept: ['accept/change', 'accept/messages', 'accept/events'],
  dispatch: ['dispatch/1', 'dispatch/100', 'dispatch/5000', 'dispatch/1-of-1000'],
  deliver: ['deliver'],
  'cold-start': ['cold-start/submit-change', 'cold-start/submit-change/size'],
  pipeline: [
    'pipeline/integrated/1',
    'pipeline/webhook/1',
    'pipeline/integrated/32',
    'pipeline/webhook/32/p95',
  ],
  cost: ['cost/change', 'cost/event', 'cost/delivery', 'cost/change/price'],
  scale: ['scale/profiles', 'scale/subscriptions', 'scale/history', 'scale/history/slope'],
};

describe('npm run bench', () => {
  it.each(Object.entries(cases))(
    '%s gives its figures as JSON, and nothing else',
    async (name, expected) => {
      const { stdout } = await run(name, '--quick', '--json');
      const { results, ...rest } = JSON.parse(stdout);
      expect(rest).toEqual({});
      expect(results.map((result: { name: string }) => result.name)).toEqual(
        expect.arrayContaining([...expected]),
      );
      for (const result of results) {
        expect(Object.keys(result).sort()).toEqual(['budget', 'name', 'ratio', 'spread', 'unit', 'value']);
        expect(result).toMatchObject({
          value: expect.any(Number),
          spread: expect.any(Number),
          unit: expect.any(String),
        });
        expect([null, 'number']).toContain(result.ratio === null ? null : typeof result.ratio);
        expect([null, 'number']).toContain(result.budget === null ? null : typeof result.budget);
      }
      // A stack starts and stops in it.
    },
    120_000,
  );

  it('takes a case for its bench', async () => {
    const { stdout } = await run('integrate/noop', '--quick');
    expect(stdout).toMatch(/^integrate\/noop +\d/m);
  });

  it('says which benches there are', async () => {
    expect((await run('--help')).stdout).toMatch(/--quick .*\n {2}integrate .*\n {2}isolation /s);
    await expect(run('integrated')).rejects.toThrow(/there is no bench "integrated"; there are integrate, /);
  });
});
