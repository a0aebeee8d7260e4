import type { Answer, Call } from '../../support/http-call';
import { call } from '../../support/http-call';
import { changeOf } from '../../support/profile-documents';
import { freshName, type JourneyOf, send } from './journey';

interface Route {
  readonly method: string;
  readonly path: string;
  /** Bytes of a body that the door still reads; absent when it takes none. */
  readonly limit?: number;
}

const routes: readonly Route[] = [
  { method: 'POST', path: '/change', limit: 300_000 },
  { method: 'PUT', path: '/changes', limit: 4_000_000 },
  { method: 'POST', path: '/v2/user', limit: 300_000 },
  { method: 'DELETE', path: '/v2/user', limit: 300_000 },
  { method: 'PUT', path: '/v2/users', limit: 4_000_000 },
  { method: 'GET', path: '/v2/user/user_id/nobody' },
  { method: 'GET', path: '/v1/topics' },
  { method: 'GET', path: '/v1/topics/orders' },
  { method: 'POST', path: '/v1/topics', limit: 65_536 },
  { method: 'GET', path: '/v1/subscriptions' },
  { method: 'POST', path: '/v1/subscriptions', limit: 65_536 },
  { method: 'GET', path: '/v1/subscriptions/sub_none' },
  { method: 'PATCH', path: '/v1/subscriptions/sub_none', limit: 65_536 },
  { method: 'DELETE', path: '/v1/subscriptions/sub_none' },
  { method: 'POST', path: '/v1/subscriptions/sub_none/rotate-secret', limit: 65_536 },
  { method: 'POST', path: '/v1/subscriptions/sub_none/test', limit: 65_536 },
  { method: 'PATCH', path: '/v1/topics/none', limit: 65_536 },
  { method: 'DELETE', path: '/v1/topics/none' },
  { method: 'POST', path: '/v1/events', limit: 4_000_000 },
  { method: 'GET', path: '/v1/events?topic=none' },
  { method: 'GET', path: '/v1/events/evt_none' },
  { method: 'GET', path: '/v1/events/evt_none/ledger' },
  { method: 'GET', path: '/v1/ledger?topic=none&hour=2026-11-20T21' },
  { method: 'GET', path: '/v1/deliveries?state=dead' },
  { method: 'GET', path: '/v1/deliveries/dlv_none' },
  { method: 'POST', path: '/v1/deliveries/resend', limit: 65_536 },
  { method: 'GET', path: '/v1/subscriptions/sub_none/replays' },
  { method: 'POST', path: '/v1/subscriptions/sub_none/replays', limit: 65_536 },
  { method: 'GET', path: '/v1/subscriptions/sub_none/replays/1' },
  { method: 'DELETE', path: '/v1/subscriptions/sub_none/replays/1' },
  { method: 'POST', path: '/v1/erasures', limit: 65_536 },
  { method: 'GET', path: '/v1/erasures/era_none' },
];

const bodies: ReadonlyArray<readonly [what: string, body: string | Uint8Array]> = [
  ['nothing', ''],
  ['no JSON', '{"topic":'],
  ['HTML', '<html></html>'],
  ['null', 'null'],
  ['a number', '7'],
  ['text', '"text"'],
  ['text that is no profile', '"[7"'],
  ['an empty object', '{}'],
  ['bytes that are not UTF-8', Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d])],
  ['a prototype', '{"__proto__":{"admin":true},"constructor":{"prototype":{}}}'],
  [
    'wrong types',
    '{"user_id":[],"topic":7,"target":{},"name":null,"state":[],"subscription_id":{},"all":"yes"}',
  ],
  ['unknown names', '{"bogus":1}'],
  ['deep nesting', `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`],
  ['a number that no reader keeps', '{"user_id":{"value":1e999}}'],
];

