import { createHash } from 'node:crypto';
import { derivedId } from '../derived-id';
import { ServiceError } from '../errors';
import type { Event, TopicKey } from '../events/event';
import { toUtc } from '../events/event-draft';
import { requireEventSize } from '../events/event-size';
import { isDeeperThan } from '../json';
import { zonedTime } from '../moment';
import { type HubEventContext, requireSoundConnection } from './hub-connection';
import { type SystemEventName, systemEventTopic, userEventTopic } from './hub-topic';
import { readStateText } from './state-text';

/** What has happened to a connection. */
export type HubNews =
  | { readonly kind: 'system'; readonly name: SystemEventName; readonly data: object }
  | {
      readonly kind: 'message';
      readonly dataType: 'json' | 'text' | 'binary';
      /** As it came; of text and JSON it is UTF-8. */
      readonly body: Uint8Array;
      /** Of MQTT's PUBLISH. */
      readonly userProperties: readonly object[];
    };

/** What reads the data recurses. */
const MAX_DATA_DEPTH = 200;

const MAX_CONTENT_TYPE_CHARACTERS = 256;

/**
 * The event of what a service told. A repeated call makes the same event: `ce-id` is unique for a connection alone and
 * begins anew where an id of a connection comes again, so that time, session and body are in the id as well.
 * @param now ISO 8601: of events that bring no time.
 * @throws ServiceError `body_invalid` naming the header, `body_too_large`.
 */
export function makeHubEvent(context: HubEventContext, news: HubNews, now: string): Event {
  requireSoundConnection(context);
  if (context.id === undefined) {
    throw new ServiceError(
      'body_invalid',
      'ce-id: the header is missing; without it an event cannot be told from its repetition',
    );
  }
  const { userId } = context;
  const { dataJson, attributes, topic } = contentOf(context, news);
  const parsed = zonedTime.safeParse(context.time);
  const time = parsed.success ? toUtc(parsed.data) : now;
  const event: Event = {
    id: idOf(context, time, news, dataJson),
    topic,
    source: `/hubs/${encodeURIComponent(context.hub.toLowerCase())}/client/${encodeURIComponent(context.connectionId)}`,
    // A connection's id is no subject: clients of MQTT choose theirs, and could choose the name of somebody.
    ...(userId !== undefined && { subject: userId, actor: { type: 'user', id: userId } }),
    time,
    dataJson,
    attributes,
  };
  return requireEventSize(event);
}

/** Events of one connection keep their order. */
export function orderKeyOf({ hub, connectionId }: HubEventContext): string {
  return `hub/${hub.toLowerCase()}/${connectionId}`;
}

interface Content {
  readonly topic: TopicKey;
  readonly dataJson: string;
  readonly attributes: Readonly<Record<string, string>>;
}

function contentOf(context: HubEventContext, news: HubNews): Content {
  if (news.kind === 'system') {
    return {
      topic: systemEventTopic(context.hub, news.name),
      dataJson: JSON.stringify(news.data),
      attributes: attributesOf(context, { eventname: news.name.replace(/^\w+\./, '') }),
    };
  }
  return {
    topic: userEventTopic(context.hub, context.eventName),
    dataJson: dataOf(news),
    attributes: attributesOf(context, {
      eventname: context.eventName,
      datatype: news.dataType,
      contenttype: shortOf(context.headers['content-type']),
      userproperties: news.userProperties.length > 0 ? JSON.stringify(news.userProperties) : undefined,
    }),
  };
}

/** Bytes have no form in JSON: `{"data_base64": "…"}`, and the attribute `datatype` tells it from JSON that looks so. */
function dataOf({ dataType, body }: Extract<HubNews, { kind: 'message' }>): string {
  if (dataType === 'binary') {
    return JSON.stringify({ data_base64: Buffer.from(body).toString('base64') });
  }
  const text = new TextDecoder('utf-8', { fatal: true }).decode(body);
  if (dataType === 'text') {
    return JSON.stringify(text);
  }
  if (isDeeperThan(JSON.parse(text), MAX_DATA_DEPTH)) {
    throw new ServiceError('body_invalid', `the body is nested deeper than ${MAX_DATA_DEPTH} levels`);
  }
  return text;
}

function attributesOf(
  { hub, connectionId, userId, origin, subprotocol, mqtt, headers }: HubEventContext,
  own: Readonly<Record<string, string | undefined>>,
): Readonly<Record<string, string>> {
  const all = {
    hub: hub.toLowerCase(),
    connectionid: connectionId,
    userid: userId,
    ...own,
    subprotocol,
    state: readStateText(headers['ce-connectionstate']),
    origin,
    physicalconnectionid: mqtt?.physicalConnectionId,
    sessionid: mqtt?.sessionId,
  };
  return Object.fromEntries(
    Object.entries(all).filter((pair): pair is [string, string] => pair[1] !== undefined),
  );
}

/** Of MQTT it may be anything. */
function shortOf(contentType: string | undefined): string | undefined {
  return contentType !== undefined && contentType.length <= MAX_CONTENT_TYPE_CHARACTERS
    ? contentType
    : undefined;
}

function idOf(context: HubEventContext, time: string, news: HubNews, dataJson: string): string {
  const { origin, hub, connectionId, mqtt, eventType, eventName, id = '' } = context;
  return derivedId(
    'evt',
    ...['hub', origin.toLowerCase(), hub.toLowerCase(), connectionId],
    ...[mqtt?.physicalConnectionId ?? '', mqtt?.sessionId ?? ''],
    ...[eventType, eventName, id, time],
    createHash('sha256')
      .update(`${news.kind === 'message' ? news.dataType : ''}:${dataJson}`)
      .digest('hex'),
  );
}
