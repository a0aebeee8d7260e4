import * as z from 'zod';
import type { EventFilter } from './event-filter';
import { LONGEST_PATH, MOST_PATH_WORDS } from './field-values';

const MOST_FIELDS = 20;
const MOST_MATCHERS = 100;
/** Dispatch holds the filters of all subscriptions of a topic at once. */
const MOST_BYTES = 4096;

const text = z.string().min(1).max(500);
/** Compared as they are in JavaScript, with 15 digits; a longer whole number would match its neighbours. */
const number = z
  .number()
  .refine(
    (value) => !Number.isInteger(value) || Number.isSafeInteger(value),
    'a number has at most 15 digits',
  );
const scalar = z.union([z.string().max(500), number, z.boolean(), z.null()]);
const comparison = z.enum(['=', '<', '<=', '>', '>=']);

const matcher = z.union(
  [
    scalar,
    z.strictObject({ prefix: text }),
    z.strictObject({ suffix: text }),
    z.strictObject({ anything_but: z.array(scalar).min(1).max(MOST_MATCHERS) }),
    z.strictObject({ exists: z.boolean() }),
    z.strictObject({
      numeric: z.union([z.tuple([comparison, number]), z.tuple([comparison, number, comparison, number])]),
    }),
  ],
  'expected a text, a number, true, false, null, or one of {"prefix"}, {"suffix"}, {"anything_but"}, {"exists"}, {"numeric"}',
);

const matchers = z.array(matcher).min(1).max(MOST_MATCHERS);
const path = z
  .string()
  .min(1)
  .max(LONGEST_PATH)
  .refine(
    (value) => value.split('.').length <= MOST_PATH_WORDS,
    `a path has at most ${MOST_PATH_WORDS} words`,
  );

/** Which events a subscription gets, as callers send it. */
export const filterSchema = z
  .strictObject({
    attributes: withoutPrototype(z.record(text, matchers)),
    data: withoutPrototype(z.record(path, matchers)),
  })
  .partial()
  .refine(({ attributes, data }) => fieldsOf(attributes) + fieldsOf(data) > 0, 'names no field')
  .refine(
    ({ attributes, data }) => fieldsOf(attributes) + fieldsOf(data) <= MOST_FIELDS,
    `names more than ${MOST_FIELDS} fields`,
  )
  .refine(
    (filter) => Buffer.byteLength(JSON.stringify(filter)) <= MOST_BYTES,
    `has more than ${MOST_BYTES} bytes`,
  );

function fieldsOf(fields: object | undefined): number {
  return Object.keys(fields ?? {}).length;
}

/** Records drop this key silently: what asked for less would get more. */
function withoutPrototype<Schema extends z.ZodType>(schema: Schema) {
  return z.preprocess((value, context) => {
    if (typeof value === 'object' && value !== null && Object.hasOwn(value, '__proto__')) {
      context.addIssue('"__proto__" is not the name of a field');
    }
    return value;
  }, schema);
}

/** What is left out is not there, rather than there and undefined. */
export function toFilter({ attributes, data }: z.output<typeof filterSchema>): EventFilter {
  return { ...(attributes && { attributes }), ...(data && { data }) };
}
