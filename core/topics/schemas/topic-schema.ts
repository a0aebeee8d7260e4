import { type Schema, type SchemaDraft, Validator } from '@cfworker/json-schema';
import { isDeeperThan, type Json, type JsonObject } from '../../json';
import { DRAFT_THREE, findDraftThreeProblem, toDraftFour } from './draft-three';

/** A schema is read with every event that is published, so it stays small. */
const MAX_SCHEMA_BYTES = 32 * 1024;
const MAX_SCHEMA_DEPTH = 32;
const MAX_PATTERN_LENGTH = 500;

/** By `$schema`, with or without the `#` that the older ones end in. */
const drafts: ReadonlyMap<string, SchemaDraft> = new Map([
  ['https://json-schema.org/draft/2020-12/schema', '2020-12'],
  ['http://json-schema.org/draft-07/schema', '7'],
  ['http://json-schema.org/draft-04/schema', '4'],
  // Evaluated as the Draft 4 that says the same.
  [DRAFT_THREE, '4'],
]);

/** Keywords that the validator does not know: it would let everything through. */
const unknownReferences = ['$dynamicRef', '$recursiveRef'];

/** Their values are data, not schemas. */
const dataKeywords = ['const', 'enum', 'default', 'examples', 'example'];

/**
 * What is wrong with a schema by its looks, in words; `undefined` for nothing. Whether it can be evaluated shows
 * {@link tryOut}.
 */
export function findSchemaProblem(schema: JsonObject): string | undefined {
  if (draftOf(schema) === undefined) {
    return `"$schema" must be left out (2020-12) or one of ${[...drafts.keys()].join(', ')}`;
  }
  // First: all that follows recurses.
  const problem = isDeeperThan(schema, MAX_SCHEMA_DEPTH)
    ? `is nested deeper than ${MAX_SCHEMA_DEPTH} levels`
    : (inspect(schema) ?? (isDraftThree(schema) ? findDraftThreeProblem(schema) : undefined));
  if (problem !== undefined) {
    return problem;
  }
  const bytes = Buffer.byteLength(JSON.stringify(schema));
  return bytes > MAX_SCHEMA_BYTES ? `has ${bytes} bytes; the limit is ${MAX_SCHEMA_BYTES} bytes` : undefined;
}

function draftOf({ $schema }: JsonObject): SchemaDraft | undefined {
  if ($schema === undefined) {
    return '2020-12';
  }
  return typeof $schema === 'string' ? drafts.get($schema.replace(/#$/, '')) : undefined;
}

/** The schema that is evaluated: the same one, but in a draft that the validator knows. */
export function inKnownDraft(schema: JsonObject): JsonObject {
  return isDraftThree(schema) ? toDraftFour(schema) : schema;
}

/** The validator marks the schemas that it is given, hence the copy. */
export function makeValidator(schema: JsonObject): Validator {
  const known = JSON.parse(JSON.stringify(inKnownDraft(schema))) as Schema;
  return new Validator(known, draftOf(schema) ?? '2020-12');
}

function isDraftThree({ $schema }: JsonObject): boolean {
  return typeof $schema === 'string' && $schema.replace(/#$/, '') === DRAFT_THREE;
}

function inspect(value: Json): string | undefined {
  if (typeof value !== 'object' || value === null) {
    return undefined;
  }
  for (const [key, inner] of Object.entries(value)) {
    const problem = inspectKeyword(key, inner) ?? (dataKeywords.includes(key) ? undefined : inspect(inner));
    if (problem !== undefined) {
      return problem;
    }
  }
  return undefined;
}

function inspectKeyword(key: string, value: Json): string | undefined {
  if (key === '$ref' && typeof value === 'string' && !value.startsWith('#')) {
    return 'holds a "$ref" that does not begin with "#": nothing is fetched, references stay within the schema';
  }
  if (unknownReferences.includes(key)) {
    return `holds "${key}", which is not supported; use "$ref"`;
  }
  if (key === 'pattern' && typeof value === 'string') {
    return inspectPattern(value);
  }
  if (key === 'patternProperties' && typeof value === 'object' && value !== null) {
    return Object.keys(value)
      .map(inspectPattern)
      .find((problem) => problem !== undefined);
  }
  return undefined;
}

function inspectPattern(pattern: string): string | undefined {
  if (pattern.length > MAX_PATTERN_LENGTH) {
    return `holds a pattern of ${pattern.length} characters; the limit is ${MAX_PATTERN_LENGTH}`;
  }
  try {
    new RegExp(pattern, 'u');
    return undefined;
  } catch {
    return `holds the pattern ${JSON.stringify(pattern.slice(0, 100))}, which is no regular expression`;
  }
}

/**
 * What shows only when a schema is evaluated: references that lead nowhere, or in circles without reading any
 * data. May take for ever: run it under a time limit.
 */
export function tryOut(schema: JsonObject): string | undefined {
  try {
    const validator = makeValidator(schema);
    const { lookup } = validator as unknown as { readonly lookup: Readonly<Record<string, unknown>> };
    const targets = Object.values(lookup).map((inner) => (inner as Marked | undefined)?.__absolute_ref__);
    if (targets.some((target) => target !== undefined && lookup[target] === undefined)) {
      return 'schema: holds a "$ref" that leads nowhere';
    }
    for (const probe of [null, '', {}, []]) {
      validator.validate(probe);
    }
    return undefined;
  } catch {
    return 'schema: cannot be evaluated: a keyword has a value of the wrong kind, or a "$ref" leads back to itself';
  }
}

/** As the validator marks schemas that refer to others. */
interface Marked {
  readonly __absolute_ref__?: string;
}
