import { type DoorMethods, httpFunction } from '../../shared/http-function';
import type { HttpHandler } from '../../shared/http-message';
import { lazily } from '../../shared/lazily';
import { problemDialect } from '../../shared/problem-dialect';
import { makeOpenapiDocument } from './openapi-document';

/** It changes with a deployment alone. */
const CACHED_SECONDS = 300;

/**
 * Trigger: `GET /openapi.json`, without credentials: what there is to call is no secret.
 * Success: 200 with the OpenAPI 3.1 document of `/v1`, whose server is the address that was called.
 * Refusal: none.
 * Retry: harmless.
 */
export function makeReadOpenapi(): HttpHandler {
  const document = lazily(makeOpenapiDocument);
  return async ({ baseUrl }) => ({
    status: 200,
    headers: {
      'cache-control': `public, max-age=${CACHED_SECONDS}`,
      // Generators run in pages, too.
      'access-control-allow-origin': '*',
    },
    body: { ...document(), servers: [{ url: baseUrl }] },
  });
}

export const openapiMethods: DoorMethods = { methods: ['GET'] };

export const handler = httpFunction({
  name: 'read-openapi',
  dialect: problemDialect,
  ...openapiMethods,
  wire: makeReadOpenapi,
});
