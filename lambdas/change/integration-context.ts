import type { IntegrationContext } from '../../core/change/integration-context';
import type { IntegrationContextSource } from '../../core/change/integration-ports';
import { parseConfiguredJson } from '../../core/json';
import { readConfiguredRules } from '../../core/person/configured-rules';
import { parsePublisherKeys, parseSigningKey } from '../../core/person/keys';
import type { SecretText } from '../aws/secrets-manager-text';
import type { Environment } from '../functions';

export type ChecksEnvironment = Pick<
  Environment<'integrate-changes'>,
  'VERIFY_SIGNATURES' | 'VERIFY_PUBLISHERS' | 'ALLOW_MINTED_IDENTIFIERS'
>;

/** What the integrator goes by and an operator may change at any time. */
export interface IntegrationSecrets {
  readonly cisKey: SecretText;
  readonly publishersJwks: SecretText;
  readonly publisherRules: SecretText;
}

type Checks = Pick<IntegrationContext, 'verifySignatures' | 'verifyPublishers' | 'allowMintedIdentifiers'>;

type Texts = Readonly<Record<keyof IntegrationSecrets, string>>;

/**
 * Rules, keys and switches of the integrator. Keys and rules are read from their secrets and prepared once for each
 * text of them; a check is on unless its variable says `false`, a permission off unless it says `true`.
 */
export function makeIntegrationContext(
  environment: ChecksEnvironment,
  secrets: IntegrationSecrets,
): IntegrationContextSource {
  const checks: Checks = {
    verifySignatures: environment.VERIFY_SIGNATURES !== 'false',
    verifyPublishers: environment.VERIFY_PUBLISHERS !== 'false',
    allowMintedIdentifiers: environment.ALLOW_MINTED_IDENTIFIERS === 'true',
  };
  let kept: { readonly texts: Texts; readonly context: IntegrationContext } | undefined;
  return { current, renewed };

  async function current(): Promise<IntegrationContext> {
    return prepare(await readTexts(secrets, 'current'));
  }

  async function renewed(): Promise<IntegrationContext | undefined> {
    const before = kept?.context;
    const context = prepare(await readTexts(secrets, 'renewed'));
    return context === before ? undefined : context;
  }

  function prepare(texts: Texts): IntegrationContext {
    if (kept === undefined || !isSame(kept.texts, texts)) {
      kept = { texts, context: makeContext(checks, texts) };
    }
    return kept.context;
  }
}

async function readTexts(secrets: IntegrationSecrets, age: 'current' | 'renewed'): Promise<Texts> {
  const [cisKey, publishersJwks, publisherRules] = await Promise.all([
    secrets.cisKey[age](),
    secrets.publishersJwks[age](),
    secrets.publisherRules[age](),
  ]);
  return { cisKey, publishersJwks, publisherRules };
}

function isSame(one: Texts, other: Texts): boolean {
  return (Object.keys(one) as (keyof Texts)[]).every((name) => one[name] === other[name]);
}

function makeContext(checks: Checks, texts: Texts): IntegrationContext {
  return {
    rules: readConfiguredRules(texts.publisherRules).rules,
    publisherKeys: parsePublisherKeys(parseConfiguredJson(texts.publishersJwks, 'publishers_jwks')),
    cisKey: parseSigningKey(texts.cisKey),
    ...checks,
  };
}
