import { randomInt } from 'node:crypto';
import type { SecretStore } from '../aws/secret-store';
import { type LocalKeys, readPublishersJwks } from '../keys';
import type { Inventory } from '../template/inventory';
import { textOf, unknownValue } from '../template/properties';
import type { Resource } from '../template/template';

/** A secret's name ends like this: it holds what the keys' folder has generated. */
const PUBLISHERS_JWKS = /publishers-?jwks$/i;
const REGISTRATION_TOKEN = /registration-?token$/i;
const TRIGGER_TOKEN = /trigger-?token$/i;

/** A secret with the name that functions and people know it by: the template's, else the logical id. */
export interface DeclaredSecret {
  readonly name: string;
  readonly arn: string;
}

/** Declares the template's secrets and gives a first value to those that want one and have none. */
export function createSecrets(inventory: Inventory, store: SecretStore, keys: LocalKeys): DeclaredSecret[] {
  return inventory.ofType('AWS::SecretsManager::Secret').map((secret) => {
    const name = textOf(secret, 'Name') ?? `${inventory.stackName}-${secret.logicalId}`;
    const arn = String(inventory.ref(secret.logicalId));
    store.declare(name, arn);
    const value = templateValue(secret) ?? valueOfKeys(name, secret, keys);
    if (value !== undefined) {
      store.put(name, value);
    } else if (secret.properties.GenerateSecretString && store.find(name)?.value === undefined) {
      store.put(name, generate(secret));
    }
    return { name, arn };
  });
}

/** A value written in the template wins, unless it says "none yet". */
function templateValue(secret: Resource): string | undefined {
  const value = textOf(secret, 'SecretString');
  return value === '{}' ? undefined : value;
}

function valueOfKeys(name: string, secret: Resource, keys: LocalKeys): string | undefined {
  const plainName = name.replace(/[0-9A-F]{8}$/, '');
  if (PUBLISHERS_JWKS.test(plainName)) {
    return JSON.stringify(readPublishersJwks(keys.directory));
  }
  if (REGISTRATION_TOKEN.test(plainName)) {
    return keys.tokens.registration_token;
  }
  if (TRIGGER_TOKEN.test(plainName)) {
    return keys.tokens.trigger_token;
  }
  return textOf(secret, 'SecretString');
}

interface GenerateSecretString {
  readonly PasswordLength?: number;
  readonly ExcludeCharacters?: string;
  readonly ExcludeLowercase?: boolean;
  readonly ExcludeUppercase?: boolean;
  readonly ExcludeNumbers?: boolean;
  readonly ExcludePunctuation?: boolean;
  readonly IncludeSpace?: boolean;
  readonly RequireEachIncludedType?: boolean;
  readonly SecretStringTemplate?: string;
  readonly GenerateStringKey?: string;
}

const DEFAULT_LENGTH = 32;

function generate(secret: Resource): string {
  const options = secret.properties.GenerateSecretString as GenerateSecretString;
  const password = generatePassword(secret, options);
  if (options.SecretStringTemplate === undefined || options.GenerateStringKey === undefined) {
    return password;
  }
  const template = JSON.parse(options.SecretStringTemplate) as object;
  return JSON.stringify({ ...template, [options.GenerateStringKey]: password });
}

function generatePassword(secret: Resource, options: GenerateSecretString): string {
  const alphabet = [
    options.ExcludeLowercase ? '' : 'abcdefghijklmnopqrstuvwxyz',
    options.ExcludeUppercase ? '' : 'ABCDEFGHIJKLMNOPQRSTUVWXYZ',
    options.ExcludeNumbers ? '' : '0123456789',
    options.ExcludePunctuation ? '' : '!"#$%&\'()*+,-./:;<=>?@[\\]^_`{|}~',
    options.IncludeSpace ? ' ' : '',
  ]
    .join('')
    .split('')
    .filter((character) => !options.ExcludeCharacters?.includes(character));
  if (alphabet.length === 0) {
    throw unknownValue(secret, 'GenerateSecretString', options);
  }
  const length = Number(options.PasswordLength ?? DEFAULT_LENGTH);
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('');
}
