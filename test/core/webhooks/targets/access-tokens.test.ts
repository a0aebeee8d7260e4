import type { ClientCredentials } from '../../../../core/topics/credentials/credentials';
import type { TargetResult, WebhookRequest } from '../../../../core/webhooks/ports';
import { makeAccessTokens } from '../../../../core/webhooks/targets/access-tokens';

const credentials: ClientCredentials = {
  type: 'oauth2_client_credentials',
  tokenUrl: 'https://issuer.example/oauth/token',
  clientId: 'changewire & co',
  clientSecret: 's3cret+/=',
  audience: 'hook.example',
};
const timed = { timeoutSeconds: 5 };

const answers = (status: number, answer: unknown): TargetResult => ({
  milliseconds: 1,
  status,
  answer: typeof answer === 'string' ? answer : JSON.stringify(answer),
});
const gives = (token: string, more: object = { expires_in: 1000 }) =>
  answers(200, { access_token: token, token_type: 'Bearer', ...more });

function issuer(...planned: TargetResult[]) {
  const asked: WebhookRequest[] = [];
  let time = 0;
  const tokens = makeAccessTokens({
    post: async (request) => {
      asked.push(request);
      await Promise.resolve();
      return planned[Math.min(asked.length, planned.length) - 1] as TargetResult;
    },
    now: () => new Date(time),
  });
  return { asked, tokens, pass: (seconds: number) => (time += seconds * 1000) };
}

describe('AccessTokens', () => {
  it('asks the issuer by a form with the credentials, and nothing more than was given', async () => {
    const { asked, tokens } = issuer(gives('t1'));
    expect(await tokens.read(credentials, timed)).toEqual({ token: 't1' });
    const [request] = asked as [WebhookRequest];
    expect(request).toMatchObject({
      url: 'https://issuer.example/oauth/token',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      timeoutSeconds: 5,
    });
    expect(Object.fromEntries(new URLSearchParams(Buffer.from(request.body).toString()))).toEqual({
      grant_type: 'client_credentials',
      client_id: 'changewire & co',
      client_secret: 's3cret+/=',
      audience: 'hook.example',
    });
  });

  it('says when it was not the issuer but our own proxy that failed', async () => {
    const { tokens } = issuer({ milliseconds: 1, failure: 'proxy_failed' });
    expect(await tokens.read(credentials, timed)).toEqual({ failure: 'proxy_failed' });
  });

  it('keeps a token until a minute before it expires', async () => {
    const { asked, tokens, pass } = issuer(gives('t1'), gives('t2'));
    await tokens.read(credentials, timed);
    pass(939);
    expect(await tokens.read(credentials, timed)).toEqual({ token: 't1' });
    pass(1);
    expect(await tokens.read(credentials, timed)).toEqual({ token: 't2' });
    expect(asked).toHaveLength(2);
  });

  it.each([
    ['a short life: nine tenths of it', { expires_in: 100 }, 89, 91],
    ['digits in a text', { expires_in: '100' }, 89, 91],
    ['no word about it: five minutes, less a tenth', {}, 269, 271],
    ['none at all', { expires_in: 0 }, -1, 0],
    ['nonsense', { expires_in: 'soon' }, -1, 0],
    ['a time in the past', { expires_in: -5 }, -1, 0],
  ])('takes %s', async (_, told, goodAt, staleAt) => {
    const { asked, tokens, pass } = issuer(gives('t', told));
    await tokens.read(credentials, timed);
    if (goodAt >= 0) {
      pass(goodAt);
      await tokens.read(credentials, timed);
      expect(asked).toHaveLength(1);
    }
    pass(staleAt - Math.max(goodAt, 0));
    await tokens.read(credentials, timed);
    expect(asked).toHaveLength(2);
  });

  it('fetches once for those who come together', async () => {
    const { asked, tokens } = issuer(gives('t1'));
    const reads = await Promise.all(Array.from({ length: 20 }, () => tokens.read(credentials, timed)));
    expect(reads).toEqual(Array(20).fill({ token: 't1' }));
    expect(asked).toHaveLength(1);
  });

  it('keeps the tokens of different credentials apart', async () => {
    const { asked, tokens } = issuer(gives('a'), gives('b'), gives('c'), gives('d'));
    const { audience: _, ...without } = credentials;
    const variants = [
      credentials,
      { ...credentials, clientSecret: 'x' },
      { ...without, scope: 'hook.example' },
      without,
    ];
    const read = [];
    for (const variant of variants) {
      read.push(await tokens.read(variant, timed));
    }
    expect(read).toEqual([{ token: 'a' }, { token: 'b' }, { token: 'c' }, { token: 'd' }]);
    expect(asked).toHaveLength(4);
  });

  it('fetches another when the token was not taken, but not when another has come already', async () => {
    const { asked, tokens } = issuer(gives('t1'), gives('t2'));
    await tokens.read(credentials, timed);
    expect(await tokens.read(credentials, { ...timed, refused: 't1' })).toEqual({ token: 't2' });
    expect(await tokens.read(credentials, { ...timed, refused: 't1' })).toEqual({ token: 't2' });
    expect(asked).toHaveLength(2);
  });

  it.each([
    ['400', answers(400, { error: 'invalid_client' }), 'token_refused'],
    ['401', answers(401, ''), 'token_refused'],
    ['too many requests', answers(429, ''), 'token_unavailable'],
    ['an error of the issuer', answers(503, ''), 'token_unavailable'],
    ['a redirect', answers(302, ''), 'token_unavailable'],
    ['no answer', { milliseconds: 1, failure: 'timeout' } as const, 'token_unavailable'],
    [
      'an address that is refused',
      { milliseconds: 1, failure: 'target_refused' } as const,
      'token_unavailable',
    ],
    ['no JSON', answers(200, '<html>'), 'token_unavailable'],
    ['JSON of another kind', answers(200, 'null'), 'token_unavailable'],
    ['no token', answers(200, {}), 'token_unavailable'],
    ['a token of another type', answers(200, { access_token: 't', token_type: 'mac' }), 'token_unavailable'],
    ['a token that would break the header', gives('a\r\nx: y'), 'token_unavailable'],
    ['a token that is too large', gives('x'.repeat(9000)), 'token_unavailable'],
  ])('takes %s for no token, and asks again the next time', async (_, answer, failure) => {
    const { tokens } = issuer(answer, gives('t'));
    expect(await tokens.read(credentials, timed)).toEqual({ failure });
    expect(await tokens.read(credentials, timed)).toEqual({ token: 't' });
  });

  it('forgets the oldest of very many', async () => {
    const { asked, tokens } = issuer(gives('t'));
    for (let index = 0; index < 501; index += 1) {
      await tokens.read({ ...credentials, clientId: `${index}` }, timed);
    }
    await tokens.read({ ...credentials, clientId: '500' }, timed);
    expect(asked).toHaveLength(501);
    await tokens.read({ ...credentials, clientId: '0' }, timed);
    expect(asked).toHaveLength(502);
  });
});
