import { randomBytes } from 'node:crypto';
import type { Erasure } from '../../../core/erasure/erasure';
import type { ErasureStore } from '../../../core/erasure/ports';
import { requestErasure } from '../../../core/erasure/request-erasure';
import { ServiceError } from '../../../core/errors';
import { requireScope } from '../../../core/principal';
import { documentClient } from '../../aws/document-client';
import { makeDynamoErasureStore } from '../../aws/dynamo-erasure-store';
import type { Authenticator } from '../../shared/authenticate';
import { makeAccountAuthenticator } from '../../shared/authenticate-account';
import { readEnvironment } from '../../shared/environment';
import { type DoorMethods, httpFunction } from '../../shared/http-function';
import type { HttpHandler } from '../../shared/http-message';
import { problemDialect } from '../../shared/problem-dialect';
import { markReplay } from '../idempotency';
import { readBody } from '../read-request';
import { identifyRequest } from '../request-identity';
import { erasureSchema, toErasureBody } from './erasure-body';

export interface ManageErasuresPorts {
  readonly erasures: Pick<ErasureStore, 'read' | 'write'>;
  readonly authenticate: Authenticator;
  readonly random: (count: number) => Uint8Array;
  readonly now: () => Date;
}

/**
 * Trigger: `POST /v1/erasures`, `GET /v1/erasures/{id}`.
 * Success: 202 with the erasure that was taken on; 200 with its progress, and its receipt at the end.
 * Refusal: 400, 401, 403 (scope), 404, 409 (the key of another request) as problem details.
 * Retry: harmless; a repeated POST erases again, unless it has the same `Idempotency-Key`.
 */
export function makeManageErasures({
  erasures,
  authenticate,
  random,
  now,
}: ManageErasuresPorts): HttpHandler {
  return async (request) => {
    const principal = await authenticate(request);
    requireScope(principal, 'erase');
    const { id } = request.parameters;
    if (id === undefined) {
      const body = readBody(request, erasureSchema);
      const identity = identifyRequest('era', request, principal, body, random);
      const { erasure, isNew } = await requestErasure(body.subject, identity, { erasures, now });
      return markReplay({ status: 202, body: toErasureBody(erasure) }, !isNew);
    }
    return { status: 200, body: toErasureBody(await find(id)) };
  };

  async function find(id: string): Promise<Erasure> {
    const erasure = /^era_[\w-]{24}$/.test(id) ? await erasures.read(id) : undefined;
    if (!erasure) {
      throw new ServiceError('not_found', 'there is no erasure of that id; POST /v1/erasures gives one');
    }
    return erasure;
  }
}

export const erasureMethods: DoorMethods = {
  methods: ['POST'],
  methodsOf: { '/v1/erasures/{id}': ['GET'] },
};

export const handler = httpFunction({
  name: 'manage-erasures',
  dialect: problemDialect,
  ...erasureMethods,
  wire: () => {
    const environment = readEnvironment('manage-erasures');
    return makeManageErasures({
      erasures: makeDynamoErasureStore(documentClient(), environment.ERASURES_TABLE_NAME),
      authenticate: makeAccountAuthenticator(environment),
      random: randomBytes,
      now: () => new Date(),
    });
  },
});
