import { connect } from 'node:net';
import type { APIGatewayProxyEvent } from 'aws-lambda';
import { ApiServer } from '../../../local/api/api-server';
import { readApi } from '../../../local/api/read-api';
import type { InvocationOutcome } from '../../../local/functions/invocation';
import { Inventory } from '../../../local/template/inventory';
import type { TemplateResource } from '../../../local/template/template';
import { makeJournal, route } from '../fixtures/assembly';
import { FakeFunction, failed, returned } from '../fixtures/fake-function';

const servers: ApiServer[] = [];
afterEach(() => Promise.all(servers.splice(0).map((server) => server.close(0))));

const responses: Record<string, TemplateResource> = {
  Failure: {
    Type: 'AWS::ApiGateway::GatewayResponse',
    Properties: {
      ResponseType: 'INTEGRATION_FAILURE',
      RestApiId: 'Api',
      StatusCode: '500',
      ResponseTemplates: {
        'application/json':
          '{"message":"ours","was":$context.error.messageString,"type":"$context.error.responseType","id":"$context.requestId"}',
      },
      ResponseParameters: { 'gatewayresponse.header.X-Own': "'yes'" },
    },
  },
  TooLarge: {
    Type: 'AWS::ApiGateway::GatewayResponse',
    Properties: { ResponseType: 'REQUEST_TOO_LARGE', StatusCode: '400' },
  },
  Default: {
    Type: 'AWS::ApiGateway::GatewayResponse',
    Properties: {
      ResponseType: 'DEFAULT_4XX',
      ResponseTemplates: { 'application/json': '{"error":$context.error.messageString}' },
    },
  },
};

interface Setup {
  readonly binary?: boolean;
  readonly greedy?: boolean;
  readonly more?: object;
  /** Milliseconds that the gateway waits for a function. */
  readonly limit?: number;
}

async function serve(
  rule: (event: APIGatewayProxyEvent) => InvocationOutcome | Promise<InvocationOutcome>,
  { binary = false, greedy = true, more = {}, limit }: Setup = {},
) {
  const inventory = new Inventory({
    assembly: {
      stackName: 'stack',
      assets: new Map(),
      template: {
        Resources: {
          Api: {
            Type: 'AWS::ApiGateway::RestApi',
            Properties: { BinaryMediaTypes: binary ? ['*/*'] : ['image/png'] },
          },
          Stage: { Type: 'AWS::ApiGateway::Stage', Properties: { StageName: 'preview' } },
          Door: { Type: 'AWS::Lambda::Function' },
          ...route(greedy ? '{proxy+}' : 'only', 'Door'),
          ...responses,
          ...more,
        },
      },
    },
    parameters: {},
    queueEndpoint: 'http://127.0.0.1:1',
  });
  const fn = new FakeFunction((event) => rule(JSON.parse(event)));
  const { journal, lines } = makeJournal();
  const server = await ApiServer.listen('127.0.0.1', 0);
  servers.push(server);
  server.open(readApi(inventory, new Map([['stack-Door', fn]]), journal), limit);
  const event = (index = 0) => JSON.parse(fn.events[index] ?? 'null') as APIGatewayProxyEvent;
  return { url: `http://127.0.0.1:${server.port}`, port: server.port, fn, event, lines, server };
}

const ok = returned({ statusCode: 200, body: 'ok' });

/** Sends bytes as they are and returns all that comes back. */
function raw(port: number, ...chunks: (string | Buffer)[]): Promise<string> {
  return new Promise((resolve) => {
    let answer = '';
    const socket = connect(port, '127.0.0.1', () => {
      for (const chunk of chunks) socket.write(chunk);
    });
    socket.setEncoding('latin1');
    socket.on('data', (text) => {
      answer += text;
    });
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(answer));
  });
}

