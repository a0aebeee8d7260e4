import { publisherNames } from './profile';

/** Where the documents of discovery lie, below the base URL. */
export const wellKnownPaths = {
  discovery: '/.well-known/mozilla-iam',
  rules: '/.well-known/mozilla-iam-publisher-rules',
  schema: '/.well-known/profile.schema',
} as const;

/** What the doors of CIS ask of a token: contract CIS, section 2. */
const supportedScopes = [
  'read:fullprofile',
  ...['public', 'mozilla_confidential', 'workgroup:staff_only', 'workgroup', 'individual'].map(
    (name) => `classification:${name}`,
  ),
  'write',
  ...['all', 'private', 'staff', 'ndaed', 'vouched', 'authenticated', 'public', 'none'].map(
    (level) => `display:${level}`,
  ),
  'search:all',
] as const;

/** The members of a public JWK that are published; a private one that was configured by mistake stays here. */
const PUBLIC_MEMBERS = ['alg', 'kty', 'use', 'kid', 'n', 'e', 'x5c', 'x5t', 'x5t#S256'] as const;

export interface Deployment {
  /** Without a slash at the end. */
  readonly baseUrl: string;
  /** Who issues tokens; empty when nobody is configured. */
  readonly issuer: string;
  readonly audience: string;
  /** `{publisher: {keys: [JWK]}}`, checked. */
  readonly publishersJwks: unknown;
}

/**
 * The document under `/.well-known/mozilla-iam`, by which clients find everything else: contract CIS, section 1.3.
 * The original's Python client looks for the rules and for the schema under names that no published document has,
 * and goes on with copies of its own; both names are here besides, so that it finds ours.
 */
export function discoveryDocument({ baseUrl, issuer, audience, publishersJwks }: Deployment) {
  const rulesUri = `${baseUrl}${wellKnownPaths.rules}`;
  const schemaUri = `${baseUrl}${wellKnownPaths.schema}`;
  return {
    oidc_discovery_uri:
      issuer === '' ? null : `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`,
    // Who may enter which application is none of our business; clients want the members to be there.
    access_file: { endpoint: null, aai_mapping: {}, jwks: { keys: {} } },
    api: {
      endpoints: { change: baseUrl, person: baseUrl },
      audience,
      profile_schema_uri: schemaUri,
      'data/profile_schema': schemaUri,
      scopes_supported: supportedScopes,
      publishers_rules_uri: rulesUri,
      publishers_jwks: publicKeysOf(publishersJwks),
    },
    publishers_rules_uri: rulesUri,
  };
}

/** Every publisher is there, with or without keys, so that a client that looks one up finds a list. */
function publicKeysOf(
  publishersJwks: unknown,
): Readonly<Record<string, { readonly keys: readonly object[] }>> {
  return Object.fromEntries(
    publisherNames.map((name) => {
      const keys: unknown = memberOf(memberOf(publishersJwks, name), 'keys');
      return [name, { keys: Array.isArray(keys) ? keys.map(publicPartOf) : [] }];
    }),
  );
}

function publicPartOf(jwk: unknown): object {
  const members = PUBLIC_MEMBERS.map((name) => [name, memberOf(jwk, name)] as const);
  return Object.fromEntries(members.filter(([, value]) => value !== undefined));
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Readonly<Record<string, unknown>>)[name]
    : undefined;
}
