import type { ChangeStatus } from '../../core/change/change';
import { type IncomingRecord, integrateBatch } from '../../core/change/integrate-batch';
import type { IntegrationContext } from '../../core/change/integration-context';
import { eraseSubjects } from '../../core/erasure/erase-subjects';
import type { ErasePorts } from '../../core/erasure/ports';
import { requestErasure } from '../../core/erasure/request-erasure';
import { dispatchEvents } from '../../core/events/dispatch-events';
import type { Event } from '../../core/events/event';
import type { EventBatch } from '../../core/events/ports';
import { encodeRecord, type StreamRecord } from '../../core/stream-record';
import { deliverWebhook } from '../../core/webhooks/deliver-webhook';
import { type DeliveryMessage, deliveryId } from '../../core/webhooks/deliveries/delivery';
import { requeueDeliveries } from '../../core/webhooks/deliveries/requeue-deliveries';
import { withoutWaiting } from '../../core/webhooks/holds/share-places';
import { settleDeadLetters } from '../../core/webhooks/resends/settle-dead-letters';
import { partialProfile, SHARD } from './change-records';
import { nobodyIsAsked } from './confirmations';
import { makeMemoryDeliveryStore } from './memory-delivery-store';
import {
  aRecord,
  MemoryDuplicateClaims,
  MemoryEventHistory,
  MemoryFanOutMarkers,
  MemoryNumberBlocks,
  MemoryUnprocessableRecords,
  memoryNumbers,
} from './memory-dispatch';
import {
  makeMemoryErasableEvents,
  makeMemoryErasableStatuses,
  makeMemoryErasureStore,
} from './memory-erasure';
import { MemorySubscriptionStore } from './memory-registry';
import { makeMemoryTargetHealth } from './memory-target-health';
import { makeMemoryTargetLimits } from './memory-target-limits';
import { makeMemoryVault } from './memory-vault';
import { MortalProcess } from './mortal-process';
import { makePublishers } from './publishers';

const { context } = makePublishers();
const trusting: IntegrationContext = { ...context, verifySignatures: false, verifyPublishers: false };

interface Queued {
  readonly message: DeliveryMessage;
  readonly at: number;
}

/**
 * All of Changewire in memory, on a clock of its own: both streams with what was ever put there, the integration,
 * the dispatch, the delivery, the eraser. Each step is taken when a test says so; the eraser may die.
 */
export class WholeWorld {
  readonly vault = makeMemoryVault();
  readonly subscriptions = new MemorySubscriptionStore();
  readonly markers = new MemoryFanOutMarkers();
  readonly duplicates = new MemoryDuplicateClaims();
  readonly numbers = memoryNumbers(new MemoryNumberBlocks());
  readonly history = new MemoryEventHistory();
  readonly unprocessable = new MemoryUnprocessableRecords();
  readonly deliveries = makeMemoryDeliveryStore();
  readonly limits = makeMemoryTargetLimits();
  readonly erasures = makeMemoryErasureStore();
  readonly eraser = new MortalProcess();
  readonly changes: IncomingRecord[] = [];
  readonly events: StreamRecord[] = [];
  readonly queue: Queued[] = [];
  readonly deadLetters: { body: unknown; receipt: string }[] = [];
  readonly posts: {
    readonly deliveryId: string;
    readonly subscriptionId: string;
    readonly body: string;
    readonly status: number;
  }[] = [];
  /** What the target of a subscription answers. @default 200 */
  readonly answers = new Map<string, number>();
  time = Date.parse('2026-11-20T10:00:00.000Z');
  private made = 0;
  private readonly taken = { changes: 0, events: 0 };

  readonly now = () => new Date(this.time);

  /** A change is accepted by the stream. */
  submit(userId: string, firstName: string, acceptedAt = this.now()): IncomingRecord {
    this.made += 1;
    const record: IncomingRecord = {
      sequenceNumber: String(1_000_000 + this.made),
      shardId: SHARD,
      arrivedAt: acceptedAt.toISOString(),
      data: encodeRecord({
        v: 1,
        kind: 'change',
        userId,
        acceptedAt: acceptedAt.toISOString(),
        profile: partialProfile(userId, firstName),
      }),
    };
    this.changes.push(record);
    return record;
  }

  publish(...events: readonly Event[]): void {
    this.events.push(aRecord(events));
  }

  /** Integrates what the stream holds beyond what was taken, or what is given. */
  async integrate(
    records: readonly IncomingRecord[] = this.changes.slice(this.taken.changes),
  ): Promise<void> {
    this.taken.changes = Math.max(
      this.taken.changes,
      this.changes.indexOf(records.at(-1) as IncomingRecord) + 1,
    );
    await integrateBatch(records, {
      ...this.vault,
      events: {
        append: async (batches) => {
          for (const { events, partitionKey } of batches) {
            this.events.push(aRecord(events, { partitionKey }));
          }
        },
      },
      context: { current: async () => trusting, renewed: async () => undefined },
      observer: {
        ended: () => undefined,
        unexpectedlyRejected: (_, error) => {
          throw error;
        },
      },
      now: this.now,
    });
  }

  async dispatch(records: readonly StreamRecord[] = this.events.slice(this.taken.events)): Promise<void> {
    this.taken.events = Math.max(this.taken.events, this.events.indexOf(records.at(-1) as StreamRecord) + 1);
    const queue = {
      send: async (messages: readonly { message: DeliveryMessage; delaySeconds: number }[]) =>
        this.put(messages),
    };
    await dispatchEvents(records, { ...this, queue }, this.time);
  }

