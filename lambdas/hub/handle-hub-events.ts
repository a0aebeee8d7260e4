import { ServiceError } from '../../core/errors';
import type { EventStream } from '../../core/events/ports';
import { type ConnectDecision, decideConnect } from '../../core/hub/decide-connect';
import { isHubName, requireSoundConnection } from '../../core/hub/hub-connection';
import { type HubNews, makeHubEvent, orderKeyOf } from '../../core/hub/hub-event';
import type { HubSettings } from '../../core/hub/hub-schema';
import { type HubTable, readHubs } from '../../core/hub/hub-table';
import {
  BaseError,
  type ConnectEventRequest,
  type ConnectEventResponse,
  EventHandler,
  type ServiceRequest,
} from '../../sdk/receiver';
import { kinesisClient } from '../aws/kinesis-client';
import { makeKinesisEventStream } from '../aws/kinesis-event-stream';
import { StreamThrottledError } from '../aws/put-records';
import { secretsClient } from '../aws/secrets-client';
import { makeSecretText } from '../aws/secrets-manager-text';
import { readEnvironment } from '../shared/environment';
import { httpFunction } from '../shared/http-function';
import type { HttpHandler } from '../shared/http-message';
import { hubDialect } from '../shared/hub-dialect';
import { makeLogger } from '../shared/logging';
import { makeParsedSecret, type ParsedSecret } from '../shared/parsed-secret';
import { answerInTurn } from './answer-in-turn';
import { type HubKeysSource, hasCode, makeHubValidator, prepareKeys } from './hub-guard';
import { newsOf } from './hub-news';

/** Below the function's own time: our words reach the service, not the gateway's. */
const HANDLER_TIMEOUT_SECONDS = 12;

/** More than an event may have: what is refused is refused in words. */
const MAX_BODY_BYTES = 512 * 1024;

export interface HandleHubEventsPorts {
  readonly hubs: ParsedSecret<HubTable<HubSettings>>;
  readonly keys: HubKeysSource;
  readonly isSignatureRequired: boolean;
  readonly events: EventStream;
  readonly now: () => Date;
  /** Told of each decision about a connect, without anything of the client. */
  readonly onDecision: (hub: string, decision: ConnectDecision) => void;
  readonly onError: (error: unknown) => void;
}

/**
 * Trigger: `OPTIONS` and `POST /hubs/{hub}/events`, as Azure Web PubSub asks for permission and tells of connections.
 * Success: 200 or 204 for a connect that the hub's rules allow; 204 or 200 once the stream has the event.
 * Refusal: a status of 4xx with a line of text; of a user event the service drops the connection then.
 * Retry: harmless, the same call is the same event; the service itself repeats none.
 */
export function makeHandleHubEvents(ports: HandleHubEventsPorts): HttpHandler {
  return async (request) => {
    const { hub = '' } = request.parameters;
    // Side by side: a cold start waits for one of them.
    const [hubs] = await Promise.all([ports.hubs.current(), ports.keys.current()]);
    const settings = isHubName(hub) ? hubs.find(hub) : undefined;
    if (settings === undefined) {
      throw new ServiceError(
        'not_found',
        'no events are taken of this hub: check the URL of the event handler',
      );
    }
    if (!(await hasCode(hub, request.query.code, ports.keys))) {
      throw new ServiceError('invalid_credentials', 'the code in the URL is missing or wrong');
    }
    return answerInTurn(makeEventHandler(hub, settings, ports), request);
  };
}

function makeEventHandler(hub: string, settings: HubSettings, ports: HandleHubEventsPorts): EventHandler {
  const keep = (request: ServiceRequest) => inItsWords(() => store(request, newsOf(request), ports));
  return new EventHandler({
    hub,
    requestValidator: makeHubValidator(settings, ports.keys, ports.isSignatureRequired),
    maxBodyBytes: MAX_BODY_BYTES,
    handlerTimeoutSeconds: HANDLER_TIMEOUT_SECONDS,
    onError: ports.onError,
    ...(settings.allowedRate !== undefined && { allowedRate: settings.allowedRate }),
    handleConnect: (request, response) => inItsWords(async () => connect(request, response, settings, ports)),
    handleUserMessage: keep,
    handleConnected: keep,
    handleDisconnected: keep,
    handleGroupJoined: keep,
    handleGroupLeft: keep,
  });
}

function connect(
  request: ConnectEventRequest,
  response: ConnectEventResponse,
  settings: HubSettings,
  { onDecision }: HandleHubEventsPorts,
): void {
  requireSoundConnection(request.context);
  const decision = decideConnect(request, settings);
  onDecision(request.hub, decision);
  if (decision.outcome === 'refused') {
    response.fail(decision.status, decision.text);
    return;
  }
  for (const [name, value] of Object.entries(decision.state)) {
    response.setState(name, value);
  }
  response.success(Object.keys(decision.gift).length > 0 ? decision.gift : undefined);
}

async function store(
  { context }: ServiceRequest,
  news: HubNews,
  { events, now }: HandleHubEventsPorts,
): Promise<void> {
  const event = makeHubEvent(context, news, now().toISOString());
  await events.append([{ partitionKey: orderKeyOf(context), events: [event] }]);
}

/** The receiver library tells refusals by its own error. */
async function inItsWords(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (cause) {
    if (cause instanceof ServiceError) {
      throw new BaseError(cause.message, { status: cause.status, cause });
    }
    if (cause instanceof StreamThrottledError) {
      throw new BaseError('too many events at once', { status: 503, cause });
    }
    throw cause;
  }
}

export const handler = httpFunction({
  name: 'handle-hub-events',
  dialect: hubDialect,
  methods: ['OPTIONS', 'POST'],
  wire: () => {
    const environment = readEnvironment('handle-hub-events');
    const logger = makeLogger('handle-hub-events');
    const secret = (id: string) => makeSecretText(secretsClient(), id);
    return makeHandleHubEvents({
      hubs: makeParsedSecret(secret(environment.HUBS_SECRET_ID), readHubs),
      keys: makeParsedSecret(secret(environment.HUB_KEYS_SECRET_ID), prepareKeys),
      // Fail closed: any text but `false` wants signatures.
      isSignatureRequired: environment.REQUIRE_AUTH !== 'false',
      events: makeKinesisEventStream(kinesisClient(), environment.EVENTS_STREAM_NAME),
      now: () => new Date(),
      onDecision: (hub, decision) => logger.info('connect decided', summaryOf(hub, decision)),
      onError: (error) => logger.error('failed', { error: error as Error }),
    });
  },
});

function summaryOf(hub: string, decision: ConnectDecision) {
  const { outcome, rule } = decision;
  return { hub, outcome, rule, ...(decision.outcome === 'refused' && { status: decision.status }) };
}
