import * as z from 'zod';
import { errorStatus } from '../../../core/errors';
import type { DocumentedDoor } from './operation';

type JsonSchema = Record<string, unknown>;

/** What every refusal looks like: problem details (RFC 9457) with our code and the id of the request. */
export const problemReply = z
  .strictObject({
    type: z.literal('about:blank'),
    title: z.string().describe('The phrase of the status'),
    status: z.int(),
    detail: z.string().describe('What happened, the field or value, and what to do'),
    code: z.enum([...Object.keys(errorStatus), 'internal_error']),
    request_id: z.string().describe('Name it when you ask for help'),
  })
  .meta({
    examples: [
      {
        type: 'about:blank',
        title: 'Bad Request',
        status: 400,
        detail: 'topic: expected a string',
        code: 'body_invalid',
        request_id: 'c6af9ac6-7b61-11e6-9a41-93e8deadbeef',
      },
    ],
  });

type Direction = 'input' | 'output';
type Named = ReadonlyMap<z.ZodType, string>;

/** JSON Schemas of what the doors parse and reply: a reference where it has a name, else in place. */
export interface OpenapiSchemas {
  /** `components.schemas`. */
  readonly named: Readonly<Record<string, JsonSchema>>;
  /** What callers send: before transformations, and defaults may be left out. */
  request(schema: z.ZodType): JsonSchema;
  /** What nothing has a name in. */
  parameter(schema: z.ZodType): JsonSchema;
  reply(schema: z.ZodType): JsonSchema;
}

export function makeOpenapiSchemas(doors: readonly DocumentedDoor[]): OpenapiSchemas {
  const requests = nameAll(doors.map((door) => door.requests));
  const replies = nameAll([...doors.map((door) => door.replies), { Problem: problemReply }]);
  return {
    named: { ...convert(requests, 'input'), ...convert(replies, 'output') },
    request: (schema) => convertOne(schema, requests, 'input'),
    parameter: (schema) => withoutDialect(z.toJSONSchema(schema, optionsFor('input'))),
    reply: (schema) => convertOne(schema, replies, 'output'),
  };
}

function nameAll(groups: readonly (Readonly<Record<string, z.ZodType>> | undefined)[]): Named {
  const entries = groups.flatMap((group) => Object.entries(group ?? {}));
  return new Map(entries.map(([name, schema]) => [schema, name]));
}

/** Within each other, what has a name is a reference. */
function convert(named: Named, io: Direction): Record<string, JsonSchema> {
  const registry = z.registry<{ id: string }>();
  for (const [schema, id] of named) {
    registry.add(schema, { id });
  }
  const { schemas } = z.toJSONSchema(registry, optionsFor(io));
  return Object.fromEntries(Object.entries(schemas).map(([name, schema]) => [name, withoutDialect(schema)]));
}

/** Of no one's concern but this file: the name of what has none. */
const UNNAMED = '(unnamed)';

function convertOne(schema: z.ZodType, named: Named, io: Direction): JsonSchema {
  const name = named.get(schema);
  if (name !== undefined) {
    return { $ref: uri(name) };
  }
  return convert(new Map([...named, [schema, UNNAMED]]), io)[UNNAMED] ?? {};
}

function uri(name: string): string {
  return `#/components/schemas/${name}`;
}

function optionsFor(io: Direction) {
  return {
    io,
    uri,
    // A custom check has no form in JSON Schema: `meta` says what can be said of it.
    unrepresentable: 'any',
    override: ({ jsonSchema }: { jsonSchema: JsonSchema }) => {
      // Every integer is one that JavaScript can tell from its neighbours.
      for (const bound of ['minimum', 'maximum']) {
        if (Math.abs(Number(jsonSchema[bound])) === Number.MAX_SAFE_INTEGER) {
          delete jsonSchema[bound];
        }
      }
      // The pattern of a time says in 400 characters what the format says.
      if (jsonSchema.format === 'date-time' || jsonSchema.format === 'date') {
        delete jsonSchema.pattern;
      }
    },
  } as const;
}

/** Both are the document's. */
function withoutDialect({ $schema: _, $id: __, ...schema }: JsonSchema): JsonSchema {
  return schema;
}
