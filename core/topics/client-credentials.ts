import * as z from 'zod';
import { ServiceError } from '../errors';
import { explainRefusal, type PrivateTargets, vetUrl } from '../webhooks/network-guard';
import type { ClientCredentials } from './subscription';

const text = z.string().min(1).max(500);

/** Credentials as callers send them. */
export const credentialsSchema = z.strictObject({
  type: z.literal('oauth2_client_credentials'),
  token_url: z.string().min(1).max(2048),
  client_id: text,
  client_secret: text,
  audience: text.optional(),
  scope: text.optional(),
});

export type CredentialsRequest = z.infer<typeof credentialsSchema>;

/**
 * The credentials, once it is sure that they may be sent to where they say.
 * @throws ServiceError `target_refused` with the reason; a secret crosses a public network by https alone.
 */
export function requireCredentials(
  request: CredentialsRequest,
  privateTargets: PrivateTargets,
): ClientCredentials {
  const verdict = vetUrl(request.token_url, privateTargets);
  if (!verdict.ok) {
    const reason = explainRefusal(verdict.reason);
    throw new ServiceError('target_refused', `the token_url is refused: ${reason}`);
  }
  if (verdict.url.protocol !== 'https:' && privateTargets === false) {
    throw new ServiceError('target_refused', 'the token_url is refused: a secret is sent by https alone');
  }
  const { type, token_url: tokenUrl, client_id: clientId, client_secret: clientSecret } = request;
  const { audience, scope } = request;
  return {
    ...{ type, tokenUrl, clientId, clientSecret },
    ...(audience !== undefined && { audience }),
    ...(scope !== undefined && { scope }),
  };
}