const paths = [
  ...[
    '//change',
    '/change/..%2fhealth',
    '/change%00',
    '/%00',
    '/change/status/../..%2fv1',
    '/change/%2e%2e/x',
  ],
  ...['/.git/config', '/v1', '/v2/user', '/v2/user/user_id', '/v2/user/__proto__/x', '/v2/user/shoe_size/1'],
  ...[
    '/v2/user/user_id/%00',
    '/v2/user/user_id/%ff',
    '/v2/user/user_id/%',
    '/v2/user/user_id/a%252f..%252fb',
  ],
  ...[
    '/v1/subscriptions/..%2ftopics',
    '/v1/subscriptions/%0d%0aset-cookie:%20a=b',
    '/v1/topics/%2e%2e%2f%2e%2e',
  ],
  ...['/v1/subscriptions/%F0%28%8C%28', `/v1/topics/${'a'.repeat(6000)}`, '/v1/topics/constructor/prototype'],
  ...['/v1/topics?limit=0', '/v1/topics?limit=1e3', '/v1/topics?next=%00', '/v1/subscriptions?next=bogus'],
  ...['/v1/events', '/v1/events?topic=profile.created&from=x', '/v1/events?topic=profile.created&next=%00'],
  ...['/v1/ledger', '/v1/ledger?topic=profile.created&hour=21', `/v1/events/${'a'.repeat(6000)}`],
  ...['/v1/deliveries', '/v1/deliveries?state=bogus', '/v1/deliveries?subscription_id=x&day=yesterday'],
  ...['/v1/deliveries?subscription_id=x&state=bogus', '/v1/deliveries?state=dead&next=bogus'],
  ...[`/v1/deliveries/dlv_${'a'.repeat(6000)}`, '/v1/deliveries/dlv_a.b.0', '/v1/deliveries/%00'],
  ...['/v1/subscriptions/%00/replays', '/v1/subscriptions/sub_none/replays/-1'],
  ...['/change/status', '/change/status?sequenceNumber=', '/change/status?sequenceNumber=abc'],
  ...[`/change/status?sequenceNumber=${'9'.repeat(200)}`, '/change/status?sequenceNumber=-1'],
];

/** Whatever comes in, the answer is a refusal in the door's own words, and nothing is left behind. */
export function hostileInput(journey: JourneyOf): void {
  const named = routes.map((route) => [`${route.method} ${route.path}`, route] as const);

  describe.each(named)('%s', (_, route) => {
    it.each(Object.keys(tokens))('refuses %s', async (what) => {
      const answer = await knock(route, { headers: await tokens[what]!(journey) });
      expectRefusal(answer, route.path, [401]);
    });
  });

  describe.each(named.filter(([, { method, path }]) => method !== 'GET' || !path.startsWith('/v2/')))(
    '%s',
    (_, route) => {
      it('refuses a token without its scope', async () => {
        const answer = await knock(route, { token: await journey().target.token(['display:public']) });
        expectRefusal(answer, route.path, [403]);
      });
    },
  );

  describe.each(named.filter(([, { limit }]) => limit !== undefined))('%s', (_, route) => {
    it.each(bodies)('refuses a body of %s', async (_what, body) => {
      const answer = await knock(route, { token: await stranger(), body });
      expectRefusal(answer, route.path, [400, 404, 422]);
    });

    it('refuses a body that is too large, and names the limit', async () => {
      const limit = route.limit ?? 0;
      const body = JSON.stringify({ description: 'x'.repeat(limit) });
      const answer = await knock(route, { token: await stranger(), body });
      expectRefusal(answer, route.path, [413]);
      expect(answer.text).toMatch(/limit\D+\d{5}/);
    });
  });

  it.each(paths)('refuses the path %s', async (path) => {
    const answer = await call(journey().target.baseUrl, path, { token: await stranger() });
    if (path.startsWith('/v2/user/user_id/') && answer.status === 200) {
      // This door says "nobody" that way (contract of its clients).
      expect(answer.text).toBe('{}');
    } else {
      expectRefusal(answer, path, [400, 404, 405, 414, 431]);
    }
  });

  it.each(['PATCH', 'DELETE'])('refuses the method %s, and says which it takes', async (method) => {
    const answer = await send(journey(), '/change', { method });
    expectRefusal(answer, '/change', [405]);
    expect(answer.headers.allow).toContain('POST');
  });

  it('refuses a body that is larger than any door takes', async () => {
    const body = Buffer.alloc(11 * 1024 * 1024, 'x');
    const answer = await send(journey(), '/change', { body }).catch(() => undefined);
    // Either the answer gets through, or the connection is closed before all was sent.
    expect([400, 413, undefined]).toContain(answer?.status);
  });

  it('answers the change of another user than the query names with 400', async () => {
    const body = changeOf(journey().target.publisher('ldap'), freshName(), {});
    const answer = await send(journey(), '/change?user_id=somebody-else', { body });
    expect(answer).toMatchObject({ status: 400, json: { code: 'integration_exception' } });
  });

  it.each([
    'ftp://example.org/',
    'file:///etc/passwd',
    'javascript:alert(1)',
    'http://user:secret@example.org/',
    'http://169.254.169.254/',
    'http://[fd00:ec2::254]/',
    'not a url',
    `http://example.org/${'a'.repeat(3000)}`,
  ])('refuses the target %s', async (target) => {
    const answer = await send(journey(), '/v1/subscriptions', {
      token: await stranger(),
      body: { topic: 'profile.created', target },
    });
    expectRefusal(answer, '/v1/subscriptions', [400, 422]);
  });

  it('has left nothing behind', async () => {
    const answer = await send(journey(), '/v1/subscriptions', { token: await stranger() });
    expect(answer).toMatchObject({ status: 200, json: { subscriptions: [] } });
  });

  const stranger = () => journey().target.token(undefined, 'hostile');
  const knock = ({ method, path }: Route, options: Call) =>
    call(journey().target.baseUrl, path, { method, ...options });
}

