import { makeReadHealth } from '../../../lambdas/manage/read-health';
import { problemDialect } from '../../../lambdas/shared/problem-dialect';
import { openDoor } from '../../support/door';

const ask = openDoor({
  name: 'read-health',
  dialect: problemDialect,
  methods: ['GET', 'HEAD'],
  wire: () => makeReadHealth('preview'),
});

describe('GET /health', () => {
  it('says that the API answers, and which stage it is', async () => {
    const reply = await ask({ path: '/health' });
    expect(reply).toMatchObject({ status: 200, headers: { 'cache-control': 'no-store' } });
    expect(reply.text).toBe('{"status":"ok","stage":"preview"}');
  });

  it('refuses other methods with problem details', async () => {
    const reply = await ask({ method: 'POST' });
    expect(reply).toMatchObject({ status: 405, json: { code: 'method_not_allowed', status: 405 } });
  });
});
