import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import type { TokenEnvironment } from '../../lambdas/shared/authenticate';

/** A token issuer of its own: keys, the environment that trusts it, and tokens. */
export async function makeTokenIssuer(kid = 'key-1') {
  const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid, alg: 'RS256', use: 'sig' };
  const environment: TokenEnvironment = {
    VERIFY_TOKENS: 'true',
    JWKS_URI: `data:application/json;base64,${Buffer.from(JSON.stringify({ keys: [jwk] })).toString('base64')}`,
    TOKEN_ISSUER: 'https://issuer.test/',
    TOKEN_AUDIENCE: 'changewire',
  };
  const token = (claims: JWTPayload = {}, header: Record<string, string> = {}) =>
    new SignJWT({
      iss: environment.TOKEN_ISSUER,
      aud: environment.TOKEN_AUDIENCE,
      sub: 'publisher@clients',
      exp: Math.floor(Date.now() / 1000) + 600,
      ...claims,
    })
      .setProtectedHeader({ alg: 'RS256', kid, typ: 'JWT', ...header })
      .sign(privateKey);
  return { environment, jwk, publicKey, privateKey, token };
}

/** A token as the preview takes it: shaped like one, signed by nobody. */
export function unsignedToken(
  claims: Record<string, unknown>,
  header: Record<string, unknown> = { alg: 'RS256', typ: 'JWT' },
): string {
  const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${encode(header)}.${encode({ sub: 'someone', ...claims })}.c2lnbmF0dXJl`;
}

/** What a door needs to take tokens on trust. */
export const trustingEnvironment: TokenEnvironment = {
  VERIFY_TOKENS: 'false',
  JWKS_URI: '',
  TOKEN_ISSUER: '',
  TOKEN_AUDIENCE: '',
};
