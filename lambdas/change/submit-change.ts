import { setTimeout as wait } from 'node:timers/promises';
import {
  type Acceptance,
  type AcceptancePorts,
  acceptChange,
  acceptChanges,
  acceptDeletion,
} from '../../core/change/accept-change';
import { awaitEndings } from '../../core/change/await-endings';
import type { ChangeStatusStore, ChangeStream } from '../../core/change/ports';
import { ServiceError } from '../../core/errors';
import { requireScope } from '../../core/principal';
import { documentClient } from '../aws/document-client';
import { makeDynamoChangeStatusStore } from '../aws/dynamo-change-status-store';
import { makeKinesisChangeStream } from '../aws/kinesis-change-stream';
import { kinesisClient } from '../aws/kinesis-client';
import { type Authenticator, makeAuthenticator } from '../shared/authenticate';
import { cisDialect } from '../shared/cis-dialect';
import { withoutCredentials } from '../shared/cors';
import { readEnvironment } from '../shared/environment';
import { httpFunction } from '../shared/http-function';
import type { HttpHandler, HttpReply, HttpRequest } from '../shared/http-message';
import { deletionOutcome, type Endings, manyOutcomes, oneOutcome } from './outcome-replies';
import { readChangeBody } from './read-change-body';
import { manyReceipts, oneReceipt } from './receipts';

export interface SubmitChangePorts {
  readonly authenticate: Authenticator;
  readonly stream: ChangeStream;
  readonly statuses: Pick<ChangeStatusStore, 'readMany'>;
  readonly now: () => Date;
  /** Waits that many milliseconds. */
  readonly pause: (milliseconds: number) => Promise<unknown>;
  /** How long the newer routes wait for an outcome. */
  readonly waitSeconds: number;
  readonly allowDelete: boolean;
}

/**
 * Trigger: POST or PUT of one profile or a batch to /change, /changes, /v2/user, /v2/users; DELETE /v2/user where
 * the stage allows it. A token with the scope `write`.
 * Success: /change and /changes answer once the stream has the change, /v2 once it has ended (202 when that takes
 * too long).
 * Refusal: 400 with the schema's complaints, 401, 403, 405, 413. A refused member of a batch leaves nothing behind
 * and holds no other up.
 * Retry: harmless; a change that was accepted twice ends as integrated, then noop.
 */
export function makeSubmitChange(ports: SubmitChangePorts): HttpHandler {
  return async (request) => {
    refuseDeletion(request, ports);
    requireScope(await ports.authenticate(request), 'write');
    const body = readChangeBody(request);
    const acceptance = {
      stream: ports.stream,
      now: ports.now().toISOString(),
      sentBytes: request.body.length,
    };
    if (request.method === 'DELETE') {
      const deletion = await acceptDeletion(body, request.query.user_id, acceptance);
      return deletionOutcome(deletion, await endingsOf([deletion], ports));
    }
    return Array.isArray(body)
      ? submitMany(body, request, acceptance, ports)
      : submitOne(body, request, acceptance, ports);
  };
}

async function submitOne(
  profile: object,
  request: HttpRequest,
  acceptance: AcceptancePorts,
  ports: SubmitChangePorts,
): Promise<HttpReply> {
  if (!takesOne(request)) {
    throw new ServiceError(
      'body_invalid',
      'the body must be an array of profiles; one profile alone has its own route',
    );
  }
  const accepted = await acceptChange(profile, request.query.user_id, acceptance);
  return waits(request) ? oneOutcome(accepted, await endingsOf([accepted], ports)) : oneReceipt(accepted);
}

async function submitMany(
  members: readonly unknown[],
  request: HttpRequest,
  acceptance: AcceptancePorts,
  ports: SubmitChangePorts,
): Promise<HttpReply> {
  const accepted = await acceptChanges(members, acceptance);
  return waits(request) ? manyOutcomes(accepted, await endingsOf(accepted, ports)) : manyReceipts(accepted);
}

function takesOne({ resource }: HttpRequest): boolean {
  return resource === '/change' || resource === '/v2/user';
}

function waits({ resource }: HttpRequest): boolean {
  return resource.startsWith('/v2/');
}

function refuseDeletion({ method }: HttpRequest, { allowDelete }: SubmitChangePorts): void {
  if (method === 'DELETE' && !allowDelete) {
    throw new ServiceError(
      'method_not_allowed',
      'profiles are not deleted here: the stage has the setting allowDelete off',
      { allow: 'POST, PUT, OPTIONS' },
    );
  }
}

function endingsOf(acceptances: readonly Acceptance[], ports: SubmitChangePorts): Promise<Endings> {
  const { statuses, pause, now, waitSeconds } = ports;
  const positions = acceptances.flatMap((each) => (each.state === 'accepted' ? [each.position] : []));
  const deadline = now().getTime() + waitSeconds * 1000;
  return awaitEndings(positions, deadline, { statuses, pause, now: () => now().getTime() });
}

const reading = 'a person is read at GET /v2/user/user_id/{user_id}';

export const handler = httpFunction({
  name: 'submit-change',
  dialect: cisDialect,
  methods: ['POST', 'PUT'],
  methodsOf: { '/v2/user': ['POST', 'PUT', 'DELETE'] },
  // All three methods wrote in the original, which let a link in a page change a person.
  refusals: {
    'GET /change': `a change is sent with POST or PUT; ${reading}`,
    'GET /changes': `changes are sent with POST or PUT; ${reading}`,
    'GET /v2/user': `a change is sent with POST or PUT; ${reading}`,
  },
  cors: withoutCredentials,
  wire: () => {
    const environment = readEnvironment('submit-change');
    return makeSubmitChange({
      authenticate: makeAuthenticator(environment),
      stream: makeKinesisChangeStream(kinesisClient(), environment.CHANGES_STREAM_NAME),
      statuses: makeDynamoChangeStatusStore(documentClient(), environment.CHANGE_STATUSES_TABLE_NAME),
      now: () => new Date(),
      pause: wait,
      waitSeconds: Number(environment.V2_WAIT_SECONDS),
      allowDelete: environment.ALLOW_DELETE === 'true',
    });
  },
});
