import type { APIGatewayProxyEvent } from 'aws-lambda';
import { version } from '../../../core/version';
import { makeReadHealth } from '../../../lambdas/manage/read-health';
import { httpFunction } from '../../../lambdas/shared/http-function';
import { problemDialect } from '../../../lambdas/shared/problem-dialect';
import { openDoor } from '../../support/door';

const ask = openDoor({
  name: 'read-health',
  dialect: problemDialect,
  methods: ['GET', 'HEAD'],
  wire: () => makeReadHealth('preview'),
});

/** Not through the door of the tests, which reads JSON alone. */
async function call(resource: string) {
  const event = { httpMethod: 'GET', resource, path: resource, headers: {}, requestContext: {} };
  const options = { name: 'read-health', dialect: problemDialect, methods: ['GET'] } as const;
  const door = httpFunction({ ...options, wire: () => makeReadHealth('preview') });
  return door(event as unknown as APIGatewayProxyEvent);
}

describe('GET /health', () => {
  it('says that the API answers, and which stage it is', async () => {
    const reply = await ask({ path: '/health' });
    expect(reply).toMatchObject({ status: 200, headers: { 'cache-control': 'no-store' } });
    expect(reply.text).toBe('{"status":"ok","stage":"preview"}');
  });

  it("says at /api/health what Postoffice's client compares with, to the letter", async () => {
    expect((await call('/api/health')).body).toBe('{"status":"ok"}');
  });

  it('says at /v2 and /v2/version what CIS says there', async () => {
    const name = await call('/v2');
    expect(name).toMatchObject({ statusCode: 200, body: 'Mozilla Change Integration Service Endpoint' });
    expect(name.headers?.['content-type']).toMatch(/^text\/plain/);
    expect(JSON.parse((await call('/v2/version')).body)).toEqual({ message: version });
  });

  it('refuses other methods with problem details', async () => {
    const reply = await ask({ method: 'POST' });
    expect(reply).toMatchObject({ status: 405, json: { code: 'method_not_allowed', status: 405 } });
  });
});
