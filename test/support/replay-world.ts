import { type Event, parseTopicKey, topicKeyText } from '../../core/events/event';
import { eventOrder, orderBase } from '../../core/events/history-key';
import { matchSubscriptions } from '../../core/events/match-subscriptions';
import type { Subscription } from '../../core/topics/subscriptions/subscription';
import type { Delivery, DeliveryMessage } from '../../core/webhooks/deliveries/delivery';
import { FIRST_RUN, prepareReplay } from '../../core/webhooks/replays/prepare-replay';
import { type ReplayPorts, replayEvents } from '../../core/webhooks/replays/replay-events';
import { startReplay } from '../../core/webhooks/replays/start-replay';
import { aDelivery } from './deliveries';
import { makeMemoryDeliveryStore } from './memory-delivery-store';
import { anEvent, MemoryEventHistory, MemoryFanOutMarkers } from './memory-dispatch';
import { MemorySubscriptionStore, MemoryTopicStore } from './memory-registry';
import { MemoryReplayStore, MemoryRunNumbers, memoryLiveGate } from './memory-replays';
import { aSubscription } from './subscriptions';

export class Crash extends Error {}

/** Publishing, dispatch, replays and a subscriber that takes everything, on a simulated clock. */
export class ReplayWorld {
  time = Date.parse('2026-11-20T12:00:00.000Z');
  readonly subscriptions = new MemorySubscriptionStore();
  readonly topics = new MemoryTopicStore();
  readonly replays = new MemoryReplayStore();
  readonly runs = new MemoryRunNumbers();
  readonly markers = new MemoryFanOutMarkers();
  readonly history = new MemoryEventHistory();
  readonly deliveries = makeMemoryDeliveryStore();
  readonly queue: { readonly message: DeliveryMessage; readonly at: number }[] = [];
  readonly received: { readonly id: string; readonly run: number; readonly at: number }[] = [];
  /** The replayer dies before or after its n-th effect from now on, once. */
  crashAt: { effect: number; readonly when: 'before' | 'after' } | undefined;
  effects = 0;

  now = () => new Date(this.time);
  at = () => this.now().toISOString();

  private async effect<T>(act: () => Promise<T>): Promise<T> {
    this.effects += 1;
    if (this.crashAt?.effect !== this.effects) {
      return act();
    }
    const { when } = this.crashAt;
    this.crashAt = undefined;
    if (when === 'after') {
      await act();
    }
    throw new Crash();
  }

  get ports(): ReplayPorts {
    const gate = memoryLiveGate(this.subscriptions);
    const { replays } = this;
    return {
      ...{ subscriptions: this.subscriptions, topics: this.topics, history: this.history },
      ...{ markers: this.markers, deliveries: this.deliveries, now: this.now },
      replays: {
        find: (key) => replays.find(key),
        unfinished: (after) => replays.unfinished(after),
        write: (replay) => this.effect(() => replays.write(replay)),
        forget: (key) => this.effect(() => replays.forget(key)),
      },
      gate: { open: (...asked) => this.effect(() => gate.open(...asked)) },
      queue: { send: (messages) => this.effect(async () => this.enqueue(messages)) },
    };
  }

  private enqueue(messages: readonly { message: DeliveryMessage; delaySeconds: number }[]): void {
    for (const { message, delaySeconds } of messages) {
      expect(Number.isInteger(delaySeconds) && delaySeconds >= 0 && delaySeconds <= 900).toBe(true);
      this.queue.push({ message, at: this.time + delaySeconds * 1000 });
    }
  }

  subscribe(differences: Partial<Subscription> = {}): Subscription {
    const made = aSubscription({ createdAt: this.at(), updatedAt: this.at(), ...differences });
    this.subscriptions.subscriptions.set(made.id, made);
    return made;
  }

  /** As the door makes one: the replay first. */
  async subscribeWithReplay(from = 'start', differences: Partial<Subscription> = {}): Promise<Subscription> {
    const made = aSubscription({ createdAt: this.at(), replaying: FIRST_RUN, ...differences });
    await this.prepare(made, from);
    this.subscriptions.subscriptions.set(made.id, made);
    return made;
  }

