import { ServiceError } from '../../../core/errors';
import { decodePageToken, encodePageToken, wrongPageToken } from '../../../core/page-token';
import { type Principal, requireScope } from '../../../core/principal';
import type { SubscriptionStore } from '../../../core/topics/ports';
import { findOwnSubscription } from '../../../core/topics/subscriptions/change-subscription';
import type { RunNumbers } from '../../../core/webhooks/ports';
import { cancelReplay, requireReplay } from '../../../core/webhooks/replays/cancel-replay';
import type { LiveGate, ReplayStore } from '../../../core/webhooks/replays/replay';
import { startReplay } from '../../../core/webhooks/replays/start-replay';
import { documentClient } from '../../aws/document-client';
import { makeDynamoLiveGate } from '../../aws/dynamo-live-gate';
import { makeDynamoReplayStore } from '../../aws/dynamo-replay-store';
import { makeDynamoRunNumbers } from '../../aws/dynamo-run-numbers';
import { makeDynamoSubscriptionStore } from '../../aws/dynamo-subscription-store';
import type { Authenticator } from '../../shared/authenticate';
import { makeAccountAuthenticator } from '../../shared/authenticate-account';
import { readEnvironment } from '../../shared/environment';
import { type DoorMethods, httpFunction } from '../../shared/http-function';
import type { HttpHandler, HttpReply, HttpRequest } from '../../shared/http-message';
import { problemDialect } from '../../shared/problem-dialect';
import { markReplay, readIdempotency } from '../idempotency';
import { readBody, readPaging } from '../read-request';
import { toReplayBody } from './replay-body';
import { replaySchema } from './replay-requests';

export interface ManageReplaysPorts {
  readonly subscriptions: Pick<SubscriptionStore, 'find'>;
  readonly replays: Pick<ReplayStore, 'create' | 'find' | 'list' | 'write'>;
  readonly runs: RunNumbers;
  readonly gate: LiveGate;
  readonly authenticate: Authenticator;
  readonly now: () => Date;
}

const RUN = /^[1-9]\d{0,8}$/;

/**
 * Trigger: `POST` and `GET /v1/subscriptions/{id}/replays`, `GET` and `DELETE /v1/subscriptions/{id}/replays/{run}`.
 * Success: 202 with the replay, which the next tick begins; 200 with how far it is; 200 with what was cancelled.
 * Refusal: 400, 401, 403 (scope), 404 (also another's), 409 (off, another replay runs, ended already) as problem details.
 * Retry: with an `Idempotency-Key` a POST may be repeated; without, it is refused while what it started runs.
 */
export function makeManageReplays(ports: ManageReplaysPorts): HttpHandler {
  return async (request) => {
    const principal = await ports.authenticate(request);
    requireScope(principal, request.method === 'GET' ? 'deliveries:read' : 'deliveries:write');
    const { id = '', run } = request.parameters;
    if (run !== undefined) {
      return answerOne({ subscriptionId: id, run: readRun(run) }, request, principal, ports);
    }
    return request.method === 'POST'
      ? start(id, request, principal, ports)
      : list(id, request, principal, ports);
  };
}

async function start(
  id: string,
  request: HttpRequest,
  principal: Principal,
  ports: ManageReplaysPorts,
): Promise<HttpReply> {
  const body = readBody(request, replaySchema);
  const idempotency = readIdempotency(request, principal, body);
  const { rate_per_second: ratePerSecond, ...period } = body;
  const at = ports.now().toISOString();
  const asked = { ...period, ratePerSecond };
  const { replay, isReplay } = await startReplay(id, asked, principal, ports, at, idempotency);
  const reply = {
    status: 202,
    headers: { location: request.path.endsWith('/') ? `${replay.run}` : `replays/${replay.run}` },
    body: toReplayBody(replay),
  };
  return markReplay(reply, isReplay);
}

async function list(
  id: string,
  request: HttpRequest,
  principal: Principal,
  ports: ManageReplaysPorts,
): Promise<HttpReply> {
  const { limit, after } = readPaging(request);
  const below = after === undefined ? undefined : readPlace(after);
  const subscription = await findOwnSubscription(id, principal, ports.subscriptions);
  const replays = await ports.replays.list(subscription.id, limit, below);
  // One runs at a time, so those that have expired are older than all others.
  const last = replays.length === limit ? replays.at(-1) : undefined;
  const next = last && last.run > 1 ? encodePageToken(`${last.run}`) : undefined;
  return { status: 200, body: { replays: replays.map(toReplayBody), next } };
}

function readPlace(token: string): number {
  const place = decodePageToken(token) ?? '';
  if (!RUN.test(place)) {
    throw wrongPageToken();
  }
  return Number(place);
}

async function answerOne(
  key: { readonly subscriptionId: string; readonly run: number },
  { method }: HttpRequest,
  principal: Principal,
  ports: ManageReplaysPorts,
): Promise<HttpReply> {
  if (method === 'DELETE') {
    const cancelled = await cancelReplay(key, principal, ports, ports.now().toISOString());
    return { status: 200, body: toReplayBody(cancelled) };
  }
  await findOwnSubscription(key.subscriptionId, principal, ports.subscriptions);
  return { status: 200, body: toReplayBody(requireReplay(await ports.replays.find(key))) };
}

function readRun(text: string): number {
  if (!RUN.test(text)) {
    throw new ServiceError('not_found', 'the subscription has no replay of that run');
  }
  return Number(text);
}

export const replayMethods: DoorMethods = {
  methods: ['GET', 'POST'],
  methodsOf: { '/v1/subscriptions/{id}/replays/{run}': ['GET', 'DELETE'] },
};

export const handler = httpFunction({
  name: 'manage-replays',
  dialect: problemDialect,
  ...replayMethods,
  wire: () => {
    const environment = readEnvironment('manage-replays');
    const client = documentClient();
    const registry = environment.REGISTRY_TABLE_NAME;
    return makeManageReplays({
      subscriptions: makeDynamoSubscriptionStore(client, registry),
      replays: makeDynamoReplayStore(client, registry),
      runs: makeDynamoRunNumbers(client, registry),
      gate: makeDynamoLiveGate(client, registry),
      authenticate: makeAccountAuthenticator(environment),
      now: () => new Date(),
    });
  },
});
