import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { type AttributeDocument, newcomer, type ProfileDocument } from '../../support/profile-documents';
import { freshName, type JourneyOf, publishAndWait, send } from './journey';

/** Signed by the right publisher, then spoiled in one way. */
export function forgeries(journey: JourneyOf): void {
  const spoilers: Readonly<Record<string, (attribute: AttributeDocument) => void>> = {
    'a value that was changed after it was signed': (attribute) => {
      attribute.value = 'Eve';
    },
    'a display level that was changed after it was signed': (attribute) => {
      attribute.metadata.display = 'staff';
    },
    'no signature': (attribute) => {
      attribute.signature.publisher.value = '';
    },
    "another publisher's key": (attribute) => {
      const hris = newcomer({ ...journey().target.publisher('hris'), name: 'ldap' }, 'eve');
      const other = hris.first_name as AttributeDocument;
      Object.assign(attribute, other);
    },
    'a signature without an algorithm': (attribute) => {
      attribute.signature.publisher.value = jws(attribute, { alg: 'none', typ: 'JWT' }, () => '');
    },
    'an HS256 signature made with the public key': (attribute) => {
      const jwks = readFileSync(path.join(journey().target.keysDirectory, 'publishers-jwks.json'), 'utf8');
      const secret = JSON.stringify(JSON.parse(jwks).ldap.keys[0]);
      attribute.signature.publisher.value = jws(attribute, { alg: 'HS256', typ: 'JWT' }, (input) =>
        createHmac('sha256', secret).update(input).digest('base64url'),
      );
    },
    'one flipped character in the signature': (attribute) => {
      const { value } = attribute.signature.publisher;
      const at = value.length - 20;
      attribute.signature.publisher.value = `${value.slice(0, at)}${value[at] === 'A' ? 'B' : 'A'}${value.slice(at + 1)}`;
    },
  };

  it.each(Object.keys(spoilers))('refuses %s, and stores nothing of it', async (what) => {
    const name = freshName();
    const profile: ProfileDocument = newcomer(journey().target.publisher('ldap'), name);
    spoilers[what]?.(profile.first_name as AttributeDocument);
    expect(await publishAndWait(journey(), profile)).toMatchObject({
      identity_vault: false,
      state: 'rejected',
      code: 'invalid_signature',
    });
    const userId = encodeURIComponent(encodeURIComponent(`ad|Mozilla-LDAP|${name}`));
    const person = await send(journey(), `/v2/user/user_id/${userId}`);
    expect(person).toMatchObject({ status: 200, json: {} });
    expect(Object.keys(person.json)).toEqual([]);
  });

  it('refuses a new profile that brings its own uuid', async () => {
    const ldap = journey().target.publisher('ldap');
    const profile = newcomer(ldap, freshName());
    const uuid = {
      ...(profile.first_name as AttributeDocument),
      value: 'c5c1a1a0-0000-4000-8000-000000000000',
    };
    expect(await publishAndWait(journey(), { ...profile, uuid })).toMatchObject({
      state: 'rejected',
      code: 'uuid_or_primary_username_set',
    });
  });
}

function jws(attribute: AttributeDocument, header: object, sign: (input: string) => string): string {
  const { signature: _, ...payload } = attribute;
  const encode = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
  const input = `${encode(header)}.${encode(payload)}`;
  return `${input}.${sign(input)}`;
}
