import { readFile } from 'node:fs/promises';
import { attributeAt, attributePaths, contentOf, withAttributes } from '../../core/person/attributes';
import { fakeProfiles } from '../../core/person/fake-profile';
import { parseSigningKey, type SigningKey } from '../../core/person/keys';
import type { Attribute, AttributePath, Profile, PublisherName } from '../../core/person/profile';
import { signAttribute } from '../../core/person/signature';
import { privateKeyPath } from '../../local/keys';
import { CommandError } from './command-error';

export interface FakePeopleOptions {
  readonly number: number;
  readonly seed: string;
  /** Signs in the names of the publishers whose private keys lie there. @default they stay unsigned */
  readonly keysDirectory?: string | undefined;
}

/** When fake people have said all of it: fixed, so that a seed gives the same file on every day. */
const SAID_AT = '2024-01-01T00:00:00.000Z';

/**
 * People who do not exist. Unsigned ones bring identifiers of their own, as the preview takes them; to signed
 * ones `cis` gives them, as everywhere else.
 * @throws CommandError when a key cannot be read.
 */
export async function makeFakePeople({ number, seed, keysDirectory }: FakePeopleOptions): Promise<Profile[]> {
  const withIdentifiers = keysDirectory === undefined;
  const profiles = fakeProfiles(number, { seed, at: SAID_AT, withIdentifiers });
  if (keysDirectory === undefined) {
    return [...profiles];
  }
  const keyOf = openKeys(keysDirectory);
  const signed: Profile[] = [];
  for (const profile of profiles) {
    signed.push(await signProfile(profile, keyOf));
  }
  return signed;
}

type KeyOf = (publisher: PublisherName) => Promise<SigningKey>;

async function signProfile(profile: Profile, keyOf: KeyOf): Promise<Profile> {
  const signed = new Map<AttributePath, Attribute>();
  for (const path of attributePaths) {
    const attribute = attributeAt(profile, path);
    if (attribute && contentOf(attribute) !== null) {
      const { name } = attribute.signature.publisher;
      signed.set(path, signAttribute(attribute, { name, key: await keyOf(name) }));
    }
  }
  return withAttributes(profile, signed);
}

/** Each key is read once. */
function openKeys(directory: string): KeyOf {
  const keys = new Map<string, Promise<SigningKey>>();
  return (publisher) => {
    const known = keys.get(publisher) ?? readKey(directory, publisher);
    keys.set(publisher, known);
    return known;
  };
}

async function readKey(directory: string, publisher: string): Promise<SigningKey> {
  try {
    return parseSigningKey(await readFile(privateKeyPath(directory, publisher), 'utf8'));
  } catch (error) {
    throw new CommandError(`cannot read the key of ${publisher}: ${(error as Error).message}`);
  }
}
