import { randomBytes } from 'node:crypto';
import { derivedId } from '../../core/derived-id';
import type { EventStream } from '../../core/events/ports';
import { type DuplicateRule, makeCallbackEvent } from '../../core/webhooks/callbacks/callback-event';
import { kinesisClient } from '../aws/kinesis-client';
import { makeKinesisEventStream } from '../aws/kinesis-event-stream';
import { secretsClient } from '../aws/secrets-client';
import { makeSecretText, type SecretText } from '../aws/secrets-manager-text';
import { adsReply, makeAdsDialect } from '../shared/ads-dialect';
import { readEnvironment } from '../shared/environment';
import { httpFunction } from '../shared/http-function';
import type { HttpHandler } from '../shared/http-message';
import { readExactBody, requireSharedToken } from './read-callback-request';

/** Four times what an event may have: what is not handed on counts for the duplicates and takes room. */
const BODY_LIMIT_BYTES = 1024 * 1024;

export interface TriggerEventPorts {
  readonly triggerToken: SecretText;
  readonly events: EventStream;
  readonly leaveOut: DuplicateRule;
  readonly dedupeDays: number;
  /** Cryptographically random. */
  readonly random: (count: number) => Uint8Array;
  readonly now: () => Date;
}

/**
 * Trigger: `POST /trigger`, `/webhooks/trigger`.
 * Success: 200 with the number 200 once the stream has the event, also when it will turn out to be a duplicate.
 * Refusal: 401 for the token, 500 for the body, in the original's words.
 * Retry: harmless where duplicates are left out, which is decided by what was sent; else it is another event.
 */
export function makeTriggerEvent(ports: TriggerEventPorts): HttpHandler {
  return async (request) => {
    await requireSharedToken(request, ports.triggerToken, 'trigger');
    const event = makeCallbackEvent(readExactBody(request, BODY_LIMIT_BYTES), {
      id: derivedId('evt', Buffer.from(ports.random(24)).toString('hex')),
      time: ports.now().toISOString(),
      leaveOut: ports.leaveOut,
      days: ports.dedupeDays,
    });
    // A key of its own: the original keeps no order between events, and one busy name shall not queue up.
    await ports.events.append([{ partitionKey: event.id, events: [event] }]);
    return adsReply(200);
  };
}

export const handler = httpFunction({
  name: 'trigger-event',
  dialect: makeAdsDialect(500),
  methods: ['POST'],
  wire: () => {
    const environment = readEnvironment('trigger-event');
    return makeTriggerEvent({
      triggerToken: makeSecretText(secretsClient(), environment.TRIGGER_TOKEN_SECRET_ID),
      events: makeKinesisEventStream(kinesisClient(), environment.EVENTS_STREAM_NAME),
      leaveOut: JSON.parse(environment.DEDUPE_TRIGGERS) as DuplicateRule,
      dedupeDays: Number(environment.DEDUPE_DAYS),
      random: randomBytes,
      now: () => new Date(),
    });
  },
});
