import type { HttpRequest } from '../shared/http-message';

/**
 * What stands behind `/api`, in its parts: `['messages']` for `/api/messages` and `/api/messages/`. API Gateway gives
 * both to the same resource and hands the path on as it came: docs/decisions/062-both-slashes.md.
 */
export function apiPath({ path }: Pick<HttpRequest, 'path'>): readonly string[] {
  const parts = path.split('/').filter((part) => part !== '');
  return parts.slice(parts.indexOf('api') + 1);
}
