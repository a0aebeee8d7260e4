import * as z from 'zod';
import { ServiceError } from '../../errors';
import { explainRefusal, type PrivateTargets, vetUrl } from '../../webhooks/targets/network-guard';
import { checkHeaders } from '../subscriptions/subscription-headers';
import type { ClientCredentials, Credentials } from './credentials';

const text = z.string().min(1).max(500);
/** RFC 7617, section 2. */
const withoutControls = text.regex(/^\P{Cc}+$/u, 'holds a control character');

const basic = z.strictObject({
  type: z.literal('basic'),
  username: withoutControls.regex(/^[^:]+$/, 'a user name of Basic holds no colon'),
  password: withoutControls,
});

const bearer = z.strictObject({
  type: z.literal('bearer'),
  // RFC 6750, section 2.1; JWTs with many claims are large.
  token: z
    .string()
    .max(4096)
    .regex(/^[A-Za-z0-9\-._~+/]+=*$/, 'is no bearer token'),
});

const keyHeader = z
  .strictObject({ type: z.literal('key_header'), name: z.string(), value: z.string().max(4096) })
  .superRefine(({ name, value }, context) => {
    const problem = checkHeaders({ [name]: value });
    if (problem !== undefined) {
      context.addIssue(problem);
    }
  });

const clientCredentials = z.strictObject({
  type: z.literal('oauth2_client_credentials'),
  token_url: z.string().min(1).max(2048),
  client_id: text,
  client_secret: text,
  audience: text.optional(),
  scope: text.optional(),
});

/** Credentials as callers send them. */
export const credentialsSchema = z.discriminatedUnion('type', [basic, bearer, keyHeader, clientCredentials]);

export type CredentialsRequest = z.infer<typeof credentialsSchema>;

/**
 * The credentials, once it is sure that they may be sent to where they say.
 * @throws ServiceError `target_refused` with the reason; a secret crosses a public network by https alone.
 */
export function requireCredentials(request: CredentialsRequest, privateTargets: PrivateTargets): Credentials {
  return request.type === 'oauth2_client_credentials'
    ? requireClientCredentials(request, privateTargets)
    : request;
}

function requireClientCredentials(
  request: z.infer<typeof clientCredentials>,
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
