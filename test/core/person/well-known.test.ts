import { readConfiguredRules } from '../../../core/person/configured-rules';
import { parsePublisherKeys } from '../../../core/person/keys';
import { publisherNames } from '../../../core/person/profile';
import { defaultPublisherRules, defaultPublisherRulesDocument } from '../../../core/person/publisher-rules';
import { discoveryDocument } from '../../../core/person/well-known';
import { makePublishers } from '../../support/publishers';

const { signingKeys } = makePublishers();
const privateJwk = { ...signingKeys.ldap.export({ format: 'jwk' }), kid: 'ldap-1', use: 'sig', alg: 'RS256' };
const deployment = {
  baseUrl: 'https://api.example.org:8443/prod',
  issuer: 'https://id.example.org/',
  audience: 'changewire',
  publishersJwks: { ldap: { keys: [privateJwk] } },
};

describe('the discovery document', () => {
  it('has the members that clients of the original read', () => {
    const document = discoveryDocument(deployment);
    expect(document).toMatchObject({
      oidc_discovery_uri: 'https://id.example.org/.well-known/openid-configuration',
      access_file: { jwks: { keys: {} } },
      api: {
        endpoints: { change: deployment.baseUrl, person: deployment.baseUrl },
        audience: 'changewire',
        profile_schema_uri: 'https://api.example.org:8443/prod/.well-known/profile.schema',
        publishers_rules_uri: 'https://api.example.org:8443/prod/.well-known/mozilla-iam-publisher-rules',
      },
    });
    expect(document.api.scopes_supported).toEqual(
      expect.arrayContaining([
        'read:fullprofile',
        'write',
        'display:none',
        'classification:workgroup:staff_only',
        'search:all',
      ]),
    );
    // Where the Python client looks.
    expect(document.api['data/profile_schema']).toBe(document.api.profile_schema_uri);
    expect(document.publishers_rules_uri).toBe(document.api.publishers_rules_uri);
  });

  it('publishes public keys, and nothing of a private one that was configured', () => {
    const { publishers_jwks } = discoveryDocument(deployment).api;
    expect(Object.keys(publishers_jwks).sort()).toEqual([...publisherNames].sort());
    expect(publishers_jwks.hris).toEqual({ keys: [] });
    const { kty, n, e } = privateJwk;
    expect(publishers_jwks.ldap).toEqual({ keys: [{ alg: 'RS256', kty, use: 'sig', kid: 'ldap-1', n, e }] });
    expect(parsePublisherKeys(publishers_jwks).get('ldap')).toHaveLength(1);
  });

  it.each([undefined, null, [], 'x', { ldap: null }, { ldap: { keys: 'x' } }, { ldap: { keys: [null, 5] } }])(
    'does not fall over keys such as %j',
    (publishersJwks) => {
      expect(
        Object.keys(discoveryDocument({ ...deployment, publishersJwks }).api.publishers_jwks),
      ).toHaveLength(5);
    },
  );

  it('names no issuer where there is none', () => {
    expect(discoveryDocument({ ...deployment, issuer: '' }).oidc_discovery_uri).toBeNull();
    const slashless = discoveryDocument({ ...deployment, issuer: 'https://id.example.org/realm' });
    expect(slashless.oidc_discovery_uri).toBe(
      'https://id.example.org/realm/.well-known/openid-configuration',
    );
  });
});

describe('configured rules', () => {
  it('are those of the release where an empty object stands', () => {
    const configured = readConfiguredRules(' {} ');
    expect(configured).toEqual({ document: defaultPublisherRulesDocument, rules: defaultPublisherRules });
  });

  it('are published as they are and gone by', () => {
    const document = structuredClone(defaultPublisherRulesDocument) as { create: Record<string, unknown> };
    document.create.fun_title = ['hris'];
    const configured = readConfiguredRules(JSON.stringify(document));
    expect(configured.document).toEqual(document);
    expect(configured.rules.create.get('fun_title')).toEqual(['hris']);
  });

  it.each([
    '',
    '[]',
    'null',
    '"x"',
    '{"create":{},"update":{}}',
    '{"update":{}}',
    '{"__proto__":{"create":{}}}',
  ])('are never guessed: %s', (text) => {
    expect(() => readConfiguredRules(text)).toThrow();
  });
});
