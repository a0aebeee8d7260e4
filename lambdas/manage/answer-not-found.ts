import { ServiceError } from '../../core/errors';
import { cisDialect } from '../shared/cis-dialect';
import { eventsDialect } from '../shared/events-dialect';
import { type Dialect, httpFunction } from '../shared/http-function';
import type { HttpHandler } from '../shared/http-message';
import { hubDialect } from '../shared/hub-dialect';
import { problemDialect } from '../shared/problem-dialect';
import { topicsDialect } from '../shared/topics-dialect';

/** Contract ADS, section 1: a page, where everything else of that door is JSON. */
const htmlDialect: Dialect = () => ({
  status: 404,
  headers: { 'content-type': 'text/html' },
  body:
    '<!DOCTYPE HTML PUBLIC "-//W3C//DTD HTML 3.2 Final//EN">\n<title>404 Not Found</title>\n<h1>Not Found</h1>\n' +
    '<p>There is nothing at this address. The paths of this service are listed at /webhooks/resources.</p>\n',
});

/** Whose clients call under which first segment; everybody else gets problem details. */
const dialects: ReadonlyMap<string, Dialect> = new Map<string, Dialect>([
  ['change', cisDialect],
  ['changes', cisDialect],
  ['v2', cisDialect],
  ['.well-known', cisDialect],
  ['api', topicsDialect],
  ['events', eventsDialect],
  ['hubs', hubDialect],
  ['webhooks', htmlDialect],
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