  /** Reads both streams again from the start, in batches of ten. */
  async rewind(): Promise<void> {
    for (let from = 0; from < this.changes.length; from += 10) {
      await this.integrate(this.changes.slice(from, from + 10));
    }
    const events = [...this.events];
    for (let from = 0; from < events.length; from += 10) {
      await this.dispatch(events.slice(from, from + 10));
    }
  }

  /** Works off what is due on the queue. @param atMost so many messages. */
  async deliver(atMost = Number.POSITIVE_INFINITY): Promise<void> {
    for (let done = 0; done < atMost; done += 1) {
      const index = this.queue.findIndex(({ at }) => at <= this.time);
      const [next] = index === -1 ? [] : this.queue.splice(index, 1);
      if (!next) {
        return;
      }
      await deliverWebhook(structuredClone(next.message), this.deliverPorts(next.message));
    }
  }

  /** Lets the time pass until nothing is under way any more. */
  async comeToRest(): Promise<void> {
    for (let steps = 0; steps < 500; steps += 1) {
      await this.integrate();
      await this.dispatch();
      await this.deliver();
      const parked = this.deliveries.rows().filter(({ dueAt }) => dueAt !== undefined);
      if (this.queue.length === 0 && parked.length === 0) {
        return;
      }
      this.time += 60_000;
      await requeueDeliveries(
        { deliveries: this.deliveries, queue: this.deliverPorts().queue, now: this.now },
        this.soon(),
      );
    }
    throw new Error('the world does not come to rest');
  }

  async settleDeadLetters() {
    const received = new Set<string>();
    const inbox = {
      receive: async () => {
        const visible = this.deadLetters.filter(({ receipt }) => !received.has(receipt)).slice(0, 10);
        for (const { receipt } of visible) {
          received.add(receipt);
        }
        return visible;
      },
      remove: async (receipt: string) => {
        this.deadLetters.splice(
          this.deadLetters.findIndex((letter) => letter.receipt === receipt),
          1,
        );
      },
    };
    return settleDeadLetters({ ...this.deliverPorts(), inbox }, { resendAfterMinutes: 0 }, this.soon());
  }

  async requestErasure(subject: string) {
    this.made += 1;
    const identity = { id: `era_${this.made}` };
    return (await requestErasure(subject, identity, { erasures: this.erasures, now: this.now })).erasure;
  }

  eraseTick() {
    return eraseSubjects(mortal(this.erasePorts(), this.eraser), this.soon());
  }

  erasePorts(): ErasePorts {
    return {
      erasures: this.erasures,
      profiles: this.vault.profiles,
      statuses: makeMemoryErasableStatuses(this.vault.recorded as Map<string, ChangeStatus>),
      events: makeMemoryErasableEvents(this),
      deliveries: this.deliveries,
      rule: { settleSeconds: 30, streamRetentionHours: 168, logRetentionDays: 90, hasBackups: true },
      now: this.now,
    };
  }

  private soon(): Date {
    return new Date(this.time + 40_000);
  }

  private put(messages: readonly { message: DeliveryMessage; delaySeconds: number }[]): void {
    this.queue.push(
      ...messages.map(({ message, delaySeconds }) => ({ message, at: this.time + delaySeconds * 1000 })),
    );
  }

  private deliverPorts(message?: DeliveryMessage) {
    return {
      deliveries: this.deliveries,
      findSubscription: async ({ id }: { id: string }) => (await this.subscriptions.find(id)) ?? undefined,
      history: this.history,
      target: {
        post: async ({ body }: { body: Uint8Array }) => {
          const subscriptionId = message?.subscriptionId ?? '';
          const status = this.answers.get(subscriptionId) ?? 200;
          const text = Buffer.from(body).toString();
          const id = message ? deliveryId(message) : '';
          this.posts.push({ deliveryId: id, subscriptionId, body: text, status });
          return { milliseconds: 1, status, answer: `you said ${text}` };
        },
      },
      tokens: { read: async () => ({ failure: 'token_unavailable' as const }) },
      queue: {
        send: async (messages: readonly { message: DeliveryMessage; delaySeconds: number }[]) =>
          this.put(messages),
      },
      deadLetters: {
        send: async (body: unknown) => {
          this.made += 1;
          this.deadLetters.push({ body, receipt: String(this.made) });
        },
      },
      events: {
        append: async (batches: readonly EventBatch[]) => {
          for (const { events } of batches) {
            this.publish(...events);
          }
        },
      },
      subscriptions: this.subscriptions,
      health: makeMemoryTargetHealth(this.subscriptions.subscriptions),
      ...nobodyIsAsked,
      limits: withoutWaiting(this.limits),
      pause: async (milliseconds: number) => {
        this.time += milliseconds;
      },
      now: this.now,
      random: () => 0.5,
    };
  }
}

/** The ports, whose every call may be the one after which the process dies. */
function mortal(ports: ErasePorts, process: MortalProcess): ErasePorts {
  const wrap = <Port extends object>(port: Port): Port =>
    Object.fromEntries(
      Object.entries(port).map(([name, method]) => [
        name,
        typeof method === 'function'
          ? (...given: unknown[]) => process.write(() => method(...given))
          : method,
      ]),
    ) as Port;
  return {
    ...ports,
    erasures: wrap(ports.erasures),
    profiles: wrap(ports.profiles),
    statuses: wrap(ports.statuses),
    events: wrap(ports.events),
    deliveries: wrap(ports.deliveries),
  };
}
