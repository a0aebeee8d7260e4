import type { APIGatewayProxyEvent } from 'aws-lambda';
import { answerNotFound } from '../../../lambdas/manage/answer-not-found';
import { httpFunction } from '../../../lambdas/shared/http-function';
import { problemDialect } from '../../../lambdas/shared/problem-dialect';
import { openDoor } from '../../support/door';

const ask = openDoor({
  name: 'answer-not-found',
  dialect: problemDialect,
  methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
  wire: () => answerNotFound,
});

describe('a path that nobody owns', () => {
  it.each(['/change/else', '/changes', '/v2', '/v2/else', '//change', '/.well-known/else'])(
    '%s is answered as CIS would',
    async (path) => {
      const reply = await ask({ path });
      expect(reply.status).toBe(404);
      expect(reply.json).toEqual({ code: 'not_found', description: `there is nothing at GET ${path}` });
    },
  );

  it.each(['/api/else', '/api/', '/api'])('%s is answered as Postoffice would', async (path) => {
    const reply = await ask({ path, method: 'POST' });
    expect(reply.status).toBe(404);
    expect(reply.json).toEqual({ errors: { detail: 'Not Found' } });
  });

  it.each(['/', '/v1', '/v1/else', '/else', '/changeling', '/v20', '/__proto__', '/constructor', '/%00'])(
    '%s is answered with problem details',
    async (path) => {
      const reply = await ask({ path });
      expect(reply).toMatchObject({ status: 404, headers: { 'content-type': 'application/problem+json' } });
      expect(reply.json).toEqual({
        type: 'about:blank',
        title: 'Not Found',
        status: 404,
        detail: `there is nothing at GET ${path}`,
        code: 'not_found',
        request_id: 'request-1',
      });
    },
  );

  it.each(['/webhooks', '/webhooks/', '/webhooks/else', '/webhooks/account/else'])(
    '%s is answered with a page, as ADS did',
    async (path) => {
      const handle = httpFunction({
        name: 'answer-not-found',
        dialect: problemDialect,
        methods: ['GET'],
        wire: () => answerNotFound,
      });
      const reply = await handle({ httpMethod: 'GET', resource: '/{proxy+}', path } as APIGatewayProxyEvent);
      expect(reply).toMatchObject({ statusCode: 404, headers: { 'content-type': 'text/html' } });
      expect(reply.body).toContain('<h1>Not Found</h1>');
    },
  );

  it('is not repeated at length', async () => {
    expect((await ask({ path: `/${'x'.repeat(100_000)}` })).text.length).toBeLessThan(500);
  });
});
