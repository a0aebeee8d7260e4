import * as z from 'zod';
import { ServiceError } from '../errors';
import { isDeeperThan, type Json, type JsonObject } from '../json';
import { makeDataJudge } from './schemas/judge-data';
import type { TimeLimit } from './schemas/time-limit';
import { findSchemaProblem, tryOut } from './schemas/topic-schema';
import type { Deprecation, Topic } from './topic';

/** Writing one recurses. */
const MAX_EXAMPLE_DEPTH = 64;

const description = z.string().max(500);
const schema = z
  .custom<JsonObject>(isObject, 'expected a JSON Schema (an object)')
  .superRefine((value, context) => {
    const problem = findSchemaProblem(value);
    if (problem !== undefined) {
      context.addIssue({ code: 'custom', message: problem });
    }
  })
  .meta({ type: 'object', description: 'A JSON Schema' });
/** The whole body is bounded by its reader. */
const examples = z
  .array(z.custom<Json>((value) => !isDeeperThan(value, MAX_EXAMPLE_DEPTH), 'is nested too deep'))
  .max(10);
/** `true`, or what to use instead. */
const deprecated = z.union([z.boolean(), z.string().min(1).max(500)]);

/** The body of `POST /v1/topics`. */
export const topicSchema = z.strictObject({
  name: z.string(),
  description: description.optional(),
  schema: schema.optional(),
  examples: examples.optional(),
  deprecated: deprecated.optional(),
});

/** The body of `PATCH /v1/topics/{name}`; `null` removes. */
export const topicChangesSchema = z
  .strictObject({
    description: description.nullable(),
    schema: schema.nullable(),
    examples: examples.nullable(),
    deprecated,
  })
  .partial()
  .refine((changes) => Object.keys(changes).length > 0, 'nothing to change is given');

export type TopicRequest = z.infer<typeof topicSchema>;
export type TopicChanges = z.infer<typeof topicChangesSchema>;

/** What the request says about a topic, beside its name. @param at ISO 8601. */
export function describeTopic(
  request: TopicChanges,
  earlier: Pick<Topic, 'description' | 'schema' | 'examples' | 'deprecation'>,
  at: string,
): Pick<Topic, 'description' | 'schema' | 'examples' | 'deprecation'> {
  const next = {
    description: request.description === undefined ? earlier.description : request.description,
    schema: request.schema === undefined ? earlier.schema : request.schema,
    examples: request.examples === undefined ? earlier.examples : request.examples,
    deprecation: deprecationOf(request.deprecated, earlier.deprecation, at),
  };
  return {
    ...(next.description != null && { description: next.description }),
    ...(next.schema != null && { schema: next.schema }),
    ...(next.examples != null && { examples: next.examples }),
    ...(next.deprecation && { deprecation: next.deprecation }),
  };
}

function deprecationOf(
  request: boolean | string | undefined,
  earlier: Deprecation | undefined,
  at: string,
): Deprecation | undefined {
  if (request === undefined || request === false) {
    return request === undefined ? earlier : undefined;
  }
  return { since: earlier?.since ?? at, ...(typeof request === 'string' && { notice: request }) };
}

/**
 * Tries the schema out, on the examples too.
 * @throws ServiceError `body_invalid` naming what is wrong, or the example that does not fit.
 */
export function requireUsableSchema(
  { schema, examples = [] }: Pick<Topic, 'schema' | 'examples'>,
  timeLimit: TimeLimit,
): void {
  if (schema === undefined) {
    return;
  }
  const tried = timeLimit(() => tryOut(schema) ?? findMisfit(examples, schema));
  if (tried.outcome === 'stopped') {
    throw new ServiceError('body_invalid', 'schema: evaluating it takes too long; make it simpler');
  }
  if (tried.result !== undefined) {
    throw new ServiceError('body_invalid', tried.result);
  }
}

function findMisfit(examples: readonly Json[], schema: JsonObject): string | undefined {
  const judge = makeDataJudge(schema);
  for (const [index, example] of examples.entries()) {
    const misfit = judge(example);
    if (misfit !== undefined) {
      return `examples.${index}: ${misfit}`;
    }
  }
  return undefined;
}

function isObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
