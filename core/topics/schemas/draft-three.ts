import type { Json, JsonObject } from '../../json';

/** By which a schema says that it is of Draft 3; the `#` at its end may be missing. */
export const DRAFT_THREE = 'http://json-schema.org/draft-03/schema';

const DRAFT_FOUR = 'http://json-schema.org/draft-04/schema#';

/** Keywords that say the same in both drafts and hold no schemas. What Draft 3 does not know says nothing in it. */
const sameInBoth = new Set([
  ...['$ref', 'id', 'title', 'description', 'format', 'enum', 'pattern', 'minLength', 'maxLength'],
  ...['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum', 'minItems', 'maxItems', 'uniqueItems'],
]);

const maps = ['properties', 'patternProperties', 'definitions'];
const simpleTypes = ['string', 'number', 'integer', 'boolean', 'object', 'array', 'null'];

/** What is found on the way through a schema. */
interface Walk {
  /** Pointers at the schemas that lie at the same place in the translation: what references may lead to. */
  readonly places: Set<string>;
  readonly references: string[];
  readonly problems: string[];
}

/** Undefined where the translation puts a schema somewhere else. */
type Place = string | undefined;

/** Says what is wrong with a schema of Draft 3 that Draft 4 cannot say; `undefined` for nothing. */
export function findDraftThreeProblem(schema: JsonObject): string | undefined {
  const walk: Walk = { places: new Set(), references: [], problems: [] };
  translate(schema, '', walk);
  const lost = walk.references.find((reference) => !walk.places.has(pointerOf(reference)));
  return (
    walk.problems[0] ??
    (lost &&
      `holds the "$ref" ${JSON.stringify(lost.slice(0, 100))}: of Draft 3, only references to "#", "definitions", "properties" and "items" are supported`)
  );
}

/**
 * The same schema in Draft 4, which the validator knows: everything that fits the one fits the other.
 * @param schema in which nothing wrong was found.
 */
export function toDraftFour(schema: JsonObject): JsonObject {
  const walk: Walk = { places: new Set(), references: [], problems: [] };
  return { $schema: DRAFT_FOUR, ...(translate(schema, '', walk) as JsonObject) };
}

/** Booleans stay: `additionalProperties` and `additionalItems` may be such. */
function translate(schema: Json, at: Place, walk: Walk): Json {
  if (!isObject(schema)) {
    return schema;
  }
  if (at !== undefined) {
    walk.places.add(at);
  }
  const all: Json[] = [];
  const four: Record<string, Json> = {};
  for (const [keyword, value] of Object.entries(schema)) {
    if (sameInBoth.has(keyword)) {
      four[keyword] = value;
    } else if (maps.includes(keyword) && isObject(value)) {
      four[keyword] = mapOf(value, (inner, name) => translate(inner, below(at, keyword, name), walk));
    } else {
      translators.get(keyword)?.({ value, at, walk, four, all });
    }
  }
  const { properties = null } = schema;
  const required = isObject(properties) ? requiredOf(properties) : [];
  noteReferences(schema, walk);
  return { ...four, ...(required.length > 0 && { required }), ...(all.length > 0 && { allOf: all }) };
}

interface Keyword {
  readonly value: Json;
  readonly at: Place;
  readonly walk: Walk;
  readonly four: Record<string, Json>;
  /** Schemas that must fit as well. */
  readonly all: Json[];
}

const translators: ReadonlyMap<string, (keyword: Keyword) => void> = new Map(
  Object.entries<(keyword: Keyword) => void>({
    type: ({ value, walk, all }) => {
      const any = anyOf(value, 'type', walk);
      if (any !== undefined) {
        all.push(any);
      }
    },
    disallow: ({ value, walk, all }) => {
      all.push({ not: anyOf(value, 'disallow', walk) ?? {} });
    },
    extends: ({ value, walk, all }) => {
      const parents: readonly Json[] = Array.isArray(value) ? value : [value];
      all.push(...parents.map((one) => translate(one, undefined, walk)));
    },
    divisibleBy: ({ value, four }) => {
      four.multipleOf = value;
    },
    items: ({ value, at, walk, four }) => {
      four.items = Array.isArray(value)
        ? value.map((item, index) => translate(item, below(at, 'items', `${index}`), walk))
        : translate(value, below(at, 'items'), walk);
    },
    additionalItems: ({ value, at, walk, four }) => {
      four.additionalItems = translate(value, below(at, 'additionalItems'), walk);
    },
    additionalProperties: ({ value, at, walk, four }) => {
      four.additionalProperties = translate(value, below(at, 'additionalProperties'), walk);
    },
    dependencies: ({ value, walk, four }) => {
      if (isObject(value)) {
        four.dependencies = mapOf(value, (one) =>
          typeof one === 'string' ? [one] : Array.isArray(one) ? one : translate(one, undefined, walk),
        );
      }
    },
    required: ({ value, walk }) => {
      if (typeof value !== 'boolean') {
        walk.problems.push('holds a "required" that is neither true nor false, as Draft 3 has it');
      }
    },
  }),
);

/** Types and schemas of which one must fit; undefined when everything does. */
function anyOf(value: Json, keyword: string, walk: Walk): Json | undefined {
  const alternatives: readonly Json[] = Array.isArray(value) ? value : [value];
  const unknown = alternatives.some(
    (one) => !isObject(one) && one !== 'any' && !simpleTypes.includes(one as string),
  );
  if (unknown || alternatives.length === 0) {
    walk.problems.push(
      `holds a "${keyword}" that is none of Draft 3: ${['any', ...simpleTypes].join(', ')}, schemas`,
    );
  }
  if (alternatives.includes('any')) {
    return undefined;
  }
  const names = alternatives.filter((one) => !isObject(one));
  const schemas = alternatives.filter(isObject).map((one) => translate(one, undefined, walk));
  const types = names.length > 0 ? [{ type: names.length === 1 ? (names[0] as Json) : names }] : [];
  const any: readonly Json[] = [...types, ...schemas];
  return any.length === 1 ? any[0] : { anyOf: [...any] };
}

function requiredOf(properties: JsonObject): string[] {
  return Object.keys(properties).filter((name) => {
    const property = properties[name];
    return property !== undefined && isObject(property) && property.required === true;
  });
}

function noteReferences({ $ref }: JsonObject, { references }: Walk): void {
  if (typeof $ref === 'string') {
    references.push($ref);
  }
}

function below(at: Place, ...segments: readonly string[]): Place {
  const escaped = segments.map((segment) => `/${segment.replaceAll('~', '~0').replaceAll('/', '~1')}`);
  return at === undefined ? undefined : `${at}${escaped.join('')}`;
}

/** What follows the `#` of a reference. */
function pointerOf(reference: string): string {
  try {
    return decodeURIComponent(reference.slice(1));
  } catch {
    return reference;
  }
}

function mapOf(value: JsonObject, change: (inner: Json, name: string) => Json): JsonObject {
  return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, change(inner, name)]));
}

function isObject(value: Json): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