describe('the event of a request', () => {
  it('has the shape of a REST API: path and parameters as they came, the query decoded, the last one winning', async () => {
    const { url, port, event } = await serve(() => ok);
    await fetch(`${url}/a%2Fb/c%20d/?x=1&x=2%20%26&empty=`, {
      method: 'POST',
      body: '{"ä":1}',
      headers: { 'X-Custom': 'Value', 'content-type': 'application/json' },
    });
    expect(event()).toMatchObject({
      resource: '/{proxy+}',
      path: '/a%2Fb/c%20d/',
      httpMethod: 'POST',
      pathParameters: { proxy: 'a%2Fb/c%20d' },
      queryStringParameters: { x: '2 &', empty: '' },
      multiValueQueryStringParameters: { x: ['1', '2 &'], empty: [''] },
      stageVariables: null,
      body: '{"ä":1}',
      isBase64Encoded: false,
      requestContext: {
        stage: 'preview',
        httpMethod: 'POST',
        resourcePath: '/{proxy+}',
        path: '/a%2Fb/c%20d/',
        requestId: expect.stringMatching(/^[0-9a-f-]{36}$/),
        identity: { sourceIp: '127.0.0.1' },
      },
    });
    expect(event().headers).toMatchObject({
      'X-Custom': 'Value',
      'X-Forwarded-For': '127.0.0.1',
      'X-Forwarded-Port': String(port),
      'X-Forwarded-Proto': 'http',
    });
  });

  it('has nulls for what is not there', async () => {
    const { url, event } = await serve(() => ok);
    await fetch(`${url}/x`);
    expect(event()).toMatchObject({
      queryStringParameters: null,
      multiValueQueryStringParameters: null,
      body: null,
      isBase64Encoded: false,
    });
  });

  it('carries bodies of binary media types as base64, byte for byte', async () => {
    const { url, event } = await serve(() => ok, { binary: true });
    const bytes = Buffer.from([0xff, 0x00, 0xfe]);
    await fetch(`${url}/x`, { method: 'PUT', body: bytes });
    expect(event()).toMatchObject({ body: bytes.toString('base64'), isBase64Encoded: true });
  });

  it('keeps doubled and hostile headers, and believes no forwarded header', async () => {
    const { port, event } = await serve(() => ok);
    const answer = await raw(
      port,
      'GET /x HTTP/1.1\r\nHost: h\r\n__proto__: polluted\r\nconstructor: c\r\nX-Two: a\r\nX-Two: b\r\n' +
        'X-Forwarded-Proto: https\r\nX-Forwarded-For: 8.8.8.8\r\nConnection: close\r\n\r\n',
    );
    expect(answer).toContain('200 OK');
    const { headers, multiValueHeaders } = event();
    expect(Object.entries(headers)).toContainEqual(['__proto__', 'polluted']);
    expect(headers).toMatchObject({ 'X-Two': 'b', 'X-Forwarded-Proto': 'http' });
    expect(headers['X-Forwarded-For']).toBe('8.8.8.8, 127.0.0.1');
    expect(multiValueHeaders['X-Two']).toEqual(['a', 'b']);
  });

  it('takes the absolute form of a request target', async () => {
    const { port, event } = await serve(() => ok);
    await raw(port, 'GET http://other/a/b?c=d HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n');
    expect(event()).toMatchObject({ path: '/a/b', queryStringParameters: { c: 'd' } });
  });
});

