import { defaultPublisherRulesDocument } from '../../../core/person/publisher-rules';
import {
  ChangeClient,
  type ChangeClientOptions,
  ProfileBuilder,
  PublisherError,
} from '../../../sdk/publisher';
import {
  type Answer,
  type ChangeServer,
  type SeenRequest,
  startChangeServer,
} from '../../support/change-server';

const accepted: Answer = { status: 200, json: { status_code: 200, sequence_number: '42' } };
const failed: Answer = { status: 503, json: { code: 'internal_error', description: 'later' } };
const change = ProfileBuilder.forUser('ad|ada').set('fun_title', 'x').build();
const fast = { firstDelayMs: 1, maxDelayMs: 20, timeoutMs: 300 };

let server: ChangeServer;
afterEach(() => server.stop());

async function clientOf(
  answers: readonly Answer[] | ((request: SeenRequest, index: number) => Answer),
  options: Partial<ChangeClientOptions> = {},
): Promise<ChangeClient> {
  server = await startChangeServer(
    typeof answers === 'function'
      ? answers
      : (_, index) => answers[Math.min(index, answers.length - 1)] ?? failed,
  );
  return new ChangeClient({ baseUrl: server.baseUrl, token: 'secret-token', ...fast, ...options });
}

const failure = async (promise: Promise<unknown>): Promise<PublisherError> => {
  const error = await promise.then(
    () => new Error('it did not fail'),
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(PublisherError);
  return error;
};

describe('ChangeClient.publish', () => {
  it('posts the change with the token and gives its sequence number', async () => {
    await clientOf([accepted]);
    const client = new ChangeClient({ baseUrl: `${server.baseUrl}/stage/`, token: 'secret-token' });
    expect(await client.publish(change)).toEqual({ sequenceNumber: '42' });
    expect(server.seen).toHaveLength(1);
    expect(server.seen[0]).toMatchObject({
      method: 'POST',
      url: '/stage/change',
      headers: { authorization: 'Bearer secret-token', 'content-type': 'application/json' },
    });
    expect(JSON.parse(server.seen[0]?.body ?? '')).toEqual(change);
  });

  it.each([
    ['an error of the server', failed],
    ['too many requests', { status: 429, json: {} }],
    ['an error without JSON', { status: 502, text: '<html>' }],
    ['a closed connection', 'hang up'],
    ['no answer in time', 'hang'],
  ] as const)('tries again after %s', async (_, answer) => {
    const client = await clientOf([answer, answer, accepted]);
    expect(await client.publish(change)).toEqual({ sequenceNumber: '42' });
    expect(server.seen).toHaveLength(3);
  });

  it.each([
    [400, { code: null, description: 'fun_title: is bad', status_code: 400 }, undefined],
    [401, { code: 'token_expired', description: 'token is expired' }, 'token_expired'],
    [403, { code: 'insufficient_scope', description: 'no' }, 'insufficient_scope'],
    [404, 'not json at all', undefined],
    [413, { code: 'body_too_large', description: 'too large' }, 'body_too_large'],
    [302, {}, undefined],
  ])('never tries again after %i', async (status, json, serverCode) => {
    const client = await clientOf([{ status, json, headers: { location: 'http://127.0.0.1:1/' } }]);
    const error = await failure(client.publish(change));
    expect(error).toMatchObject({ code: 'refused', status });
    expect(error.serverCode).toBe(serverCode);
    expect(server.seen).toHaveLength(1);
  });

  it('gives up after the retries that it was given', async () => {
    const client = await clientOf([failed], { retries: 2 });
    expect(await failure(client.publish(change))).toMatchObject({
      code: 'unavailable',
      status: 503,
      serverCode: 'internal_error',
    });
    expect(server.seen).toHaveLength(3);
  });

  it('says what it could not reach, without the token', async () => {
    const client = await clientOf(['hang up'], { retries: 0 });
    const error = await failure(client.publish(change));
    expect(error.message).toContain(server.baseUrl);
    expect(`${error.message}${error.stack}`).not.toContain('secret-token');
  });

  it('waits as long as the server asks, but not longer than its own limit', async () => {
    const busy: Answer = { status: 503, json: {}, headers: { 'retry-after': '3600' } };
    const client = await clientOf([busy, accepted], { maxDelayMs: 150 });
    const start = Date.now();
    await client.publish(change);
    expect(Date.now() - start).toBeGreaterThanOrEqual(145);
    expect(Date.now() - start).toBeLessThan(5000);
  });

  it('asks for a token before every try', async () => {
    let count = 0;
    const client = await clientOf([failed, accepted], { token: async () => `token-${++count}` });
    await client.publish(change);
    expect(server.seen.map(({ headers }) => headers.authorization)).toEqual([
      'Bearer token-1',
      'Bearer token-2',
    ]);
  });

  it('stops at the signal: before, during and between tries', async () => {
    const client = await clientOf([failed, 'hang'], {
      firstDelayMs: 60_000,
      maxDelayMs: 60_000,
      timeoutMs: 60_000,
    });
    expect(await failure(client.publish(change, { signal: AbortSignal.abort() }))).toMatchObject({
      code: 'aborted',
    });
    expect(server.seen).toHaveLength(0);
    const waiting = failure(client.publish(change, { signal: AbortSignal.timeout(50) }));
    expect(await waiting).toMatchObject({ code: 'aborted' });
    const hanging = failure(client.publish(change, { signal: AbortSignal.timeout(50) }));
    expect(await hanging).toMatchObject({ code: 'aborted' });
  });

  it.each([
    { status: 200, text: '<html>' },
    { status: 200, json: {} },
    { status: 200, json: { status_code: 400, sequence_number: null } },
    { status: 200, json: null },
  ])('does not take %j for an acceptance', async (answer) => {
    const client = await clientOf([answer]);
    expect(await failure(client.publish(change))).toMatchObject({ code: 'reply_unreadable' });
  });
});

describe('ChangeClient.waitForStatus', () => {
  const pending: Answer = { status: 200, json: { identity_vault: false } };

  it('asks until the change has ended', async () => {
    const ended = { identity_vault: true, state: 'integrated', condition: 'create' };
    const client = await clientOf([pending, pending, { status: 200, json: ended }]);
    const number = '9'.repeat(129);
    expect(await client.waitForStatus(number)).toEqual({
      sequenceNumber: number,
      state: 'integrated',
      condition: 'create',
    });
    expect(server.seen.map(({ url }) => url)).toEqual(
      Array(3).fill(`/change/status?sequenceNumber=${number}`),
    );
  });

  it('gives a rejection as an answer', async () => {
    const rejected = {
      identity_vault: false,
      state: 'rejected',
      code: 'invalid_signature',
      text: 'x is bad',
    };
    const client = await clientOf([{ status: 200, json: rejected }]);
    expect(await client.waitForStatus('1')).toEqual({
      sequenceNumber: '1',
      state: 'rejected',
      code: 'invalid_signature',
      text: 'x is bad',
    });
  });

  it('ends when the time is over', async () => {
    const client = await clientOf([pending]);
    expect(await failure(client.waitForStatus('1', { timeoutMs: 120 }))).toMatchObject({ code: 'not_ended' });
    expect(server.seen.length).toBeGreaterThan(1);
  });

  it('stops at the signal', async () => {
    const client = await clientOf([pending]);
    const error = await failure(client.waitForStatus('1', { signal: AbortSignal.timeout(80) }));
    expect(error.code).toBe('aborted');
  });
});

describe('ChangeClient.readPerson', () => {
  it.each([
    ['ad|Mozilla-LDAP|ada', 'ad%257CMozilla-LDAP%257Cada'],
    ['a/b?c#d%20 e+é', 'a%252Fb%253Fc%2523d%252520%2520e%252B%25C3%25A9'],
    ['..', '%252E%252E'],
    ['ada.ada@example.net', 'ada.ada%2540example.net'],
  ])('looks up %s by an address that keeps it whole', async (value, encoded) => {
    const client = await clientOf([{ status: 200, json: { schema: 'x', user_id: { value } } }]);
    expect(await client.readPerson('user_id', value)).toMatchObject({ user_id: { value } });
    expect(server.seen[0]).toMatchObject({ method: 'GET', url: `/v2/user/user_id/${encoded}` });
  });

  it('gives nothing when there is nobody', async () => {
    const client = await clientOf([{ status: 200, json: {} }]);
    expect(await client.readPerson('uuid', 'nobody')).toBeUndefined();
  });
});

describe('ChangeClient.listUsers', () => {
  const user = (id: string) => ({ user_id: id, uuid: `u-${id}`, primary_email: null, active: true });

  it('reads every page, by connection method and activity', async () => {
    const pages = [
      { users: [user('ad|1'), user('ad|2')], nextPage: 'a b&c' },
      { users: [], nextPage: 'd' },
      { users: [user('ad|3')], nextPage: null },
    ];
    const client = await clientOf((_, index) => ({ status: 200, json: pages[index] }));
    const found: string[] = [];
    for await (const { userId, uuid, primaryEmail, active } of client.listUsers({
      connectionMethod: 'oauth2|firefoxaccounts',
      activity: 'any',
    })) {
      expect([uuid, primaryEmail, active]).toEqual([`u-${userId}`, null, true]);
      found.push(userId);
    }
    expect(found).toEqual(['ad|1', 'ad|2', 'ad|3']);
    const queries = server.seen.map(({ url }) => new URL(url, 'http://x').searchParams);
    expect(queries.map((query) => query.get('nextPage'))).toEqual([null, 'a b&c', 'd']);
    expect(queries[0]?.get('connectionMethod')).toBe('oauth2|firefoxaccounts');
    expect(queries[0]?.get('active')).toBe('any');
  });

  it('gives up on a list that leads back to the page just read', async () => {
    const client = await clientOf((_, index) => ({
      status: 200,
      json: { users: [], nextPage: index < 20 ? 'a' : null },
    }));
    const read = client.listUsers({ connectionMethod: 'ad' }).next();
    expect(await failure(read)).toMatchObject({ code: 'reply_unreadable' });
  });

  it.each([
    { status: 200, json: {} },
    { status: 200, json: { users: [{}] } },
  ])('does not take %j for a list', async (answer) => {
    const client = await clientOf([answer]);
    const read = client.listUsers({ connectionMethod: 'ad' }).next();
    expect(await failure(read)).toMatchObject({ code: 'reply_unreadable' });
  });
});

describe('ChangeClient.readPublisherRules', () => {
  it('reads the rules of the server, and refuses what are none', async () => {
    const client = await clientOf([
      { status: 200, json: defaultPublisherRulesDocument },
      { status: 200, json: {} },
    ]);
    expect((await client.readPublisherRules()).update.get('ssh_public_keys')).toBe('ldap');
    expect(await failure(client.readPublisherRules())).toMatchObject({ code: 'reply_unreadable' });
  });
});
