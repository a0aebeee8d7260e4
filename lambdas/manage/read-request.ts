import type * as z from 'zod';
import { ServiceError } from '../../core/errors';
import { describeProblems } from '../../core/schema-problems';
import { type HttpRequest, parseJsonBody } from '../shared/http-message';
import { DEFAULT_LIMIT, MAX_LIMIT } from './paging';

/** Topics and subscriptions are small; what is larger is a mistake. */
const BODY_LIMIT_BYTES = 64 * 1024;

/**
 * The body in the shape of its schema.
 * @throws ServiceError with what is wrong, by the names of the fields.
 */
export function readBody<Schema extends z.ZodType>(request: HttpRequest, schema: Schema): z.output<Schema> {
  return requireShape(parseJsonBody(request, BODY_LIMIT_BYTES), schema);
}

/** The same where all members may be left out: no body is an empty one. */
export function readOptionalBody<Schema extends z.ZodType>(
  request: HttpRequest,
  schema: Schema,
): z.output<Schema> {
  return request.body.length === 0 ? requireShape({}, schema) : readBody(request, schema);
}

function requireShape<Schema extends z.ZodType>(body: unknown, schema: Schema): z.output<Schema> {
  const parsed = schema.safeParse(body);
  if (parsed.success) {
    return parsed.data;
  }
  throw new ServiceError('body_invalid', describeProblems(parsed.error));
}

/** `limit` and `next` of a list. @throws ServiceError `parameter_invalid`. */
export function readPaging({ query }: HttpRequest): { readonly limit: number; readonly after?: string } {
  const text = query.limit ?? String(DEFAULT_LIMIT);
  const limit = /^\d{1,3}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > MAX_LIMIT) {
    throw new ServiceError('parameter_invalid', `"limit" is a number from 1 to ${MAX_LIMIT}`);
  }
  return { limit, ...(query.next !== undefined && { after: query.next }) };
}
