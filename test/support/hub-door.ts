import type { APIGatewayProxyEvent } from 'aws-lambda';
import type { Event } from '../../core/events/event';
import type { EventBatch } from '../../core/events/ports';
import type { ConnectDecision } from '../../core/hub/decide-connect';
import { readHubs } from '../../core/hub/hub-table';
import { makeHandleHubEvents } from '../../lambdas/hub/handle-hub-events';
import { prepareKeys } from '../../lambdas/hub/hub-guard';
import { httpFunction } from '../../lambdas/shared/http-function';
import { hubDialect } from '../../lambdas/shared/hub-dialect';
import { makeParsedSecret } from '../../lambdas/shared/parsed-secret';
import { secretText } from './callback-doors';
import type { SentEvent } from './web-pubsub-events';

export interface HubDoorOptions {
  /** @default every hub takes everybody, as in the preview */
  readonly hubs?: object;
  readonly keys?: object;
  readonly requireAuth?: boolean;
  /** What the stream does. @default takes everything */
  readonly append?: (batches: readonly EventBatch[]) => Promise<void>;
}

export interface HubCall {
  /** @default chat */
  readonly hub?: string;
  readonly query?: Readonly<Record<string, string>> | undefined;
  /** Headers of several lines. */
  readonly lines?: Readonly<Record<string, readonly string[]>>;
}

export interface HubReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
}

/** The hub door behind its wrapper, with what it appended, decided and reported. */
export function openHubDoor(options: HubDoorOptions = {}) {
  const { hubs = { '*': { anonymous: true } }, keys = {}, requireAuth = false } = options;
  const appended: EventBatch[] = [];
  const decisions: ConnectDecision[] = [];
  const errors: unknown[] = [];
  const clock = { now: new Date('2026-11-28T12:00:00.250Z') };
  const secrets = { hubs: secretText(JSON.stringify(hubs)), keys: secretText(JSON.stringify(keys)) };
  const invoke = httpFunction({
    name: 'handle-hub-events',
    dialect: hubDialect,
    methods: ['OPTIONS', 'POST'],
    wire: () =>
      makeHandleHubEvents({
        hubs: makeParsedSecret(secrets.hubs, readHubs),
        keys: makeParsedSecret(secrets.keys, prepareKeys),
        isSignatureRequired: requireAuth,
        events: {
          async append(batches) {
            await options.append?.(batches);
            appended.push(...batches);
          },
        },
        now: () => clock.now,
        onDecision: (_, decision) => decisions.push(decision),
        onError: (error) => errors.push(error),
      }),
  });
  const send = async (sent: Partial<SentEvent>, to: HubCall = {}): Promise<HubReply> => {
    const reply = await invoke(toEvent(sent, to));
    return { status: reply.statusCode, headers: reply.headers ?? {}, text: reply.body };
  };
  const events = (): readonly Event[] => appended.flatMap((batch) => batch.events);
  return { send, events, appended, decisions, errors, secrets, clock };
}

function toEvent(sent: Partial<SentEvent>, { hub = 'chat', query, lines }: HubCall): APIGatewayProxyEvent {
  const { method = 'POST', headers = {}, body = '' } = sent;
  const single = Object.entries(headers).map(([name, value]) => [name, [value]] as const);
  const multiValueHeaders = { ...Object.fromEntries(single), ...lines };
  return {
    httpMethod: method,
    resource: '/hubs/{hub}/events',
    path: `/hubs/${encodeURIComponent(hub)}/events`,
    pathParameters: { hub: encodeURIComponent(hub) },
    queryStringParameters: query ?? null,
    headers: Object.fromEntries(Object.entries(multiValueHeaders).map(([name, all]) => [name, all.at(-1)])),
    multiValueHeaders,
    body: body.length === 0 ? null : Buffer.from(body).toString('base64'),
    isBase64Encoded: body.length > 0,
    requestContext: { requestId: 'request-1' },
  } as unknown as APIGatewayProxyEvent;
}