describe('the reply', () => {
  it('is the function’s: status, single and repeated headers, body', async () => {
    const { url } = await serve(() =>
      returned({
        statusCode: 201,
        headers: { 'X-One': 1 },
        multiValueHeaders: { 'set-cookie': ['a=1', 'b=2'] },
        body: Buffer.from('bytes').toString('base64'),
        isBase64Encoded: true,
      }),
    );
    const response = await fetch(`${url}/x`);
    expect([response.status, await response.text()]).toEqual([201, 'bytes']);
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect(response.headers.get('x-one')).toBe('1');
    expect(response.headers.get('content-type')).toBe('application/json');
    expect(response.headers.get('x-amzn-requestid')).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('renames the headers that API Gateway keeps for itself', async () => {
    const { url } = await serve(() =>
      returned({
        statusCode: 401,
        headers: { 'WWW-Authenticate': 'Basic', 'Content-Length': 999 },
        body: '{}',
      }),
    );
    const response = await fetch(`${url}/x`);
    expect(await response.text()).toBe('{}');
    expect(response.headers.get('www-authenticate')).toBeNull();
    expect(response.headers.get('x-amzn-remapped-www-authenticate')).toBe('Basic');
  });

  it('has no body for HEAD', async () => {
    const { url, event } = await serve(() => ok);
    const response = await fetch(`${url}/x`, { method: 'HEAD' });
    expect([response.status, await response.text(), event().httpMethod]).toEqual([200, '', 'HEAD']);
  });

  it.each([
    ['nothing', null],
    ['no status', { body: 'x' }],
    ['an impossible status', { statusCode: 99 }],
    ['a body that is no text', { statusCode: 200, body: { a: 1 } }],
    ['members that are not known', { statusCode: 200, cookies: [] }],
    ['a header that would write a line of its own', { statusCode: 200, headers: { a: 'b\r\nc: d' } }],
    ['a header that is an object', { statusCode: 200, headers: { a: {} } }],
    ['a list', [200]],
  ])('is the gateway’s when the function replies %s', async (_what, reply) => {
    const { url, lines } = await serve(() => returned(reply));
    const response = await fetch(`${url}/x`);
    expect(response.status).toBe(500);
    expect(response.headers.get('x-own')).toBe('yes');
    expect(await response.json()).toEqual({
      message: 'ours',
      was: 'Internal server error',
      type: 'INTEGRATION_FAILURE',
      id: response.headers.get('x-amzn-requestid'),
    });
    expect(lines.join()).toContain('made a malformed reply');
  });

  it.each<[string, InvocationOutcome]>([
    ['throws', failed],
    ['crashes', { kind: 'crashed', message: 'secret detail' }],
    ['times out', { kind: 'timed-out' }],
  ])('is the gateway’s when the function %s, without details', async (_how, outcome) => {
    const { url } = await serve(() => outcome);
    const response = await fetch(`${url}/x`);
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('secret');
  });
});

describe('the gateway itself', () => {
  it('answers what no route takes, in the words of the default response', async () => {
    const { url } = await serve(() => ok, { greedy: false });
    const response = await fetch(`${url}/other`);
    expect(response.status).toBe(403);
    expect(await response.json()).toEqual({ error: 'Missing Authentication Token' });
  });

  it('answers by itself when the function takes too long, and does not wait for it', async () => {
    const { url } = await serve(() => new Promise(() => undefined), { limit: 50 });
    const response = await fetch(`${url}/x`);
    expect(response.status).toBe(504);
    expect(await response.json()).toEqual({ message: 'Endpoint request timed out' });
  });

  it('refuses a body over 10 MB by its announced length, before it comes', async () => {
    const { port, fn } = await serve(() => ok);
    const answer = await raw(
      port,
      `POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: ${10 * 2 ** 20 + 1}\r\n\r\n`,
    );
    expect(answer).toMatch(/^HTTP\/1.1 400 /);
    expect(answer).toContain('Request Too Long');
    expect(fn.events).toEqual([]);
  });

  it('stops reading a body of unknown length at 10 MB', async () => {
    const { port, fn } = await serve(() => ok);
    const megabyte = Buffer.alloc(2 ** 20, 'x');
    const chunk = Buffer.concat([Buffer.from('100000\r\n'), megabyte, Buffer.from('\r\n')]);
    const answer = await raw(
      port,
      'POST /x HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n',
      ...Array.from({ length: 30 }, () => chunk),
    );
    expect(answer).toMatch(/^HTTP\/1.1 400 /);
    expect(fn.events).toEqual([]);
  });

  it('refuses what does not fit into an invocation', async () => {
    const { url, fn } = await serve(() => ok, { binary: true });
    const response = await fetch(`${url}/x`, { method: 'POST', body: Buffer.alloc(5 * 2 ** 20) });
    expect([response.status, fn.events.length]).toEqual([400, 0]);
  });

  it.each([
    ['what is no HTTP', 'NONSENSE\r\n\r\n'],
    ['too many headers', `GET /x HTTP/1.1\r\nHost: h\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`],
    ['two lengths', 'POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n'],
  ])('refuses %s in the words of the gateway', async (_what, bytes) => {
    const { port, fn } = await serve(() => ok);
    const [head = '', body = ''] = (await raw(port, bytes)).split('\r\n\r\n');
    expect(head).toMatch(/^HTTP\/1.1 400 .*content-type: application\/json/s);
    expect(JSON.parse(body)).toEqual({ error: 'Bad Request' });
    expect(fn.events).toEqual([]);
  });

  it('outlives callers that speak nonsense or go away', async () => {
    const { url, port } = await serve(() => ok);
    expect(await raw(port, 'NONSENSE\r\n\r\n')).toContain('400');
    const socket = connect(port, '127.0.0.1');
    socket.write('POST /x HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nhalf');
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.destroy();
    expect((await fetch(`${url}/x`)).status).toBe(200);
  });

  it('tells callers to wait before it is open, and says at once when its port is taken', async () => {
    const server = await ApiServer.listen('127.0.0.1', 0);
    servers.push(server);
    expect((await fetch(`http://127.0.0.1:${server.port}/x`)).status).toBe(503);
    await expect(ApiServer.listen('127.0.0.1', server.port)).rejects.toThrow('EADDRINUSE');
  });

  it('lets a request end when it is closed', async () => {
    const { url, server } = await serve(async () => {
      await new Promise((resolve) => setTimeout(resolve, 150));
      return ok;
    });
    const response = fetch(`${url}/x`);
    await new Promise((resolve) => setTimeout(resolve, 50));
    await server.close(1_000);
    expect((await response).status).toBe(200);
  });

  it.each([
    ['an authorizer', { AuthorizationType: 'COGNITO_USER_POOLS' }, 'AuthorizationType'],
    ['an integration that is no proxy', { Integration: { Type: 'MOCK' } }, 'Integration'],
  ])('does not start with %s', async (_what, properties, named) => {
    const method = {
      Type: 'AWS::ApiGateway::Method',
      Properties: { HttpMethod: 'GET', ResourceId: { Ref: 'Routeproxy' }, ...properties },
    };
    await expect(serve(() => ok, { more: { Odd: method } })).rejects.toThrow(
      `Odd (AWS::ApiGateway::Method): property ${named}`,
    );
  });

  it.each([
    ['$input.body', 'ResponseTemplates'],
    ['#if(true)x#end', 'ResponseTemplates'],
  ])('does not start with a response template such as %s', async (template, named) => {
    const response = {
      Type: 'AWS::ApiGateway::GatewayResponse',
      Properties: { ResponseType: 'DEFAULT_5XX', ResponseTemplates: { 'application/json': template } },
    };
    await expect(serve(() => ok, { more: { Odd: response } })).rejects.toThrow(named);
  });
});
