import type { OutputUnit } from '@cfworker/json-schema';
import type { Json, JsonObject } from '../../json';
import { inKnownDraft, makeValidator } from './topic-schema';

/** Says where data does not fit and what was expected, never what it holds; `undefined` when it fits. */
export type DataJudge = (data: unknown) => string | undefined;

/** So much of the schema tells what was expected. */
const SHOWN_CHARACTERS = 200;

/** Of wrapping keywords: the reason is what they wrap. */
const wrappers = new Set([
  ...['$ref', 'allOf', 'then', 'else', 'dependentSchemas', 'properties', 'patternProperties'],
  ...['additionalProperties', 'unevaluatedProperties', 'propertyNames'],
  ...['items', 'prefixItems', 'additionalItems', 'unevaluatedItems'],
]);

/** @throws what the validator throws at a schema that was not found good (topic-schema.ts). */
export function makeDataJudge(given: JsonObject): DataJudge {
  const schema = inKnownDraft(given);
  const validator = makeValidator(schema);
  return (data) => {
    try {
      const { valid, errors } = validator.validate(data);
      return valid ? undefined : explain(errors, schema);
    } catch (error) {
      // The validator recurses where a schema refers to itself.
      if (error instanceof RangeError) {
        return 'data is nested too deep to be held against the schema of its topic';
      }
      throw error;
    }
  };
}

function explain(errors: readonly OutputUnit[], schema: JsonObject): string {
  const error = errors.find(({ keyword }) => !wrappers.has(keyword)) ?? errors.at(-1);
  if (error === undefined) {
    return 'data does not fit the schema of its topic';
  }
  const path = `data${pathOf(error.instanceLocation)}`;
  if (error.keyword === 'false') {
    return `${path} is not allowed by the schema of its topic`;
  }
  const expected = valueAt(schema, error.keywordLocation);
  const shown = JSON.stringify({ [error.keyword]: expected }).slice(0, SHOWN_CHARACTERS);
  return `${path} does not fit the schema of its topic: expected ${shown}`;
}

/** `#/items/0/a~1b` becomes `.items.0.a/b`. */
function pathOf(pointer: string): string {
  return segmentsOf(pointer)
    .map((segment) => `.${segment}`)
    .join('')
    .slice(0, SHOWN_CHARACTERS);
}

function valueAt(schema: JsonObject, pointer: string): Json | undefined {
  let at: Json | undefined = schema;
  for (const segment of segmentsOf(pointer)) {
    at = memberOf(at, segment);
    if (segment === '$ref' && typeof at === 'string') {
      at = valueAt(schema, at);
    }
  }
  return at;
}

function memberOf(value: Json | undefined, name: string): Json | undefined {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as JsonObject)[name]
    : undefined;
}

function segmentsOf(pointer: string): string[] {
  return pointer
    .split('/')
    .slice(1)
    .map((segment) => decodeSegment(segment).replaceAll('~1', '/').replaceAll('~0', '~'));
}

function decodeSegment(segment: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    return segment;
  }
}
