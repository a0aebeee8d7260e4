import { ServiceError } from '../../core/errors';
import { parseConfiguredJson } from '../../core/json';
import { readConfiguredRules } from '../../core/person/configured-rules';
import { parsePublisherKeys } from '../../core/person/keys';
import { profileJsonSchema } from '../../core/person/profile-json-schema';
import { discoveryDocument, wellKnownPaths } from '../../core/person/well-known';
import { secretsClient } from '../aws/secrets-client';
import { makeSecretText, type SecretText } from '../aws/secrets-manager-text';
import { cisDialect } from '../shared/cis-dialect';
import { withCredentials } from '../shared/cors';
import { readEnvironment } from '../shared/environment';
import { httpFunction } from '../shared/http-function';
import type { HttpHandler } from '../shared/http-message';
import { lazily } from '../shared/lazily';

/** Keys and rules are read again as often; a client's copy is then ten minutes old at most. */
const MAX_AGE_SECONDS = 300;

export interface WellKnownPorts {
  readonly publishersJwks: Pick<SecretText, 'current'>;
  readonly publisherRules: Pick<SecretText, 'current'>;
  readonly issuer: string;
  readonly audience: string;
  /** What absolute addresses begin with; empty: whatever the caller asked. */
  readonly publicBaseUrl: string;
}

/**
 * Trigger: GET /.well-known/mozilla-iam, …/mozilla-iam-publisher-rules, …/profile.schema; no token is needed.
 * Success: 200 with the document, whose addresses lead back to the host that was asked.
 * Refusal: none; keys or rules that are configured wrongly are a failure, never half a document.
 * Retry: harmless.
 */
export function makeReadWellKnown(ports: WellKnownPorts): HttpHandler {
  const schema = lazily(profileJsonSchema);
  return async ({ resource, baseUrl }) => ({
    status: 200,
    headers: { 'cache-control': `public, max-age=${MAX_AGE_SECONDS}` },
    body: await documentAt(resource, ports.publicBaseUrl.replace(/\/+$/, '') || baseUrl),
  });

  async function documentAt(resource: string, baseUrl: string): Promise<unknown> {
    switch (resource) {
      case wellKnownPaths.discovery:
        return discoveryDocument({ ...ports, baseUrl, publishersJwks: await readKeys(ports.publishersJwks) });
      case wellKnownPaths.rules:
        return readConfiguredRules(await ports.publisherRules.current()).document;
      case wellKnownPaths.schema:
        return schema();
      default:
        throw new ServiceError('not_found', 'there is no such well-known document');
    }
  }
}

/** Checked as the integrator does, so that nothing is published that verifies nothing. */
async function readKeys(secret: Pick<SecretText, 'current'>): Promise<unknown> {
  const jwks: unknown = parseConfiguredJson(await secret.current(), 'publishers_jwks');
  parsePublisherKeys(jwks);
  return jwks;
}

export const handler = httpFunction({
  name: 'read-well-known',
  dialect: cisDialect,
  methods: ['GET'],
  cors: withCredentials,
  wire: () => {
    const environment = readEnvironment('read-well-known');
    return makeReadWellKnown({
      publishersJwks: makeSecretText(secretsClient(), environment.PUBLISHERS_JWKS_SECRET_ID),
      publisherRules: makeSecretText(secretsClient(), environment.PUBLISHER_RULES_SECRET_ID),
      issuer: environment.TOKEN_ISSUER,
      audience: environment.TOKEN_AUDIENCE,
      publicBaseUrl: environment.PUBLIC_BASE_URL,
    });
  },
});
