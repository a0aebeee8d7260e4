import { generateKeyPairSync } from 'node:crypto';
import { defaultPublisherRules, defaultPublisherRulesDocument } from '../../../core/person/publisher-rules';
import { type ChecksEnvironment, makeIntegrationContext } from '../../../lambdas/change/integration-context';

const keyPair = () => generateKeyPairSync('rsa', { modulusLength: 2048 });
const { privateKey } = keyPair();
const cisKey = String(privateKey.export({ type: 'pkcs8', format: 'pem' }));
const jwks = () => JSON.stringify({ ldap: { keys: [keyPair().publicKey.export({ format: 'jwk' })] } });
const preview: ChecksEnvironment = {
  VERIFY_SIGNATURES: 'false',
  VERIFY_PUBLISHERS: 'false',
  ALLOW_MINTED_IDENTIFIERS: 'true',
};

/** Secrets whose newer text shows only when they are renewed. */
function makeSource(environment = preview, first = jwks(), rules = '{}') {
  const held = { now: first, newer: first, rules, newerRules: rules };
  const text = (value: () => string) => async () => value();
  const source = makeIntegrationContext(environment, {
    cisKey: { current: text(() => cisKey), renewed: text(() => cisKey) },
    publishersJwks: {
      current: text(() => held.now),
      renewed: text(() => {
        held.now = held.newer;
        return held.now;
      }),
    },
    publisherRules: {
      current: text(() => held.rules),
      renewed: text(() => {
        held.rules = held.newerRules;
        return held.rules;
      }),
    },
  });
  return { source, held };
}

describe('the context of the integrator', () => {
  it('is prepared once for the same keys', async () => {
    const { source } = makeSource();
    expect(await source.current()).toBe(await source.current());
  });

  it('is renewed when the keys have changed, and only then', async () => {
    const { source, held } = makeSource();
    const before = await source.current();
    expect(await source.renewed()).toBeUndefined();
    held.newer = jwks();
    const after = await source.renewed();
    expect(after?.publisherKeys).not.toBe(before.publisherKeys);
    expect(await source.current()).toBe(after);
    expect(await source.renewed()).toBeUndefined();
  });

  it('goes by the rules of the release until others are configured, and then by those', async () => {
    const { source, held } = makeSource();
    expect((await source.current()).rules).toEqual(defaultPublisherRules);
    const document = structuredClone(defaultPublisherRulesDocument) as { update: Record<string, unknown> };
    document.update.fun_title = 'ldap';
    held.newerRules = JSON.stringify(document);
    const renewed = await source.renewed();
    expect(renewed?.rules.update.get('fun_title')).toBe('ldap');
    expect(await source.current()).toBe(renewed);
  });

  it.each([
    '',
    'not JSON',
    '[]',
    'null',
    '{"create":{}}',
    '{"create":{"uuid":["cis"]},"update":{"uuid":""}}',
  ])('is a failure, never a context with rules of its own, when the rules are %s', async (rules) => {
    await expect(makeSource(preview, jwks(), rules).source.current()).rejects.toThrow();
  });

  it.each(['true', '', 'TRUE', 'no', '0'])(
    'checks, and allows nothing, with variables that say "%s"',
    async (text) => {
      const { source } = makeSource({
        VERIFY_SIGNATURES: text,
        VERIFY_PUBLISHERS: text,
        ALLOW_MINTED_IDENTIFIERS: '1',
      });
      expect(await source.current()).toMatchObject({
        verifySignatures: true,
        verifyPublishers: true,
        allowMintedIdentifiers: false,
      });
    },
  );

  it('is as lax as the preview says', async () => {
    expect(await makeSource().source.current()).toMatchObject({
      verifySignatures: false,
      verifyPublishers: false,
      allowMintedIdentifiers: true,
    });
  });

  it.each(['', 'not JSON', '[]', '{"ldap":{}}', '{"ldap":{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}}'])(
    'is a failure, never a context without keys, when the secret holds %s',
    async (text) => {
      await expect(makeSource(preview, text).source.current()).rejects.toThrow();
    },
  );
});
