import type { Json, JsonObject } from '../../json';

/** Their members are named by whoever wrote the schema; the members' values are schemas. */
const mapKeywords = [
  ...['properties', 'patternProperties', 'dependentSchemas', 'dependencies'],
  ...['definitions', '$defs'],
];

/** Their values are data, not schemas. */
const dataKeywords = ['const', 'enum', 'default', 'examples', 'example'];

/**
 * A schema whose `format`s say nothing: in `bc-events` they are comments (contract, section 2), and what its client
 * lets pass is not refused behind its back.
 * @param schema not nested deeper than `findSchemaProblem` allows.
 */
export function withoutFormats(schema: JsonObject): JsonObject {
  const kept = Object.entries(schema).filter(([key]) => key !== 'format');
  return Object.fromEntries(kept.map(([key, value]) => [key, withinKeyword(key, value)]));
}

function withinKeyword(key: string, value: Json): Json {
  if (dataKeywords.includes(key)) {
    return value;
  }
  if (mapKeywords.includes(key) && isObject(value)) {
    return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withinSchema(inner)]));
  }
  return withinSchema(value);
}

function withinSchema(value: Json): Json {
  if (Array.isArray(value)) {
    return value.map(withinSchema);
  }
  return isObject(value) ? withoutFormats(value) : value;
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
