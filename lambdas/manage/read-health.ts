import { version } from '../../core/version';
import { readEnvironment } from '../shared/environment';
import { type DoorMethods, httpFunction } from '../shared/http-function';
import type { HttpHandler } from '../shared/http-message';
import { problemDialect } from '../shared/problem-dialect';

/** The original's words (contract CIS, section 1.1), in case that somebody looks for them. */
const CIS_NAME = 'Mozilla Change Integration Service Endpoint';

/**
 * Trigger: GET /health; GET /api/health, for Postoffice's clients; GET /v2 and /v2/version, where CIS's services say what they are.
 * Success: 200 `{"status":"ok","stage":"…"}`: the API answers. It asks no store, so a slow store is no outage of it.
 * Refusal: none.
 * Retry: harmless.
 */
export function makeReadHealth(stage: string): HttpHandler {
  return async ({ resource }) => {
    switch (resource) {
      case '/v2':
        return { status: 200, headers: { 'content-type': 'text/plain; charset=utf-8' }, body: CIS_NAME };
      case '/v2/version':
        return { status: 200, body: { message: version } };
      // Equal to this, or the client calls it unhealthy (contract Postoffice, section 0).
      case '/api/health':
        return { status: 200, headers: { 'cache-control': 'no-store' }, body: { status: 'ok' } };
      default:
        return { status: 200, headers: { 'cache-control': 'no-store' }, body: { status: 'ok', stage } };
    }
  };
}

export const healthMethods: DoorMethods = { methods: ['GET', 'HEAD'] };

export const handler = httpFunction({
  name: 'read-health',
  dialect: problemDialect,
  ...healthMethods,
  wire: () => makeReadHealth(readEnvironment('read-health').STAGE),
});
