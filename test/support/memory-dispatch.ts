import { type Door, type Event, topicKeyText } from '../../core/events/event';
import { type EventNumbers, makeEventNumbers } from '../../core/events/event-numbers';
import { orderBound } from '../../core/events/history-key';
import type {
  CallClaims,
  DuplicateClaim,
  DuplicateClaims,
  EventHistoryLister,
  EventHistoryReader,
  EventHistoryWriter,
  FanOutMarker,
  FanOutMarkerReader,
  FanOutMarkers,
  HistoryRange,
  NumberBlocks,
  StandingMarker,
  UnprocessableRecords,
} from '../../core/events/ports';
import type { StreamRecord } from '../../core/stream-record';
import { encodeRecord } from '../../core/stream-record';
import type { ConfirmationMessage } from '../../core/webhooks/confirmation/confirmation-message';
import type { ConfirmationQueue } from '../../core/webhooks/confirmation/confirmation-ports';
import type { DeliveryMessage } from '../../core/webhooks/deliveries/delivery';
import type { DeliveryQueue } from '../../core/webhooks/ports';

/** Called before each write that lasts; throws when the process is to die there. */
export type BeforeWrite = () => void;

const survives: BeforeWrite = () => undefined;

export class MemoryFanOutMarkers implements FanOutMarkers, FanOutMarkerReader {
  readonly markers = new Map<string, FanOutMarker>();
  beforeWrite = survives;
  /** Plans longer than this are `too_large`. */
  longestPlan = Number.POSITIVE_INFINITY;

  async claim(marker: FanOutMarker): Promise<FanOutMarker | 'too_large'> {
    if (marker.plan.length > this.longestPlan) {
      return 'too_large';
    }
    await outOfTurn(marker.eventId);
    const standing = this.markers.get(marker.eventId);
    if (standing) {
      return standing;
    }
    this.beforeWrite();
    this.markers.set(marker.eventId, marker);
    return marker;
  }

  async findMany(eventIds: readonly string[]) {
    return new Map(
      eventIds.flatMap((id) => {
        const found = this.markers.get(id);
        return found ? [[id, standing(found)] as const] : [];
      }),
    );
  }
}

export class MemoryDuplicateClaims implements DuplicateClaims {
  readonly claims = new Map<string, DuplicateClaim>();
  beforeWrite = survives;

  async claim(claim: DuplicateClaim): Promise<DuplicateClaim> {
    await outOfTurn(claim.eventId);
    const key = `${claim.key.door}#${claim.key.key}`;
    const standing = this.claims.get(key);
    if (standing && standing.until > claim.arrivedAt) {
      return standing;
    }
    this.beforeWrite();
    this.claims.set(key, claim);
    return claim;
  }
}

export class MemoryCallClaims implements CallClaims {
  private readonly claims = new Map<string, { readonly digest: string; readonly until: string }>();

  async claim({ seed, ...claim }: Parameters<CallClaims['claim']>[0], now: string): Promise<boolean> {
    const standing = this.claims.get(seed);
    if (standing && standing.digest !== claim.digest && standing.until > now) {
      return false;
    }
    this.claims.set(seed, claim);
    return true;
  }
}

export class MemoryNumberBlocks implements NumberBlocks {
  readonly leased = new Map<Door, number>();
  beforeWrite = survives;

  async lease(door: Door, size: number): Promise<number> {
    this.beforeWrite();
    const before = this.leased.get(door) ?? 0;
    this.leased.set(door, before + size);
    return before + 1;
  }
}

/** The numbers of one container. */
export function memoryNumbers(blocks: NumberBlocks = new MemoryNumberBlocks()): EventNumbers {
  return makeEventNumbers(blocks, () => 0);
}

function standing({ topic, order, plan, erased }: FanOutMarker): StandingMarker {
  return { topic, order, plan, fannedOut: plan.length, erased: erased === true };
}

/** Calls that are made side by side end in an order of their own, as with a real store. */
async function outOfTurn(id: string): Promise<void> {
  for (let turns = (id.charCodeAt(id.length - 1) * 7) % 5; turns > 0; turns -= 1) {
    await Promise.resolve();
  }
}

export class MemoryEventHistory implements EventHistoryReader, EventHistoryWriter, EventHistoryLister {
  readonly rows = new Map<string, Event>();
  beforeWrite = survives;

  async keep(order: string, event: Event): Promise<void> {
    this.beforeWrite();
    this.rows.set(order, event);
  }

  async read({ order, eventId }: Parameters<EventHistoryReader['read']>[0]): Promise<Event | undefined> {
    const event = this.rows.get(order);
    return event?.id === eventId ? event : undefined;
  }

  async list({ topic, from, to, limit, after, ascending }: HistoryRange) {
    const first = from === undefined ? '' : orderBound(from);
    const last = to === undefined ? ':' : orderBound(to);
    const found = [...this.rows]
      .map(([order, event]) => ({ order, event }))
      .filter(({ order, event }) => topicKeyText(event.topic) === topic && order >= first && order < last)
      .filter(({ order }) => after === undefined || (ascending ? order > after : order < after))
      .sort((a, b) => (a.order < b.order === ascending ? -1 : 1));
    const entries = found.slice(0, limit);
    const next = entries.at(-1)?.order;
    return { entries, ...(found.length > limit && next !== undefined && { next }) };
  }

  /** Ids in the order of the history. */
  ids(): string[] {
    return [...this.rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, { id }]) => id);
  }
}

export class MemoryDeliveryQueue implements DeliveryQueue, ConfirmationQueue {
  readonly asked: { readonly message: ConfirmationMessage; readonly delaySeconds: number }[] = [];
  readonly messages: { readonly message: DeliveryMessage; readonly delaySeconds: number }[] = [];
  beforeWrite = survives;

  /** One write per message: a call that fails may have sent a part. */
  async send(messages: Parameters<DeliveryQueue['send']>[0]): Promise<void> {
    for (const message of messages) {
      this.beforeWrite();
      this.messages.push(message);
    }
  }

  async ask(message: ConfirmationMessage, delaySeconds: number): Promise<void> {
    this.asked.push({ message, delaySeconds });
  }
}

export class MemoryUnprocessableRecords implements UnprocessableRecords {
  readonly reasons = new Map<string, string>();
  readonly records = new Map<string, StreamRecord>();
  beforeWrite = survives;

  async record(record: StreamRecord, reason: string): Promise<void> {
    this.beforeWrite();
    const key = `${record.shardId}/${record.sequenceNumber}`;
    this.records.set(key, this.records.get(key) ?? record);
    this.reasons.set(key, this.reasons.get(key) ?? reason);
  }
}

export function anEvent(id: string, differences: Partial<Event> = {}): Event {
  return {
    id,
    topic: { door: 'manage', name: 'orders' },
    source: '/shop',
    time: '2026-11-20T10:00:00.000Z',
    dataJson: '{"total":12.50}',
    ...differences,
  };
}

/** A record of the events stream; its sequence number is new unless it is given. */
export function aRecord(
  content: readonly Event[] | Uint8Array,
  differences: Partial<StreamRecord> = {},
): StreamRecord {
  sequence += 1n;
  return {
    sequenceNumber: String(sequence),
    shardId: 'shardId-000000000000',
    partitionKey: 'key',
    data: content instanceof Uint8Array ? content : encodeRecord({ v: 1, kind: 'events', events: content }),
    arrivedAt: '2026-11-20T10:00:00.000Z',
    ...differences,
  };
}

let sequence = 49_590_338_271_490_256_608_559_692_538_361_571_095_921_575_989_136_588_898n;
