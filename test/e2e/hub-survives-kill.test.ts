import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { findStack } from '../../local/running-stack';
import { mintToken } from '../../local/token';
import { everyScope, startsOwnStack } from '../support/e2e-target';
import { type Answer, call } from '../support/http-call';
import { type RunningLocalStack, startLocalStack } from '../support/local-stack';
import { type Subscriber, startSubscriber } from '../support/subscriber';
import { makeEvent } from '../support/web-pubsub-events';
import { freshName, until } from './journeys/journey';

/** Together a page of the history. */
const CONNECTIONS = 4;
const MESSAGES = 25;
const KILL_AFTER = 40;

interface Listed {
  readonly data: number;
  readonly attributes: { readonly connectionid: string };
}

const suite = startsOwnStack ? describe : describe.skip;

suite('a stack with --data that is killed while clients of a hub talk', () => {
  const dataDirectory = mkdtempSync(path.join(tmpdir(), 'changewire-hub-'));
  const connections = Array.from({ length: CONNECTIONS }, freshName);
  let stack: RunningLocalStack;
  let subscriber: Subscriber;
  let token: string;
  beforeAll(async () => {
    subscriber = await startSubscriber();
    stack = await startLocalStack({ dataDirectory, settings: { seedProfiles: 0 } });
    const { keysDirectory, issuer, audience } = findStack(stack.home, stack.baseUrl)!;
    token = await mintToken({
      keysDirectory,
      issuer,
      audience,
      subject: 'e2e',
      scopes: everyScope,
      ttlSeconds: 600,
    });
    const body = {
      topic: 'hub/hub.chat.*',
      target: subscriber.url,
      policy: { schedule_seconds: [1, 1, 1, 1] },
    };
    expect(await call(stack.baseUrl, '/v1/subscriptions', { token, body })).toMatchObject({ status: 201 });
  }, 120_000);
  afterAll(async () => {
    await stack?.stop();
    await subscriber?.stop();
    rmSync(dataDirectory, { recursive: true, force: true });
  });

  const say = (connection: string, n: number): Promise<Answer | undefined> => {
    const { method, headers, body } = makeEvent('user.message', {
      headers: { 'ce-connectionId': connection, 'ce-id': `${n}`, 'Content-Type': 'application/json' },
      body: `${n}`,
    });
    return call(stack.baseUrl, '/hubs/chat/events', { method, headers, body }).catch(() => undefined);
  };

  it('loses and doubles nothing that it said yes to, and keeps the order of each connection', async () => {
    let accepted = 0;
    let killing: Promise<void> | undefined;
    /** @returns how many were accepted when the stack died, or all. */
    const talk = async (connection: string, from: number): Promise<number> => {
      for (let n = from; n < MESSAGES; n += 1) {
        if ((await say(connection, n))?.status !== 204) {
          return n;
        }
        accepted += 1;
        if (accepted === KILL_AFTER) {
          killing = stack.kill();
        }
      }
      return MESSAGES;
    };
    const reached = await Promise.all(connections.map((connection) => talk(connection, 0)));
    await killing;
    expect(reached.some((n) => n < MESSAGES)).toBe(true);
    stack = await startLocalStack({ dataDirectory, settings: { seedProfiles: 0 } });
    // What was not answered may have been accepted: it is sent again as it was.
    const ends = await Promise.all(connections.map((connection, index) => talk(connection, reached[index]!)));
    expect(ends).toEqual(connections.map(() => MESSAGES));

    const all = Array.from({ length: MESSAGES }, (_, n) => n);
    const listed = await until(
      async () =>
        (await call(stack.baseUrl, '/v1/events?topic=hub/hub.chat.message&order=asc&limit=100', { token }))
          .json.events as Listed[],
      (events) => events.length >= CONNECTIONS * MESSAGES,
      60_000,
    );
    for (const connection of connections) {
      const ours = listed.filter(({ attributes }) => attributes.connectionid === connection);
      expect(ours.map(({ data }) => data)).toEqual(all);
    }
    await until(
      async () => new Set(subscriber.caught.map(({ headers }) => headers['webhook-id'])).size,
      (count) => count === CONNECTIONS * MESSAGES,
      60_000,
    );
  }, 240_000);
});
