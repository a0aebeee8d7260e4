import { sign } from 'node:crypto';

/**
 * Profile documents as a publisher writes them, made without any code of ours: the black-box suite must not
 * share a mistake with what it tests.
 */
export type ProfileDocument = Record<string, AttributeDocument | string>;

export interface AttributeDocument {
  signature: { publisher: { alg: string; typ: string; name: string; value: string }; additional: unknown[] };
  metadata: Record<string, unknown>;
  value?: unknown;
  values?: unknown;
}

/** Signs attributes; without a key they stay unsigned, as the preview takes them. */
export interface DocumentPublisher {
  readonly name: string;
  readonly privateKey?: string | undefined;
}

const confidential = new Set(['active', 'fun_title', 'description', 'location', 'pronouns']);

export function attribute(
  publisher: DocumentPublisher,
  name: string,
  value: unknown,
  display: string | null = null,
): AttributeDocument {
  const now = new Date().toISOString();
  const classification = confidential.has(name) ? 'WORKGROUP CONFIDENTIAL' : 'PUBLIC';
  const signed = {
    metadata: { classification, last_modified: now, created: now, verified: true, display },
    [typeof value === 'object' ? 'values' : 'value']: value,
  };
  return {
    signature: {
      publisher: { alg: 'RS256', typ: 'JWS', name: publisher.name, value: jws(signed, publisher.privateKey) },
      additional: [{ alg: 'RS256', typ: 'JWS', name: null, value: '' }],
    },
    ...signed,
  } as AttributeDocument;
}

function jws(payload: unknown, privateKey: string | undefined): string {
  if (privateKey === undefined) {
    return '';
  }
  const encode = (part: unknown) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const input = `${encode({ alg: 'RS256', typ: 'JWT' })}.${encode(payload)}`;
  return `${input}.${sign('sha256', Buffer.from(input), privateKey).toString('base64url')}`;
}

/** What ldap says of somebody new. */
export function newcomer(ldap: DocumentPublisher, name: string): ProfileDocument {
  const now = new Date().toISOString();
  return {
    user_id: attribute(ldap, 'user_id', `ad|Mozilla-LDAP|${name}`, 'public'),
    login_method: attribute(ldap, 'login_method', 'Mozilla-LDAP'),
    active: attribute(ldap, 'active', true),
    created: attribute(ldap, 'created', now),
    last_modified: attribute(ldap, 'last_modified', now),
    primary_email: attribute(ldap, 'primary_email', `${name}@example.net`),
    first_name: attribute(ldap, 'first_name', 'Ana', 'public'),
    last_name: attribute(ldap, 'last_name', 'Tester é中😀', 'public'),
  };
}

/** What mozilliansorg changes about somebody who is there. */
export function changeOf(
  publisher: DocumentPublisher,
  name: string,
  attributes: Readonly<Record<string, string>>,
): ProfileDocument {
  return {
    // Not signed by this publisher: equal to the stored one, so nobody asks.
    user_id: attribute(publisher, 'user_id', `ad|Mozilla-LDAP|${name}`, 'public'),
    ...Object.fromEntries(
      Object.entries(attributes).map(([key, value]) => [key, attribute(publisher, key, value, 'public')]),
    ),
  };
}