const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');

/** Authorization headers that prove nothing, whatever the stage. */
const tokens: Readonly<Record<string, (journey: JourneyOf) => Promise<Record<string, string>>>> = {
  'no token': async () => ({}),
  'a token of another scheme': async () => ({ authorization: 'Basic YTpi' }),
  'an empty token': async () => ({ authorization: 'Bearer' }),
  'a token that is none': async () => ({ authorization: 'Bearer a.b.c' }),
  'two tokens': async (journey) => ({ authorization: `Bearer ${await journey().target.token()} x` }),
  'a token without an algorithm': async () => ({
    authorization: `Bearer ${encode({ alg: 'none' })}.${encode({ sub: 'eve', scope: 'write' })}.`,
  }),
  'a token that is signed with HS256': async () => ({
    authorization: `Bearer ${encode({ alg: 'HS256' })}.${encode({ sub: 'eve', scope: 'write' })}.c2lnbmF0dXJl`,
  }),
  'an expired token': async (journey) => {
    const [header] = (await journey().target.token()).split('.');
    return { authorization: `Bearer ${header}.${encode({ sub: 'eve', scope: 'write', exp: 1 })}.c2ln` };
  },
};

/** 4xx, JSON, in the door's dialect, without a trace of what is behind it. */
export function expectRefusal(answer: Answer, path: string, statuses: readonly number[]): void {
  const { status, text } = answer;
  // All of it in one look, so that a failure shows what was answered.
  expect({ status: statuses.includes(status) ? statuses : status, text }).toEqual({ status: statuses, text });
  expect(answer.headers['content-type']).toMatch(/json/);
  expect(text).not.toMatch(/node_modules|\.[jt]s:\d|\bat \w+ \(|dynamo|kinesis|Exception:|ECONN/i);
  expect(answer.json).toEqual(expect.objectContaining(shapeOf(path)));
}

function shapeOf(path: string): Record<string, unknown> {
  return /^\/+(changes?|v2)([/?]|$)/.test(path)
    ? { code: expect.any(String), description: expect.any(String) }
    : { status: expect.any(Number), detail: expect.any(String) };
}
