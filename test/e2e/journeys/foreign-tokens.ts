import { createHmac, createPublicKey, generateKeyPairSync, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { privateKeyPath } from '../../../local/keys';
import { call } from '../../support/http-call';
import { expectRefusal } from './hostile-input';
import type { JourneyOf } from './journey';

type Part = Record<string, unknown>;

/** Tokens that look right, and are not the issuer's. */
export function foreignTokens(journey: JourneyOf): void {
  const forgeries: Readonly<Record<string, (header: Part, claims: Part) => string>> = {
    'signed by a stranger under the key id of the issuer': (header, claims) =>
      signed(
        header,
        claims,
        generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
          type: 'pkcs8',
          format: 'pem',
        }) as string,
      ),
    'for another audience': (header, claims) => signed(header, { ...claims, aud: 'another' }, issuerKey()),
    'of another issuer': (header, claims) => signed(header, { ...claims, iss: 'https://evil/' }, issuerKey()),
    'that never expires': (header, { exp: _, ...claims }) => signed(header, claims, issuerKey()),
    'that has expired': (header, claims) => signed(header, { ...claims, exp: 1_000_000_000 }, issuerKey()),
    'that is not good yet': (header, claims) =>
      signed(header, { ...claims, nbf: 4_000_000_000 }, issuerKey()),
    'of an unknown key': (header, claims) => signed({ ...header, kid: 'unknown' }, claims, issuerKey()),
    'signed with HS256 and the public key': (header, claims) => {
      const input = `${encode({ ...header, alg: 'HS256' })}.${encode(claims)}`;
      const secret = createPublicKey(issuerKey()).export({ type: 'spki', format: 'pem' });
      return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
    },
    'without a signature': (header, claims) => `${encode(header)}.${encode(claims)}.`,
    'whose scopes were changed': (header, claims) => {
      const [head, , signature] = signed(header, { ...claims, scope: '' }, issuerKey()).split('.');
      return `${head}.${encode(claims)}.${signature}`;
    },
  };

  it.each(Object.keys(forgeries))('refuses a token %s', async (what) => {
    const [header, claims] = (await journey().target.token()).split('.').slice(0, 2).map(decode) as [
      Part,
      Part,
    ];
    const token = (forgeries[what] as (typeof forgeries)[string])(header, claims);
    for (const door of ['/v1/subscriptions', '/v2/user/user_id/nobody']) {
      expectRefusal(await call(journey().target.baseUrl, door, { token }), door, [401]);
    }
    const change = await call(journey().target.baseUrl, '/change', { token, body: {} });
    expectRefusal(change, '/change', [401]);
  });

  it('takes the same token when nothing is wrong with it', async () => {
    const [header, claims] = (await journey().target.token()).split('.').slice(0, 2).map(decode) as [
      Part,
      Part,
    ];
    const token = signed(header, claims, issuerKey());
    expect(await call(journey().target.baseUrl, '/v1/subscriptions', { token })).toMatchObject({
      status: 200,
    });
  });

  function issuerKey(): string {
    return readFileSync(privateKeyPath(path.resolve(journey().target.keysDirectory), 'issuer'), 'utf8');
  }
}

function signed(header: Part, claims: Part, privateKey: string): string {
  const input = `${encode(header)}.${encode(claims)}`;
  return `${input}.${sign('sha256', Buffer.from(input), privateKey).toString('base64url')}`;
}

function encode(part: Part): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}

function decode(part: string): Part {
  return JSON.parse(Buffer.from(part, 'base64url').toString());
}
