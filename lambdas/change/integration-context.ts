import type { IntegrationContext } from '../../core/change/integrate-change';
import type { IntegrationContextSource } from '../../core/change/integration-ports';
import { parsePublisherKeys, parseSigningKey } from '../../core/person/keys';
import { defaultPublisherRules } from '../../core/person/publisher-rules';
import type { SecretText } from '../aws/secrets-manager-text';
import type { Environment } from '../functions';

export type ChecksEnvironment = Pick<
  Environment<'integrate-changes'>,
  'VERIFY_SIGNATURES' | 'VERIFY_PUBLISHERS' | 'ALLOW_MINTED_IDENTIFIERS'
>;

/**
 * Rules, keys and switches of the integrator. Keys are read from their secrets and prepared once for each text
 * of them; a check is on unless its variable says `false`, a permission off unless it says `true`.
 */
export function makeIntegrationContext(
  environment: ChecksEnvironment,
  secrets: { readonly cisKey: SecretText; readonly publishersJwks: SecretText },
): IntegrationContextSource {
  let kept: { readonly jwks: string; readonly key: string; readonly context: IntegrationContext } | undefined;
  return { current, renewed };

  async function current(): Promise<IntegrationContext> {
    const [jwks, key] = await Promise.all([secrets.publishersJwks.current(), secrets.cisKey.current()]);
    return prepare(jwks, key);
  }

  async function renewed(): Promise<IntegrationContext | undefined> {
    const before = kept?.context;
    const [jwks, key] = await Promise.all([secrets.publishersJwks.renewed(), secrets.cisKey.renewed()]);
    const context = prepare(jwks, key);
    return context === before ? undefined : context;
  }

  function prepare(jwks: string, key: string): IntegrationContext {
    if (kept === undefined || kept.jwks !== jwks || kept.key !== key) {
      kept = { jwks, key, context: makeContext(environment, jwks, key) };
    }
    return kept.context;
  }
}

function makeContext(environment: ChecksEnvironment, jwks: string, key: string): IntegrationContext {
  return {
    rules: defaultPublisherRules,
    publisherKeys: parsePublisherKeys(JSON.parse(jwks)),
    cisKey: parseSigningKey(key),
    verifySignatures: environment.VERIFY_SIGNATURES !== 'false',
    verifyPublishers: environment.VERIFY_PUBLISHERS !== 'false',
    allowMintedIdentifiers: environment.ALLOW_MINTED_IDENTIFIERS === 'true',
  };
}
