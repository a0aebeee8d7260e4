import type { RequestListener } from 'node:http';
import express from 'express';
import { signWebhook } from '../../../core/webhooks/requests/signature';
import * as sdk from '../../../sdk/receiver';
import { writtenExamples } from '../../support/documented-examples';
import { startEventServer } from '../../support/event-servers';
import { connectionString, makeEvent } from '../../support/web-pubsub-events';

const examples = writtenExamples('changewire/receiver');

/** Runs an example, whose server listens nowhere. @returns what it would have served. */
function run(example: string, environment: Record<string, string> = {}) {
  const lines: unknown[][] = [];
  const served: RequestListener[] = [];
  const modules: Record<string, unknown> = {
    'changewire/receiver': sdk,
    'node:http': {
      createServer: (listener: RequestListener) => ({ listen: () => served.push(listener) }),
    },
    express: () => {
      const application = express();
      application.listen = (() => served.push(application)) as never;
      return application;
    },
  };
  const code = example.replace(/^import (.*) from '(.*)';$/gm, "const $1 = require('$2');");
  const console = { log: (...words: unknown[]) => lines.push(words) };
  new Function('require', 'process', 'console', code)(
    (name: string) => modules[name],
    { env: environment },
    console,
  );
  return { lines, listener: served[0] as RequestListener };
}

describe('the examples of the README', () => {
  it('receive a signed webhook once', async () => {
    const { lines, listener } = run(examples[0] ?? '');
    const server = await startEventServer(listener);
    const body = '{"type":"profile.created"}';
    const secrets = ['whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw'];
    const timestampSeconds = Math.floor(Date.now() / 1000);
    const headers = { ...signWebhook({ id: 'evt_1', timestampSeconds, body: Buffer.from(body), secrets }) };
    const post = { method: 'POST', path: '/', headers, body };
    const forged = { ...post, body: '{"type":"profile.deleted"}' };
    const statuses = [];
    for (const sent of [post, post, forged]) {
      statuses.push((await server.send(sent)).status);
    }
    expect(statuses).toEqual([204, 204, 401]);
    expect(lines).toEqual([['evt_1', { type: 'profile.created' }]]);
    await server.stop();
  });

  it('handle the events of Web PubSub', async () => {
    const { listener } = run(examples[1] ?? '', { CONNECTION_STRING: connectionString() });
    const server = await startEventServer(listener);
    const connected = await server.send(makeEvent('sys.connect'));
    expect([connected.status, JSON.parse(connected.body.toString())]).toEqual([200, { groups: ['lobby'] }]);
    expect((await server.send(makeEvent('sys.connect', { body: '{}' }))).status).toBe(403);
    expect((await server.send(makeEvent('user.message'))).body.toString()).toBe('ada: hello');
    expect((await server.send(makeEvent('user.message', { headers: { 'ce-signature': 'x' } }))).status).toBe(
      401,
    );
    await server.stop();
  });
});
