import type { HttpRequest } from '../shared/http-message';

/**
 * What stands behind `/api`, in its parts, however many slashes: `['messages']` for `/api/messages` and
 * `/api/messages/`. Nobody knows for sure to which resource API Gateway gives a path with a slash at its end, so
 * nothing hangs on the resource: docs/decisions/062-both-slashes.md.
 */
export function apiPath({ path }: Pick<HttpRequest, 'path'>): readonly string[] {
  const parts = path.split('/').filter((part) => part !== '');
  return parts.slice(parts.indexOf('api') + 1);
}
