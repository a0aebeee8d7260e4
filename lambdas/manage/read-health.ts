import { readEnvironment } from '../shared/environment';
import { httpFunction } from '../shared/http-function';
import type { HttpHandler } from '../shared/http-message';
import { problemDialect } from '../shared/problem-dialect';

/**
 * Trigger: GET /health.
 * Success: 200 `{"status":"ok","stage":"…"}`: the API answers. It asks no store, so a slow store is no outage of it.
 * Refusal: none.
 * Retry: harmless.
 */
export function makeReadHealth(stage: string): HttpHandler {
  return async () => ({
    status: 200,
    headers: { 'cache-control': 'no-store' },
    body: { status: 'ok', stage },
  });
}

export const handler = httpFunction({
  name: 'read-health',
  dialect: problemDialect,
  methods: ['GET', 'HEAD'],
  wire: () => makeReadHealth(readEnvironment('read-health').STAGE),
});
