import { type AttributeDefinition, attributeDefinitions, attributePaths, groupNames } from './attributes';
import { isKeptExactly, reservedKeys } from './json-guard';
import { classifications, displayLevels, publisherNames } from './profile';

/**
 * Whether JSON is plainly a profile of which any attribute may be missing: what the schema takes, and nothing that
 * needs a second look. A tenth of the schema's time, for what nearly every body is. `false` says nothing: the
 * schema then judges, and tells what is wrong (see `profile-schema.ts`).
 */
export function isPlainProfile(json: unknown): boolean {
  return isObject(json) && Object.keys(json).every((name) => members.get(name)?.(json[name]) ?? false);
}

type Check = (value: unknown) => boolean;

const algorithms: ReadonlySet<unknown> = new Set(['HS256', 'RS256', 'RSA', 'ED25519']);
const types: ReadonlySet<unknown> = new Set(['JWS', 'PGP']);
const publishers: ReadonlySet<unknown> = new Set(publisherNames);
const anyDisplay: ReadonlySet<unknown> = new Set([...displayLevels, null]);
const anyClassification: ReadonlySet<unknown> = new Set(classifications);

/** RFC 3339. */
export const TIME =
  /^\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])[Tt]([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)$/;

const contents: Readonly<Record<AttributeDefinition['kind'], Check>> = {
  string: (value) => typeof value === 'string' || value === null,
  boolean: (value) => typeof value === 'boolean' || value === null,
  values: (value) => value === null || isFlat(value),
  map: (value) => value === null || (isObject(value) && isFlat(value)),
};

const members = new Map<string, Check>([
  ['schema', (value) => typeof value === 'string'],
  ...checksOf(''),
  ...groupNames.map((group): [string, Check] => {
    const own = new Map(checksOf(`${group}.`));
    return [
      group,
      (value) => isObject(value) && Object.keys(value).every((name) => own.get(name)?.(value[name]) ?? false),
    ];
  }),
]);

/** The attributes whose paths are the prefix and a name. */
function checksOf(prefix: string): [string, Check][] {
  return attributePaths
    .filter((path) => path.startsWith(prefix) && !path.slice(prefix.length).includes('.'))
    .map((path) => [path.slice(prefix.length), checkOf(attributeDefinitions[path])]);
}

function checkOf({ kind, classification, displays }: AttributeDefinition): Check {
  const isContent = contents[kind];
  const name = kind === 'string' || kind === 'boolean' ? 'value' : 'values';
  const classes = classification ? new Set<unknown>([classification]) : anyClassification;
  const levels = displays ? new Set<unknown>(displays) : anyDisplay;
  return (value) =>
    hasSize(value, 3) &&
    value[name] !== undefined &&
    isContent(value[name]) &&
    isSignature(value.signature) &&
    isMetadata(value.metadata, classes, levels);
}

function isSignature(value: unknown): boolean {
  if (!hasSize(value, 2) || !isSignatureOf(value.publisher) || !Array.isArray(value.additional)) {
    return false;
  }
  const { name } = value.publisher as Loose;
  return publishers.has(name) && value.additional.every(isSignatureOf);
}

function isSignatureOf(value: unknown): boolean {
  return (
    hasSize(value, 4) &&
    algorithms.has(value.alg) &&
    types.has(value.typ) &&
    (typeof value.name === 'string' || value.name === null) &&
    typeof value.value === 'string'
  );
}

function isMetadata(value: unknown, classes: ReadonlySet<unknown>, levels: ReadonlySet<unknown>): boolean {
  return (
    hasSize(value, 5) &&
    classes.has(value.classification) &&
    isTime(value.created) &&
    (value.last_modified === value.created || isTime(value.last_modified)) &&
    typeof value.verified === 'boolean' &&
    levels.has(value.display)
  );
}

function isTime(value: unknown): boolean {
  return typeof value === 'string' && TIME.test(value);
}

/** A map or list of texts and the like, as all are that come; what is deeper the schema judges. */
function isFlat(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) {
    return typeof value === 'string' || typeof value === 'boolean';
  }
  const items = value as Loose;
  return Object.keys(items).every((name) => !reservedKeys.has(name) && isScalar(items[name]));
}

function isScalar(value: unknown): boolean {
  return (
    typeof value === 'string' ||
    typeof value === 'boolean' ||
    value === null ||
    (typeof value === 'number' && isKeptExactly(value))
  );
}

type Loose = Readonly<Record<string, unknown>>;

function isObject(value: unknown): value is Loose {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** With as many members as are asked for, none of them can be one that nobody knows. */
function hasSize(value: unknown, size: number): value is Loose {
  return isObject(value) && Object.keys(value).length === size;
}
