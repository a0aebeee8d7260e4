import { asciiJson } from '../ascii-json';
import type { Gate } from '../gate';
import { inChunks } from '../in-chunks';
import { inParallel } from '../in-parallel';
import type { StreamRecord } from '../stream-record';
import type { DeliveryMessage } from '../webhooks/deliveries/delivery';
import type { DispatchPorts } from './dispatch-ports';
import { type Event, topicKeyText } from './event';
import { isDuplicate } from './find-duplicate';
import { baseOfOrder, eventOrder } from './history-key';
import type { FanOutMarker, PlanEntry } from './ports';
import { readEventRecord } from './read-event-record';

/** What a record needs beside the ports: what the records of one batch share. */
export interface DispatchBatch extends DispatchPorts {
  readonly match: (event: Event) => Promise<readonly PlanEntry[]>;
  readonly storeGate: Gate;
  readonly sendGate: Gate;
}

export type RecordEnding =
  | {
      readonly state: 'dispatched';
      readonly events: number;
      readonly duplicates: number;
      readonly messages: number;
    }
  | { readonly state: 'unprocessable'; readonly reason: string };

/** Bounds the plans that are in memory: of a hundred events, with thousands of ids each. */
const EVENTS_AT_A_TIME = 100;
const MESSAGES_AT_A_TIME = 1000;

/** In a message up to this size an event spares the worker a read; ten of them stay well within one call. */
const INLINE_EVENT_BYTES = 16 * 1024;

interface PlacedEvent {
  readonly event: Event;
  /** Of the event within its record. */
  readonly index: number;
}

interface PlannedEvent {
  readonly event: Event;
  readonly marker: FanOutMarker;
}

/** Dispatches the events of one record, or keeps the record as unprocessable. @param base of their orders. */
export async function dispatchRecord(
  record: StreamRecord,
  base: string,
  batch: DispatchBatch,
): Promise<RecordEnding> {
  const reading = readEventRecord(record.data);
  if (!reading.ok) {
    return endUnprocessable(record, reading.reason, batch);
  }
  const claim = makeClaim(record, base, batch);
  const ending = { state: 'dispatched' as const, events: 0, duplicates: 0, messages: 0 };
  let unplannable: string | undefined;
  for (const placed of inChunks(placeEvents(reading.events), EVENTS_AT_A_TIME)) {
    const claims = await claim(placed);
    const planned = claims.filter((one): one is PlannedEvent => typeof one === 'object');
    unplannable ??= claims.includes('too_large')
      ? 'an event has more subscriptions than a plan holds'
      : undefined;
    ending.events += planned.length;
    ending.duplicates += claims.filter((one) => one === 'duplicate').length;
    ending.messages += await fanOut(planned, batch);
  }
  return unplannable === undefined ? ending : endUnprocessable(record, unplannable, batch);
}

async function endUnprocessable(
  record: StreamRecord,
  reason: string,
  { unprocessable }: DispatchBatch,
): Promise<RecordEnding> {
  await unprocessable.record(record, reason);
  return { state: 'unprocessable', reason };
}

/** An id that comes twice within one record would win twice. */
function placeEvents(events: readonly Event[]): PlacedEvent[] {
  const seen = new Set<string>();
  return events.flatMap((event, index) => {
    const isNew = !seen.has(event.id);
    seen.add(event.id);
    return isNew ? [{ event, index }] : [];
  });
}

type Claim = PlannedEvent | 'duplicate' | 'too_large';

/**
 * Claims the events of a record, part by part. The first event that is this record's own decides the base of
 * the others' orders: after a crash it is found as it was, so the events keep their order in the history
 * although they are claimed side by side.
 */
function makeClaim(record: StreamRecord, base: string, batch: DispatchBatch) {
  let settledBase: string | undefined;
  return async (placed: readonly PlacedEvent[]): Promise<Claim[]> => {
    const claims: Claim[] = [];
    while (settledBase === undefined && claims.length < placed.length) {
      const claim = await claimEvent(placed[claims.length] as PlacedEvent, base);
      settledBase = typeof claim === 'object' ? baseOfOrder(claim.marker.order) : undefined;
      claims.push(claim);
    }
    const rest = await inParallel(EVENTS_AT_A_TIME, placed.slice(claims.length), (one) =>
      claimEvent(one, settledBase ?? base),
    );
    return [...claims, ...rest];
  };

  async function claimEvent({ event, index }: PlacedEvent, orderBase: string): Promise<Claim> {
    if (await batch.storeGate(() => isDuplicate(event, record, batch.duplicates))) {
      return 'duplicate';
    }
    const plan = await batch.match(event);
    const number = await batch.numbers.next(event.topic.door);
    const marker = await batch.storeGate(() =>
      batch.markers.claim({
        eventId: event.id,
        winner: { sequenceNumber: record.sequenceNumber, shardId: record.shardId },
        topic: topicKeyText(event.topic),
        order: eventOrder(orderBase, index, event.id),
        plan,
        ...(number !== undefined && { number }),
      }),
    );
    if (marker === 'too_large') {
      return marker;
    }
    const { winner, erased } = marker;
    if (erased) {
      return 'duplicate';
    }
    const isOwn = winner.sequenceNumber === record.sequenceNumber && winner.shardId === record.shardId;
    return isOwn ? { event: numbered(event, marker), marker } : 'duplicate';
  }
}

/** The number that the first claim decided: the same in the history, in every message and after a resend. */
function numbered(event: Event, { number }: FanOutMarker): Event {
  return number === undefined ? event : { ...event, number };
}

/** History first: whoever gets a message can read the event. @returns the number of messages. */
async function fanOut(planned: readonly PlannedEvent[], batch: DispatchBatch): Promise<number> {
  await inParallel(EVENTS_AT_A_TIME, planned, ({ event, marker }) =>
    batch.storeGate(() => batch.history.keep(marker.order, event)),
  );
  let sent = 0;
  for (const messages of inChunks(messagesOf(planned), MESSAGES_AT_A_TIME)) {
    await batch.sendGate(() => batch.queue.send(messages));
    sent += messages.length;
  }
  return sent;
}

function* messagesOf(
  planned: readonly PlannedEvent[],
): Generator<Parameters<DispatchBatch['queue']['send']>[0][number]> {
  for (const { event, marker } of planned) {
    const inline = asciiJson(event).length < INLINE_EVENT_BYTES;
    for (const { id: subscriptionId, via } of marker.plan) {
      const message: DeliveryMessage = {
        v: 1,
        eventId: event.id,
        subscriptionId,
        run: 0,
        topic: marker.topic,
        ...(via !== undefined && { via }),
        order: marker.order,
        attempt: 1,
        ...(inline && { event }),
      };
      yield { message, delaySeconds: 0 };
    }
  }
}
