import { createPublicKey, sign } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { privateKeyPath, publicJwkOf } from './keys';

export interface TokenClaims {
  /** The folder that `prepareKeys` filled. */
  readonly keysDirectory: string;
  readonly issuer: string;
  readonly audience: string;
  readonly subject: string;
  readonly scopes: readonly string[];
  readonly ttlSeconds: number;
  /** Epoch milliseconds. @default now */
  readonly now?: number;
}

/**
 * Mints a bearer token (JWT, RS256) of the local issuer, as an OIDC provider would for a client.
 * @throws when the folder holds no issuer's key: `prepareKeys` makes it.
 */
export async function mintToken(claims: TokenClaims): Promise<string> {
  const privateKey = await readFile(privateKeyPath(claims.keysDirectory, 'issuer'), 'utf8');
  const issuedAt = Math.floor((claims.now ?? Date.now()) / 1000);
  const header = { alg: 'RS256', typ: 'JWT', kid: publicJwkOf(createPublicKey(privateKey), 'issuer').kid };
  const payload = {
    iss: claims.issuer,
    aud: claims.audience,
    sub: claims.subject,
    scope: claims.scopes.join(' '),
    iat: issuedAt,
    exp: issuedAt + claims.ttlSeconds,
  };
  const signed = `${encode(header)}.${encode(payload)}`;
  return `${signed}.${sign('sha256', Buffer.from(signed), privateKey).toString('base64url')}`;
}

function encode(part: object): string {
  return Buffer.from(JSON.stringify(part)).toString('base64url');
}
