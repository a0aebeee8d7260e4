import { ServiceError } from '../errors';
import { decodePageToken, encodePageToken, wrongPageToken } from '../page-token';
import { type Principal, requireScope } from '../principal';
import { findTopicKey } from '../topics/find-topics';
import type { TopicStore } from '../topics/ports';
import { parseTopicKey, type TopicKey, topicKeyText } from './event';
import { countEvent, countHour, type EventLedger, type HourLedger, type LedgerPorts } from './ledger';
import type { EventHistoryLister, EventHistoryReader, HistoryEntry, StandingMarker } from './ports';

export interface ReadEventsPorts extends LedgerPorts {
  readonly topics: Pick<TopicStore, 'find'>;
  readonly history: EventHistoryReader;
  readonly lister: EventHistoryLister;
}

/** An order of the history (history-key.ts); anything else is no place of a list. */
const ORDER = /^\d{13}\.\d{10}\.[0-9a-f]{8}$/;

/** Longer ids were never given, and keys end at 2048 bytes. */
const LONGEST_ID = 256;

/** @throws ServiceError `not_found` (not dispatched yet, expired or erased), `insufficient_scope` (a system topic). */
export async function readEvent(
  id: string,
  principal: Principal,
  ports: Pick<ReadEventsPorts, 'markers' | 'history'>,
): Promise<HistoryEntry> {
  const { topic, order, erased } = await findMarker(id, principal, ports);
  const event = erased ? undefined : await ports.history.read({ topic, order, eventId: id });
  if (event === undefined) {
    throw new ServiceError('not_found', 'the content of this event is gone: it was erased, or has expired');
  }
  return { order, event };
}

/** @throws as {@link readEvent}; what was erased is still counted. */
export async function readLedger(
  id: string,
  principal: Principal,
  ports: Pick<ReadEventsPorts, 'markers' | 'tally'>,
): Promise<EventLedger> {
  return countEvent(id, await findMarker(id, principal, ports), ports);
}

export interface EventListRequest {
  /** As callers name a topic. */
  readonly topic: string;
  /** Epoch milliseconds of the arrival at dispatch; inclusive, exclusive. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly limit: number;
  /** As the page before gave it. */
  readonly after?: string | undefined;
  readonly ascending: boolean;
}

/** @throws ServiceError `not_found` (topic), `insufficient_scope` (a system topic), `parameter_invalid` (token). */
export async function listEvents(
  { topic: reference, after, ...range }: EventListRequest,
  principal: Principal,
  { topics, lister }: Pick<ReadEventsPorts, 'topics' | 'lister'>,
): Promise<{ readonly entries: readonly HistoryEntry[]; readonly next?: string }> {
  const place = placeOf(after);
  const topic = await findReadableTopic(reference, principal, topics);
  return withToken(await lister.list({ topic, ...range, after: place }));
}

/**
 * @param request.from epoch milliseconds of the beginning of the hour.
 * @throws as {@link listEvents}.
 */
export async function readHourLedger(
  request: { readonly topic: string; readonly from: number; readonly after?: string | undefined },
  principal: Principal,
  ports: Pick<ReadEventsPorts, 'topics' | 'lister' | 'markers' | 'tally'>,
): Promise<HourLedger> {
  const after = placeOf(request.after);
  const topic = await findReadableTopic(request.topic, principal, ports.topics);
  return withToken(await countHour({ topic, from: request.from, after }, ports));
}

async function findMarker(
  id: string,
  principal: Principal,
  { markers }: Pick<ReadEventsPorts, 'markers'>,
): Promise<StandingMarker> {
  const marker = id.length > LONGEST_ID ? undefined : (await markers.findMany([id])).get(id);
  if (marker === undefined) {
    throw new ServiceError(
      'not_found',
      'there is no event of that id: it has expired, or is not dispatched yet; ids are those that publishing replied',
    );
  }
  requireReadable(parseTopicKey(marker.topic), principal);
  return marker;
}

async function findReadableTopic(
  reference: string,
  principal: Principal,
  topics: Pick<TopicStore, 'find'>,
): Promise<string> {
  const key = await findTopicKey(reference, topics);
  requireReadable(key, principal);
  return topicKeyText(key);
}

/** Who may not subscribe to what the system announces may not read it here, either. */
function requireReadable({ door }: TopicKey, principal: Principal): void {
  if (door === 'system') {
    requireScope(principal, 'subscriptions:system');
  }
}

function placeOf(token: string | undefined): string | undefined {
  const place = token === undefined ? undefined : (decodePageToken(token) ?? '');
  if (place !== undefined && !ORDER.test(place)) {
    throw wrongPageToken();
  }
  return place;
}

function withToken<Page extends { readonly next?: string }>({ next, ...page }: Page) {
  return { ...page, ...(next !== undefined && { next: encodePageToken(next) }) };
}
