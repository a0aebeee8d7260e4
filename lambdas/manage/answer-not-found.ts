import { ServiceError } from '../../core/errors';
import { cisDialect } from '../shared/cis-dialect';
import { type Dialect, httpFunction } from '../shared/http-function';
import type { HttpHandler } from '../shared/http-message';
import { problemDialect } from '../shared/problem-dialect';
import { topicsDialect } from '../shared/topics-dialect';

/** Whose clients call under which first segment; everybody else gets problem details. */
const dialects: ReadonlyMap<string, Dialect> = new Map([
  ['change', cisDialect],
  ['changes', cisDialect],
  ['v2', cisDialect],
  ['.well-known', cisDialect],
  ['api', topicsDialect],
]);

/** A reply is no place for a page of somebody's path. */
const SHOWN_CHARACTERS = 200;

/**
 * Trigger: every path that no other function owns, with any method.
 * Success: none.
 * Refusal: 404 in the form that the clients of that path expect.
 * Retry: useless.
 */
export const answerNotFound: HttpHandler = async ({ method, path, requestId }) => {
  const shown = path.length > SHOWN_CHARACTERS ? `${path.slice(0, SHOWN_CHARACTERS)}…` : path;
  const error = new ServiceError('not_found', `there is nothing at ${method} ${shown}`);
  const [first = ''] = path.split('/').filter((segment) => segment !== '');
  return (dialects.get(first) ?? problemDialect)(error, { requestId });
};

export const handler = httpFunction({
  name: 'answer-not-found',
  dialect: problemDialect,
  methods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
  wire: () => answerNotFound,
});
