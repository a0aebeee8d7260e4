import { randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { endedWithin } from '../grace';
import { type ApiHandler, handlerOf, INTEGRATION_LIMIT_MILLISECONDS } from './api-handler';
import type { GatewayResponses } from './gateway-responses';
import type { Api } from './read-api';

/** How long a refused upload's connection stays open, so that the caller can read why it was refused. */
const LINGER_MILLISECONDS = 500;

/** How long a caller may take over its headers, and over the whole of a request. */
const HEADERS_MILLISECONDS = 10_000;
const REQUEST_MILLISECONDS = 60_000;

/** The HTTP server of the API. It listens from the beginning, so that a port in use is known at once. */
export class ApiServer {
  private handle: ApiHandler | undefined;
  private gatewayResponses: GatewayResponses | undefined;
  private readonly underWay = new Set<Promise<void>>();

  private constructor(private readonly server: Server) {}

  /** @throws when the port is in use. */
  static async listen(host: string, port: number): Promise<ApiServer> {
    const server = createServer({
      headersTimeout: HEADERS_MILLISECONDS,
      requestTimeout: REQUEST_MILLISECONDS,
      connectionsCheckingInterval: 1_000,
      // Longer than what clients keep, so that a request does not meet a closing connection.
      keepAliveTimeout: 65_000,
    });
    const api = new ApiServer(server);
    server.on('request', (request, response) => api.answer(request, response));
    server.on('clientError', (_error, socket) => {
      if (socket.writable) {
        socket.end(api.answerToNonsense());
      } else {
        socket.destroy();
      }
    });
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, host, resolve);
    });
    return api;
  }

  get port(): number {
    return (this.server.address() as AddressInfo).port;
  }

  /** From now on requests are answered by `api`; before, they are told to wait. */
  open(api: Api, limitMilliseconds = INTEGRATION_LIMIT_MILLISECONDS): void {
    this.gatewayResponses = api.gatewayResponses;
    this.handle = handlerOf(api, this.port, limitMilliseconds);
  }

  /** Takes no more requests, lets those under way end for a while, closes every connection. */
  async close(graceMilliseconds: number): Promise<void> {
    const closed = new Promise<void>((resolve) => this.server.close(() => resolve()));
    this.server.closeIdleConnections();
    await endedWithin(graceMilliseconds, this.underWay);
    this.server.closeAllConnections();
    await closed;
  }

  /** What is not HTTP, or has more headers than a server takes, gets the gateway's answer to a bad request. */
  private answerToNonsense(): string {
    const reply = this.gatewayResponses?.reply('BAD_REQUEST_BODY', randomUUID());
    const { body = '', headers = {} } = reply ?? {};
    const all = { ...headers, connection: 'close', 'content-length': String(Buffer.byteLength(body)) };
    const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
    return `HTTP/1.1 400 Bad Request\r\n${lines.join('')}\r\n${body}`;
  }

  private answer(request: IncomingMessage, response: ServerResponse): void {
    const work = this.reply(request, response).finally(() => this.underWay.delete(work));
    this.underWay.add(work);
  }

  private async reply(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const requestId = randomUUID();
    response.on('error', () => undefined);
    if (!this.handle) {
      response.writeHead(503, { 'retry-after': '1', connection: 'close' });
      response.end('starting');
      return;
    }
    const { status, headers, body, refusesBody } = await this.handle(request, requestId);
    if (response.destroyed) {
      return;
    }
    response.statusCode = status;
    response.setHeader('x-amzn-requestid', requestId);
    response.setHeader('x-amz-apigw-id', requestId);
    for (const [name, value] of headers) {
      response.appendHeader(name, value);
    }
    response.setHeader('content-length', body.length);
    if (refusesBody) {
      response.setHeader('connection', 'close');
      response.on('finish', () => setTimeout(() => request.destroy(), LINGER_MILLISECONDS).unref());
    }
    response.end(request.method === 'HEAD' ? undefined : body);
  }
}
