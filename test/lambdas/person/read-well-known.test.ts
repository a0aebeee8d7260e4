import { parsePublisherKeys } from '../../../core/person/keys';
import { profileJsonSchema } from '../../../core/person/profile-json-schema';
import { defaultPublisherRulesDocument } from '../../../core/person/publisher-rules';
import { makeReadWellKnown, type WellKnownPorts } from '../../../lambdas/person/read-well-known';
import { cisDialect } from '../../../lambdas/shared/cis-dialect';
import { openDoor } from '../../support/door';
import { makePublishers } from '../../support/publishers';

const { signingKeys } = makePublishers();
const jwkOf = (name: 'ldap' | 'cis') => ({ ...signingKeys[name].export({ format: 'jwk' }), d: undefined });
const held = { jwks: '{}', rules: '{}' };
const host = { Host: 'api.example.org:8443', 'X-Forwarded-Proto': 'https' };

function makeDoor(ports: Partial<WellKnownPorts> = {}) {
  return openDoor({
    name: 'read-well-known',
    dialect: cisDialect,
    methods: ['GET'],
    wire: () =>
      makeReadWellKnown({
        publishersJwks: { current: async () => held.jwks },
        publisherRules: { current: async () => held.rules },
        issuer: 'https://id.example.org/',
        audience: 'changewire',
        publicBaseUrl: '',
        ...ports,
      }),
  });
}

const discovery = { path: '/.well-known/mozilla-iam', headers: host };

beforeEach(() => {
  held.jwks = JSON.stringify({ ldap: { keys: [jwkOf('ldap')] }, cis: { keys: [jwkOf('cis')] } });
  held.rules = '{}';
});

describe('GET /.well-known/mozilla-iam', () => {
  it('needs no token, may be kept for a while, and leads back to the host that was asked', async () => {
    const reply = await makeDoor()(discovery);
    expect(reply.status).toBe(200);
    expect(reply.headers).toMatchObject({
      'content-type': 'application/json',
      'cache-control': 'public, max-age=300',
    });
    const base = 'https://api.example.org:8443';
    expect(reply.json.api).toMatchObject({
      endpoints: { change: base, person: base },
      profile_schema_uri: `${base}/.well-known/profile.schema`,
      'data/profile_schema': `${base}/.well-known/profile.schema`,
      publishers_rules_uri: `${base}/.well-known/mozilla-iam-publisher-rules`,
    });
    expect([...(parsePublisherKeys(reply.json.api.publishers_jwks).get('cis') ?? [])]).toHaveLength(1);
  });

  it('leads where the setting says, when there is one', async () => {
    const reply = await makeDoor({ publicBaseUrl: 'https://people.example.org/' })(discovery);
    expect(reply.json.api.endpoints.person).toBe('https://people.example.org');
  });

  it('does not repeat a host that is none', async () => {
    for (const Host of ['evil.test/path', 'a b', '"><script>', 'x@evil.test', '']) {
      const reply = await makeDoor()({ ...discovery, headers: { ...host, Host } });
      expect(reply.json.api.endpoints.person).toBe('https://localhost');
    }
  });

  it('follows the keys as they change', async () => {
    const door = makeDoor();
    await door(discovery);
    held.jwks = '{"hris":{"keys":[]}}';
    expect((await door(discovery)).json.api.publishers_jwks.ldap.keys).toEqual([]);
  });

  it.each(['', 'not JSON', '[]', '{"eve":{"keys":[]}}', '{"ldap":{"keys":[{"kty":"oct","k":"c2VjcmV0"}]}}'])(
    'fails, and quotes nothing, rather than to publish keys such as %s',
    async (jwks) => {
      held.jwks = jwks;
      const reply = await makeDoor()(discovery);
      expect(reply.status).toBe(500);
      expect(reply.json.code).toBe('internal_error');
      expect(reply.text).not.toContain('c2VjcmV0');
    },
  );
});

describe('GET /.well-known/mozilla-iam-publisher-rules', () => {
  const rules = { path: '/.well-known/mozilla-iam-publisher-rules', headers: host };

  it('are those that the integrator goes by, and change with them', async () => {
    const door = makeDoor();
    expect((await door(rules)).json).toEqual(defaultPublisherRulesDocument);
    const document = structuredClone(defaultPublisherRulesDocument) as { update: Record<string, unknown> };
    document.update.fun_title = 'ldap';
    held.rules = JSON.stringify(document);
    expect((await door(rules)).json).toEqual(document);
    held.rules = '{"create":{}}';
    expect((await door(rules)).status).toBe(500);
  });
});

describe('GET /.well-known/profile.schema', () => {
  it('is the schema', async () => {
    const reply = await makeDoor()({ path: '/.well-known/profile.schema', headers: host });
    expect(reply.json).toEqual(profileJsonSchema());
  });
});

it('knows no other document', async () => {
  expect((await makeDoor()({ path: '/.well-known/security.txt', headers: host })).status).toBe(404);
});
