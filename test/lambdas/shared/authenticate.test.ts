import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportSPKI, type JWTPayload } from 'jose';
import { makeAuthenticator } from '../../../lambdas/shared/authenticate';
import { makeTokenIssuer, trustingEnvironment, unsignedToken } from '../../support/tokens';

const bearer = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });
const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const seconds = () => Math.floor(Date.now() / 1000);
const unreadable = {
  status: 401,
  code: 'invalid_header',
  message: 'Unable to parse authentication token.',
};
const wrongClaims = {
  status: 401,
  code: 'invalid_claims',
  message: 'incorrect claims,please check the audience and issuer',
};

describe('the Authorization header', () => {
  const authenticate = makeAuthenticator(trustingEnvironment);

  it.each([
    [undefined, 'authorization_header_missing', 'Authorization header is expected'],
    ['', 'authorization_header_missing', 'Authorization header is expected'],
    ['Basic dXNlcjpwYXNz', 'invalid_header', 'Authorization header must start with Bearer'],
    ['Bearer', 'invalid_header', 'Token not found'],
    ['Bearer a b', 'invalid_header', 'Authorization header must be Bearer token'],
    ['Bearer a.b', unreadable.code, unreadable.message],
    ['Bearer ..', unreadable.code, unreadable.message],
    ['Bearer a.b.c.d.e', unreadable.code, unreadable.message],
    ['Bearer {}.{}.{}', unreadable.code, unreadable.message],
    [`Bearer ${encode('x')}.${encode({})}.x`, unreadable.code, unreadable.message],
    [`Bearer ${encode({ alg: 'RS256' })}.${encode([])}.x`, unreadable.code, unreadable.message],
    [`Bearer ${encode({ alg: 'RS256' })}.${encode(null)}.x`, unreadable.code, unreadable.message],
    [`Bearer ${encode({ alg: 'RS256' })}.bm9wZQ.x`, unreadable.code, unreadable.message],
  ])('is refused in the words of CIS: %s', async (authorization, code, message) => {
    const headers = authorization === undefined ? {} : { authorization };
    await expect(authenticate({ headers } as never)).rejects.toMatchObject({ status: 401, code, message });
  });

  it('takes the scheme in any case', async () => {
    const headers = { authorization: `bearer ${unsignedToken({ sub: 'me' })}` };
    await expect(authenticate({ headers })).resolves.toMatchObject({ subject: 'me' });
  });
});

describe('tokens that are only decoded', () => {
  const authenticate = makeAuthenticator(trustingEnvironment);

  it.each(['none', 'None', 'HS256', 'RS512', 'ES256', undefined, 1])(
    'refuses the algorithm %s',
    async (alg) => {
      await expect(authenticate(bearer(unsignedToken({ scope: 'write' }, { alg })))).rejects.toMatchObject(
        unreadable,
      );
    },
  );

  it('still expire', async () => {
    await expect(authenticate(bearer(unsignedToken({ exp: seconds() - 60 })))).rejects.toMatchObject({
      status: 401,
      code: 'token_expired',
      message: 'token is expired',
    });
  });

  it('may write their times as strings of digits', async () => {
    const good = unsignedToken({ iat: String(seconds() - 5), exp: String(seconds() + 60) });
    await expect(authenticate(bearer(good))).resolves.toBeDefined();
    const expired = unsignedToken({ exp: String(seconds() - 60) });
    await expect(authenticate(bearer(expired))).rejects.toMatchObject({ code: 'token_expired' });
  });

  it.each([{ exp: 'tomorrow' }, { exp: null }, { exp: {} }, { iat: [] }, { nbf: seconds() + 60 }])(
    'are refused with the times %j',
    async (claims) => {
      await expect(authenticate(bearer(unsignedToken(claims)))).rejects.toMatchObject(wrongClaims);
    },
  );

  it.each([{ sub: '' }, { sub: 7 }, { sub: null }, { sub: 'a\ud800' }])(
    'must name a subject: %j',
    async (claims) => {
      await expect(authenticate(bearer(unsignedToken(claims)))).rejects.toMatchObject({
        code: 'invalid_claims',
      });
    },
  );

  it('bring scopes as text or as a list, and nothing else', async () => {
    const scopesOf = async (claims: Record<string, unknown>) => [
      ...(await authenticate(bearer(unsignedToken(claims)))).scopes,
    ];
    expect(await scopesOf({ scope: 'write  display:all' })).toEqual(['write', 'display:all']);
    expect(await scopesOf({ permissions: ['write', 7, null] })).toEqual(['write']);
    expect(await scopesOf({ scp: ['a'], scope: 'b' })).toEqual(['b', 'a']);
    expect(await scopesOf({ scope: { write: true }, __proto__: { scope: 'write' } })).toEqual([]);
    expect(await scopesOf({})).toEqual([]);
  });
});

