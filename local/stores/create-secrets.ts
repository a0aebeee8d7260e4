import { randomInt } from 'node:crypto';
import type { SecretStore } from '../aws/secret-store';
import { type LocalKeys, readPublishersJwks } from '../keys';
import type { Inventory } from '../template/inventory';
import { textOf, unknownValue } from '../template/properties';
import type { Resource } from '../template/template';

/** What the runner knows a secret by, in the order of asking: how its name ends. */
const contents = {
  publishersJwks: /publishers-?jwks$/i,
  registrationToken: /registration-?token$/i,
  triggerToken: /trigger-?token$/i,
  cisKey: /cis-?key$/i,
} as const;

/** A secret with the name that functions and people know it by: the template's, else the logical id. */
export interface DeclaredSecret {
  readonly name: string;
  readonly arn: string;
  /** `undefined` for a secret that is not the runner's to know. */
  readonly content: keyof typeof contents | undefined;
}

/** Declares the template's secrets and gives a first value to those that want one and have none. */
export function createSecrets(inventory: Inventory, store: SecretStore, keys: LocalKeys): DeclaredSecret[] {
  return inventory.ofType('AWS::SecretsManager::Secret').map((secret) => {
    const name = textOf(secret, 'Name') ?? `${inventory.stackName}-${secret.logicalId}`;
    const arn = String(inventory.ref(secret.logicalId));
    const content = contentOf(name);
    store.declare(name, arn);
    const value = templateValue(secret) ?? valueOfKeys(content, keys) ?? textOf(secret, 'SecretString');
    if (value !== undefined) {
      store.put(name, value);
    } else if (secret.properties.GenerateSecretString && store.find(name)?.value === undefined) {
      store.put(name, generate(secret));
    }
    return { name, arn, content };
  });
}

/** A value written in the template wins, unless it says "none yet". */
function templateValue(secret: Resource): string | undefined {
  const value = textOf(secret, 'SecretString');
  return value === '{}' ? undefined : value;
}

function contentOf(name: string): DeclaredSecret['content'] {
  // A logical id ends with eight characters of CDK's own.
  const plainName = name.replace(/[0-9A-F]{8}$/, '');
  const known = Object.keys(contents) as (keyof typeof contents)[];
  return known.find((content) => contents[content].test(plainName));
}

/** What the keys' folder has generated. */
function valueOfKeys(content: DeclaredSecret['content'], keys: LocalKeys): string | undefined {
  switch (content) {
    case 'publishersJwks':
      return JSON.stringify(readPublishersJwks(keys.directory));
    case 'registrationToken':
      return keys.tokens.registration_token;
    case 'triggerToken':
      return keys.tokens.trigger_token;
    default:
      return undefined;
  }
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
