import type { StageSettings } from '../stage';

/** How a door verifies the tokens of its callers. */
export function tokenEnvironment({ verifyTokens, jwksUri, issuer, audience }: StageSettings) {
  return {
    VERIFY_TOKENS: String(verifyTokens),
    JWKS_URI: jwksUri,
    TOKEN_ISSUER: issuer,
    TOKEN_AUDIENCE: audience,
  };
}
