import { setTimeout as wait } from 'node:timers/promises';
import { lookUntil, type WaitPorts } from '../../core/change/await-endings';
import type { ChangeStatus } from '../../core/change/change';
import type { ChangeStatusStore } from '../../core/change/ports';
import { ServiceError } from '../../core/errors';
import type { Principal } from '../../core/principal';
import { documentClient } from '../aws/document-client';
import { makeDynamoChangeStatusStore } from '../aws/dynamo-change-status-store';
import { type Authenticator, makeAuthenticator } from '../shared/authenticate';
import { cisDialect } from '../shared/cis-dialect';
import { withoutCredentials } from '../shared/cors';
import { readEnvironment } from '../shared/environment';
import { httpFunction } from '../shared/http-function';
import type { HttpHandler, HttpRequest } from '../shared/http-message';

/** Kinesis's numbers have up to 129 digits (API reference, PutRecord). */
const SEQUENCE_NUMBER = /^\d{1,129}$/;

/** Longer than any change takes that nothing holds up, and well below the 29 s of API Gateway. */
const MAX_WAIT_SECONDS = 20;

/**
 * Trigger: GET /change/status?sequenceNumber=N; a token is not needed, but a good one is told more, and may add
 * `waitSeconds` (20 at most), to be answered as soon as the change has ended.
 * Success: 200 with how the change ended; exactly `{"identity_vault": false}` until then, or when N is unknown.
 * Refusal: 400 without a number; 401 for waiting without a token, which would hold a function for nobody.
 * Retry: harmless; what has ended stays so.
 */
export function makeReadChangeStatus(
  ports: WaitPorts & {
    readonly authenticate: Authenticator;
    readonly statuses: Pick<ChangeStatusStore, 'find'>;
  },
): HttpHandler {
  return async (request) => {
    const sequenceNumber = readSequenceNumber(request);
    const waitSeconds = readWaitSeconds(request);
    const principal = await (waitSeconds > 0
      ? ports.authenticate(request)
      : identify(request, ports.authenticate));
    const deadline = ports.now() + waitSeconds * 1000;
    const status = await lookUntil(deadline, () => ports.statuses.find(sequenceNumber), ports);
    return { status: 200, body: status ? view(status, principal) : { identity_vault: false } };
  };
}

function readSequenceNumber({ query }: HttpRequest): string {
  const { sequenceNumber } = query;
  if (sequenceNumber === undefined || sequenceNumber === '') {
    throw new ServiceError('parameter_missing', 'the query parameter "sequenceNumber" is missing');
  }
  if (!SEQUENCE_NUMBER.test(sequenceNumber)) {
    throw new ServiceError(
      'parameter_invalid',
      'the query parameter "sequenceNumber" is not a decimal number',
    );
  }
  return sequenceNumber;
}

function readWaitSeconds({ query }: HttpRequest): number {
  const { waitSeconds = '0' } = query;
  const seconds = Number(waitSeconds);
  if (!/^\d{1,3}(\.\d{1,3})?$/.test(waitSeconds) || seconds > MAX_WAIT_SECONDS) {
    throw new ServiceError(
      'parameter_invalid',
      `the query parameter "waitSeconds" must be a number of seconds from 0 to ${MAX_WAIT_SECONDS}`,
    );
  }
  return seconds;
}

/** CIS never asked for a token here, so a stale one must not fail the call: it is as none. */
async function identify(request: HttpRequest, authenticate: Authenticator): Promise<Principal | undefined> {
  if (request.headers.authorization === undefined) {
    return undefined;
  }
  try {
    return await authenticate(request);
  } catch (error) {
    if (error instanceof ServiceError) {
      return undefined;
    }
    throw error;
  }
}

/** A number is easily come by, so it alone tells the outcome; the user is for those who may write. */
function view(status: ChangeStatus, principal: Principal | undefined): Readonly<Record<string, unknown>> {
  return {
    identity_vault: status.state !== 'rejected',
    state: status.state,
    code: status.code,
    ...(principal && {
      condition: status.condition,
      text: status.text,
      accepted_at: status.acceptedAt,
      ended_at: status.endedAt,
    }),
    ...(principal?.scopes.has('write') && { user_id: status.userId }),
  };
}

export const handler = httpFunction({
  name: 'read-change-status',
  dialect: cisDialect,
  methods: ['GET'],
  cors: withoutCredentials,
  wire: () => {
    const environment = readEnvironment('read-change-status');
    return makeReadChangeStatus({
      authenticate: makeAuthenticator(environment),
      statuses: makeDynamoChangeStatusStore(documentClient(), environment.CHANGE_STATUSES_TABLE_NAME),
      now: Date.now,
      pause: wait,
    });
  },
});