describe('tokens that are verified', () => {
  let issuer: Awaited<ReturnType<typeof makeTokenIssuer>>;
  let authenticate: ReturnType<typeof makeAuthenticator>;
  beforeAll(async () => {
    issuer = await makeTokenIssuer();
    authenticate = makeAuthenticator(issuer.environment);
  });

  it('prove who calls', async () => {
    const principal = await authenticate(bearer(await issuer.token({ scope: 'write' })));
    expect(principal).toEqual({ subject: 'publisher@clients', scopes: new Set(['write']) });
  });

  it('are verified whatever VERIFY_TOKENS says, unless it says false', async () => {
    for (const text of ['TRUE', '', 'no', '0']) {
      const strict = makeAuthenticator({ ...issuer.environment, VERIFY_TOKENS: text });
      await expect(strict(bearer(unsignedToken({ exp: seconds() + 60 })))).rejects.toMatchObject({
        status: 401,
      });
    }
  });

  it('are refused without a signature of the issuer', async () => {
    const [header, payload, signature] = (await issuer.token({ scope: 'write' })).split('.');
    const other = await makeTokenIssuer();
    const claims = { iss: 'https://issuer.test/', aud: 'changewire', sub: 'me', exp: seconds() + 60 };
    const forged = [
      `${header}.${encode(claims)}.${signature}`,
      `${header}.${payload}.${signature?.replace(/^./, (first) => (first === 'A' ? 'B' : 'A'))}`,
      `${encode({ alg: 'none' })}.${payload}.`,
      `${encode({ alg: 'none' })}.${payload}.x`,
      await other.token({ scope: 'write' }),
    ];
    for (const token of forged) {
      await expect(authenticate(bearer(token))).rejects.toMatchObject(unreadable);
    }
  });

  it('are refused as HS256 with the public key as the secret', async () => {
    const head = `${encode({ alg: 'HS256', kid: 'key-1' })}.${encode({ sub: 'me', scope: 'write' })}`;
    for (const secret of [await exportSPKI(issuer.publicKey), JSON.stringify(issuer.jwk)]) {
      const mac = createHmac('sha256', secret).update(head).digest('base64url');
      await expect(authenticate(bearer(`${head}.${mac}`))).rejects.toMatchObject(unreadable);
    }
  });

  it('cannot bring their own key', async () => {
    const other = await makeTokenIssuer('key-1');
    const token = await other.token({}, { jwk: other.jwk as never, jku: 'https://attacker.test/jwks.json' });
    await expect(authenticate(bearer(token))).rejects.toMatchObject(unreadable);
  });

  it('name a key that the issuer has', async () => {
    await expect(authenticate(bearer(await issuer.token({}, { kid: 'other' })))).rejects.toMatchObject({
      code: 'invalid_header',
      message: 'Unable to find appropriate key',
    });
  });

  it.each([
    { iss: 'https://issuer.test' },
    { iss: 'https://attacker.test/' },
    { aud: 'another' },
    { aud: ['another', 'a third'] },
    { aud: '' },
    { exp: undefined },
  ])('are refused with the claims %j', async (claims) => {
    await expect(authenticate(bearer(await issuer.token(claims as JWTPayload)))).rejects.toMatchObject(
      wrongClaims,
    );
  });

  it('expire', async () => {
    const token = await issuer.token({ exp: seconds() - 10 });
    await expect(authenticate(bearer(token))).rejects.toMatchObject({ code: 'token_expired' });
    const later = makeAuthenticator(issuer.environment, () => Date.now() + 3_600_000);
    await expect(later(bearer(await issuer.token()))).rejects.toMatchObject({ code: 'token_expired' });
  });

  it('may be for several audiences', async () => {
    const token = await issuer.token({ aud: ['another', 'changewire'] });
    await expect(authenticate(bearer(token))).resolves.toBeDefined();
  });

  it('need an issuer and an audience to be verified against', () => {
    expect(() => makeAuthenticator({ ...issuer.environment, TOKEN_AUDIENCE: '' })).toThrow('TOKEN_AUDIENCE');
  });

  it('need keys from a safe place', async () => {
    for (const JWKS_URI of ['', 'http://issuer.test/jwks.json', 'file:///etc/keys.json', 'keys.json']) {
      const wrong = makeAuthenticator({ ...issuer.environment, JWKS_URI });
      await expect(wrong(bearer(await issuer.token()))).rejects.toThrow('JWKS_URI must be');
    }
  });
});

describe('keys that are fetched', () => {
  it('are kept, made-up key ids cause no flood, and an outage is ours rather than the caller’s', async () => {
    const issuer = await makeTokenIssuer();
    let calls = 0;
    let status = 200;
    const server = createServer((_request, response) => {
      calls += 1;
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ keys: [issuer.jwk] }));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const JWKS_URI = `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`;
    const authenticate = makeAuthenticator({ ...issuer.environment, JWKS_URI });
    await authenticate(bearer(await issuer.token()));
    await authenticate(bearer(await issuer.token()));
    for (let index = 0; index < 5; index += 1) {
      const token = await issuer.token({}, { kid: `made-up-${index}` });
      await expect(authenticate(bearer(token))).rejects.toMatchObject({
        message: 'Unable to find appropriate key',
      });
    }
    expect(calls).toBe(1);
    status = 500;
    const cold = makeAuthenticator({ ...issuer.environment, JWKS_URI });
    const failure = cold(bearer(await issuer.token()));
    await expect(failure).rejects.toThrow();
    await expect(failure).rejects.not.toHaveProperty('status');
    server.closeAllConnections();
    server.close();
  });
});
