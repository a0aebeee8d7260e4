import { createHash, createHmac } from 'node:crypto';
import { contentOf } from '../person/attributes';
import type { SigningKey } from '../person/keys';
import type { Attribute, AttributePath, StringAttribute } from '../person/profile';
import { signAttribute } from '../person/signature';

/** They know whether an account is open; what they say of `active` Changewire repeats in its own name. */
const accountPublishers: ReadonlySet<string> = new Set(['ldap', 'access_provider', 'hris']);

/** RFC 4122, appendix C: the name space of URLs. */
const NAMESPACE_URL = Buffer.from('6ba7b8119dad11d180b400c04fd430c8', 'hex');

/** Signs with the `cis` key what Changewire decides itself: contract CIS, section 4. */
export interface CisSigner {
  readonly key: SigningKey;
  /** ISO 8601. */
  readonly now: string;
}

/** `last_modified` as of now; every write makes a new one. */
export function stampLastModified(attribute: StringAttribute, { key, now }: CisSigner): Attribute {
  const { metadata } = attribute;
  const created = attribute.value === null ? now : metadata.created;
  return signAttribute(
    { ...attribute, metadata: { ...metadata, created, last_modified: now }, value: now },
    { name: 'cis', key },
  );
}

/** `active` under Changewire's own name, when a publisher of accounts has said it; else as it is. */
export function vouchForActive(attribute: Attribute, { key }: CisSigner): Attribute {
  const isTheirs = accountPublishers.has(attribute.signature.publisher.name);
  return isTheirs && contentOf(attribute) !== null
    ? signAttribute(attribute, { name: 'cis', key })
    : attribute;
}

/**
 * The identifiers that a new profile gets: a uuid that follows from the user_id and the salt (version 5), and a
 * username that is the same 16 bytes, `r--` and base64.
 * @param empty the attributes that are to be filled; those that are not null are left out of the answer.
 */
export function mintIdentifiers(
  userId: string,
  empty: Readonly<Record<'uuid' | 'primary_username', StringAttribute>>,
  { key, now, salt }: CisSigner & { readonly salt: string },
): ReadonlyMap<AttributePath, Attribute> {
  const bytes = uuidBytes(`${salt}#${userId}`);
  const username = `r--${bytes.toString('base64').replaceAll('+', '-').replaceAll('/', '_')}`;
  const minted = [
    ['uuid', formatUuid(bytes)],
    ['primary_username', username],
  ] as const;
  return new Map(
    minted
      .filter(([path]) => empty[path].value === null)
      .map(([path, value]) => {
        const metadata = { ...empty[path].metadata, created: now, last_modified: now };
        return [path, signAttribute({ ...empty[path], metadata, value }, { name: 'cis', key })];
      }),
  );
}

/** A salt that is secret without anybody having to set one, and the same as long as the key is. */
export function deriveSalt(key: SigningKey): string {
  const salt = salts.get(key) ?? makeSalt(key);
  salts.set(key, salt);
  return salt;
}

/** Exporting a key takes as long as verifying three signatures. */
const salts = new WeakMap<SigningKey, string>();

function makeSalt(key: SigningKey): string {
  const der = key.export({ type: 'pkcs8', format: 'der' });
  return createHmac('sha256', der).update('uuid-salt').digest('base64url');
}

/** RFC 4122, section 4.3. SHA-1 because the version is defined by it; nothing is secured by it. */
function uuidBytes(name: string): Buffer {
  const bytes = createHash('sha1').update(NAMESPACE_URL).update(name).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x50, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return bytes;
}

function formatUuid(bytes: Buffer): string {
  return bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