  /** As far as a door comes that crashes before it has made the subscription. */
  prepare(
    made = aSubscription({ createdAt: this.at(), replaying: FIRST_RUN }),
    from = 'start',
  ): Promise<void> {
    return prepareReplay(made, from, { replays: this.replays, runs: this.runs });
  }

  async start({ id, owner }: Subscription, request: Partial<Parameters<typeof startReplay>[1]> = {}) {
    const principal = { subject: owner, scopes: new Set<string>(['subscriptions:system']) };
    return (await startReplay(id, { from: 'start', ...request }, principal, this, this.at())).replay;
  }

  /** Dispatch plans an event now; what is returned keeps it in the history and fans it out, maybe much later. */
  async plan(
    id: string,
    topic = 'manage/orders',
    differences: Partial<Event> = {},
  ): Promise<() => Promise<void>> {
    const event = anEvent(id, { topic: parseTopicKey(topic), ...differences });
    const order = eventOrder(orderBase(this.time, 0), this.markers.markers.size, id);
    const plan = await matchSubscriptions(this.subscriptions)(event);
    const winner = { sequenceNumber: '1', shardId: 's' };
    await this.markers.claim({ eventId: id, winner, topic: topicKeyText(event.topic), order, plan });
    return async () => {
      await this.history.keep(order, event);
      const live = plan.map(({ id: subscriptionId, via }) => ({
        ...{ v: 1, eventId: id, subscriptionId, run: 0, order, attempt: 1 },
        ...{ topic: topicKeyText(event.topic), ...(via !== undefined && { via }) },
      })) as DeliveryMessage[];
      this.enqueue(live.map((message) => ({ message, delaySeconds: 0 })));
    };
  }

  async publish(...ids: string[]): Promise<void> {
    for (const id of ids) {
      await (await this.plan(id))();
      this.time += 1;
    }
  }

  /** The tick, as the schedule calls it: a crash is the end of it. */
  async tick(): Promise<void> {
    await replayEvents(this.ports, new Date(this.time + 44_000)).catch((error) => {
      if (!(error instanceof Crash)) {
        throw error;
      }
    });
  }

  /** Lets the time go by, a second at a time: the queue is worked off, the tick comes every minute. */
  async pass(seconds: number): Promise<void> {
    for (let second = 0; second < seconds; second += 1) {
      this.time += 1000;
      await this.work();
      if (Math.floor(this.time / 1000) % 60 === 0) {
        await this.tick();
        await this.work();
      }
    }
  }

  /** Until a day later, when the last sweep is over. */
  async rest(): Promise<void> {
    for (const minutes of [31, 24 * 60]) {
      await this.pass(420);
      this.time += minutes * 60_000;
      await this.pass(240);
    }
  }

  /** What the worker does, in short. */
  private async work(): Promise<void> {
    for (const queued of this.queue.filter(({ at }) => at <= this.time)) {
      this.queue.splice(this.queue.indexOf(queued), 1);
      const { message } = queued;
      const { eventId, subscriptionId, run } = message;
      const subscription = this.subscriptions.subscriptions.get(subscriptionId);
      if (await this.deliveries.read(message)) {
        continue;
      }
      if (run === 0 && subscription?.state === 'active' && subscription.replaying !== undefined) {
        this.queue.push({ message, at: this.time + 30_000 });
        continue;
      }
      const state: Delivery['state'] = subscription?.state === 'active' ? 'delivered' : 'skipped';
      await this.deliveries.write(aDelivery({ eventId, subscriptionId, run, state, version: 1 }));
      if (state === 'delivered') {
        this.received.push({ id: eventId, run, at: this.time });
      }
    }
  }

  ids(run?: number): string[] {
    return this.received.filter((one) => run === undefined || one.run === run).map(({ id }) => id);
  }
}
