import { makeLogger } from '../../../lambdas/shared/logging';
import { makeMetrics } from '../../../lambdas/shared/metrics';

/** Runs with a level, and gives what was written meanwhile. */
function written(level: string | undefined, act: () => void) {
  const lines: Record<'out' | 'err', string[]> = { out: [], err: [] };
  const spies = [
    jest.spyOn(process.stdout, 'write').mockImplementation((line) => lines.out.push(String(line)) > 0),
    jest.spyOn(process.stderr, 'write').mockImplementation((line) => lines.err.push(String(line)) > 0),
  ];
  const { LOG_LEVEL, POWERTOOLS_METRICS_DISABLED } = process.env;
  try {
    delete process.env.LOG_LEVEL;
    delete process.env.POWERTOOLS_METRICS_DISABLED;
    Object.assign(process.env, level === undefined ? {} : { LOG_LEVEL: level });
    act();
  } finally {
    Object.assign(process.env, { LOG_LEVEL, POWERTOOLS_METRICS_DISABLED });
    for (const spy of spies) {
      spy.mockRestore();
    }
  }
  return lines;
}

describe('makeLogger', () => {
  it('writes a line of JSON each, failures to the other stream', () => {
    const { out, err } = written(undefined, () => {
      const logger = makeLogger('read-health');
      logger.info('answered', { status: 200 });
      logger.error('failed', { error: new TypeError('no', { cause: new Error('because') }) });
    });
    expect(out).toHaveLength(1);
    expect(out[0]).toMatch(/^[^\n]+\n$/);
    expect(JSON.parse(out[0]!)).toMatchObject({
      level: 'INFO',
      message: 'answered',
      timestamp: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      service: 'read-health',
      status: 200,
    });
    expect(JSON.parse(err[0]!)).toMatchObject({
      level: 'ERROR',
      error: { name: 'TypeError', message: 'no', stack: expect.any(String), cause: { message: 'because' } },
    });
  });

  it('tells which trace a line belongs to', () => {
    const { out } = written(undefined, () => {
      process.env._X_AMZN_TRACE_ID =
        'Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1';
      makeLogger('read-health').info('answered');
      delete process.env._X_AMZN_TRACE_ID;
    });
    expect(JSON.parse(out[0]!).xray_trace_id).toBe('1-5759e988-bd862e3fe1be46a994272793');
  });

  it('ends with errors that cause each other', () => {
    const { err } = written(undefined, () => {
      const one = new Error('one');
      one.cause = new Error('other', { cause: one });
      makeLogger('read-health').error('failed', { error: one });
    });
    expect(JSON.parse(err[0]!).error.cause.cause.message).toBe('one');
  });

  it('tells nothing of an error but what it says', () => {
    const { err } = written(undefined, () => {
      const error = Object.assign(new Error('Invalid URL'), { input: 'https://user:hush@example.org' });
      makeLogger('read-health').error('failed', { error, causes: [new Error('outer', { cause: error })] });
    });
    expect(err[0]).toContain('Invalid URL');
    expect(err[0]).not.toContain('hush');
  });

  it.each([
    ['WARN', 0, 2],
    ['ERROR', 0, 1],
    ['SILENT', 0, 0],
    ['nonsense', 1, 2],
  ])('at %s writes what it should', (level, infos, failures) => {
    const { out, err } = written(level, () => {
      const logger = makeLogger('read-health');
      logger.info('one');
      logger.warn('two');
      logger.error('three');
    });
    expect([out.length, err.length]).toEqual([infos, failures]);
  });
});

describe('makeMetrics', () => {
  it('writes what was added in the embedded format, once', () => {
    const { out } = written(undefined, () => {
      const metrics = makeMetrics('deliver-webhooks');
      metrics.add('Delivered', 'Count', 1);
      metrics.add('Milliseconds', 'Milliseconds', 12);
      metrics.add('Milliseconds', 'Milliseconds', 30);
      metrics.publish();
      metrics.publish();
    });
    expect(out).toHaveLength(1);
    expect(JSON.parse(out[0]!)).toEqual({
      _aws: {
        Timestamp: expect.any(Number),
        CloudWatchMetrics: [
          {
            Namespace: 'Changewire',
            Dimensions: [['service']],
            Metrics: [
              { Name: 'Delivered', Unit: 'Count' },
              { Name: 'Milliseconds', Unit: 'Milliseconds' },
            ],
          },
        ],
      },
      service: 'deliver-webhooks',
      Delivered: 1,
      Milliseconds: [12, 30],
    });
  });
});
