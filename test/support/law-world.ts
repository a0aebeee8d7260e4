import { eraseSubjects } from '../../core/erasure/erase-subjects';
import { requestErasure } from '../../core/erasure/request-erasure';
import { ServiceError } from '../../core/errors';
import { dispatchEvents } from '../../core/events/dispatch-events';
import type { Event } from '../../core/events/event';
import type { EventBatch } from '../../core/events/ports';
import { encodeRecord, type StreamRecord } from '../../core/stream-record';
import type { DeliveryPolicy, Subscription } from '../../core/topics/subscriptions/subscription';
import { deliverWebhook } from '../../core/webhooks/deliver-webhook';
import { type Delivery, type DeliveryMessage, deliveryId } from '../../core/webhooks/deliveries/delivery';
import { postponeMessage } from '../../core/webhooks/deliveries/postpone-message';
import { parseDeliveryMessage } from '../../core/webhooks/deliveries/queue-messages';
import { requeueDeliveries } from '../../core/webhooks/deliveries/requeue-deliveries';
import { withoutWaiting } from '../../core/webhooks/holds/share-places';
import { FIRST_RUN, prepareReplay } from '../../core/webhooks/replays/prepare-replay';
import { replayEvents } from '../../core/webhooks/replays/replay-events';
import { startReplay } from '../../core/webhooks/replays/start-replay';
import { canBeResent } from '../../core/webhooks/resends/resend-delivery';
import { resendPage } from '../../core/webhooks/resends/resend-own-deliveries';
import { resendOwnDelivery } from '../../core/webhooks/resends/resend-own-delivery';
import { settleDeadLetters } from '../../core/webhooks/resends/settle-dead-letters';
import { nobodyIsAsked } from './confirmations';
import { makeMemoryDeliveryStore } from './memory-delivery-store';
import {
  anEvent,
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
import { MemorySubscriptionStore, MemoryTopicStore } from './memory-registry';
import { MemoryReplayStore, MemoryRunNumbers, memoryLiveGate } from './memory-replays';
import { makeMemoryTargetHealth } from './memory-target-health';
import { makeMemoryTargetLimits } from './memory-target-limits';
import { makeMemoryVault } from './memory-vault';
import { type Ending, type Fault, type Process, Simulation, settled } from './simulation';
import { aSubscription } from './subscriptions';

/** How a subscriber takes a request. */
export type Answer =
  | { readonly status: number; readonly milliseconds: number; readonly retryAfter?: string }
  | 'timeout'
  | 'connection_refused';

export interface Subscriber {
  readonly policy: Partial<DeliveryPolicy>;
  /** Request after request, the last one from then on. */
  readonly answers: readonly Answer[];
  /** Takes the events of this subject alone. */
  readonly subject?: string | undefined;
  /** Takes the news of the system, not the orders. */
  readonly listensToNews?: boolean | undefined;
}

/** What people do, the seconds after what was done before. */
export interface Step {
  readonly after: number;
  readonly act:
    | {
        readonly do: 'publish';
        readonly subject: string;
        readonly count: number;
        readonly expires?: number | undefined;
      }
    | {
        readonly do: 'pause' | 'resume' | 'delete' | 'resend' | 'replay' | 'subscribe_with_history';
        readonly who: number;
      }
    | { readonly do: 'force'; readonly who: number; readonly which: number }
    | { readonly do: 'erase'; readonly subject: string }
    | { readonly do: 'rewind' };
}

export interface Scenario {
  readonly subscribers: readonly Subscriber[];
  readonly steps: readonly Step[];
  readonly faults: readonly Fault[];
  /** Milliseconds. */
  readonly latencies: readonly number[];
  /** Messages that the queue hands out once more, by their number, and so many milliseconds later. */
  readonly duplicates: readonly { readonly nth: number; readonly later: number }[];
  readonly lostTicks: readonly number[];
  readonly workers: number;
  /** Receives after which a queue takes a message for one that crashes the worker. */
  readonly receives: number;
  readonly resendAfterMinutes: number;
}

export interface Post {
  readonly message: DeliveryMessage;
  readonly process: Process;
  /** When the worker began to read the subscription and the row. */
  readonly lookedAt: number;
  readonly isClaimed: boolean;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly isSuccess: boolean;
}

interface Queued {
  readonly message: DeliveryMessage;
  receives: number;
}

/** As SQS: what a worker did not finish is shown again after six time-outs of the function. */
const VISIBILITY = 360_000;
const WORKER_SECONDS = 60;
const MINUTE = 60_000;
const OWNER = 'alice';
const principal = { subject: OWNER, scopes: new Set(['subscriptions:system']) };

/**
 * Publishing, dispatch, the queue, workers side by side, ticks, replays, erasures, resends and dead letters on a
 * simulated clock, with subscribers that answer as they are told and calls that fail as they are told.
 */
export class LawWorld {
  readonly simulation: Simulation;
  readonly subscriptions = new MemorySubscriptionStore();
  readonly topics = new MemoryTopicStore();
  readonly markers = new MemoryFanOutMarkers();
  readonly duplicateClaims = new MemoryDuplicateClaims();
  readonly numbers = memoryNumbers(new MemoryNumberBlocks());
  readonly history = new MemoryEventHistory();
  readonly unprocessable = new MemoryUnprocessableRecords();
  readonly deliveries = makeMemoryDeliveryStore();
  readonly replays = new MemoryReplayStore();
  readonly runs = new MemoryRunNumbers();
  readonly erasures = makeMemoryErasureStore();
  readonly limits = makeMemoryTargetLimits();
  readonly stream: StreamRecord[] = [];
  readonly published: Event[] = [];
  private readonly told: Event[] = [];
  readonly posts: Post[] = [];
  /** Every write of a row that was done, with the worker and its time. */
  readonly writes: { readonly row: Delivery; readonly by: Process; readonly at: number }[] = [];
  readonly deadLetters: { body: unknown; receipt: string; hiddenUntil: number }[] = [];
  /** What happened, for whoever reads a failure. */
  readonly story: string[] = [];
  /** Failures that nobody has drawn. */
  readonly unexpected: string[] = [];
  private readonly subscribers = new Map<string, Subscriber>();
  private readonly waiting: Queued[] = [];
  private busyWorkers = 0;
  private onQueue = 0;
  private sent = 0;
  private working = 0;
  private made = 0;
  private position = 0;
  private isDispatching = false;
  private ticks = 0;
  private nextTick: number;
  private ticking = 0;
  private stepsLeft: number;

  constructor(readonly scenario: Scenario) {
    this.simulation = new Simulation('2026-11-20T10:00:00.000Z', scenario.latencies, scenario.faults);
    this.nextTick = this.simulation.time + MINUTE;
    this.stepsLeft = scenario.steps.length;
    for (const [index, subscriber] of scenario.subscribers.entries()) {
      this.subscribers.set(idOf(index), subscriber);
      this.subscriptions.subscriptions.set(idOf(index), this.subscriber(index));
    }
    let at = this.simulation.time;
    for (const step of scenario.steps) {
      at += step.after * 1000;
      this.simulation.at(at, () => {
        this.stepsLeft -= 1;
        this.take(step).catch((error) => this.unexpected.push(`${JSON.stringify(step.act)}: ${error}`));
      });
    }
  }

  /** The data of what was told of deliveries that died. */
  news(): { readonly delivery_id?: string }[] {
    return this.told
      .filter(({ topic }) => topic.name === 'delivery.dead')
      .map(({ dataJson }) => JSON.parse(dataJson));
  }

  private get time(): number {
    return this.simulation.time;
  }

  private readonly now = () => this.simulation.now();

  private subscriber(index: number): Subscription {
    const { policy, subject, listensToNews } = this.scenario.subscribers[index] as Subscriber;
    const at = this.now().toISOString();
    return aSubscription({
      id: idOf(index),
      owner: OWNER,
      policy: { ...aSubscription().policy, scheduleSeconds: [5, 1000], finalStatuses: [], ...policy },
      ...(subject !== undefined && { filter: { attributes: { subject: [subject] } } }),
      ...(listensToNews && { topic: { door: 'system', name: 'delivery.dead' } }),
      ...{ createdAt: at, updatedAt: at },
    });
  }

  /** Until nothing is left to do. */
  async run(): Promise<void> {
    for (let steps = 0; steps < 60_000; steps += 1) {
      this.dispatchNext();
      await settled();
      const tickAt = this.tickWanted();
      const next = this.simulation.next();
      if (tickAt === undefined && !this.isBusy()) {
        return;
      }
      if (tickAt !== undefined && (next === undefined || tickAt <= next)) {
        this.simulation.time = Math.max(this.time, tickAt);
        this.tick();
      }
      await settled();
      await this.simulation.step();
    }
    throw new Error('the world does not come to rest');
  }

  private isBusy(): boolean {
    return (
      this.stepsLeft > 0 ||
      this.onQueue > 0 ||
      this.working > 0 ||
      this.ticking > 0 ||
      this.isDispatching ||
      this.position < this.stream.length
    );
  }

  // People

  private async take({ act }: Step): Promise<void> {
    this.tell(JSON.stringify(act));
    if (act.do === 'publish') {
      this.publish(act.subject, act.count, act.expires);
    } else if (act.do === 'erase') {
      this.made += 1;
      const identity = { id: `era_${this.made}` };
      await requestErasure(act.subject, identity, { erasures: this.erasures, now: this.now });
    } else if (act.do === 'rewind') {
      this.position = 0;
    } else {
      await this.handle(act, idOf(act.who % this.scenario.subscribers.length));
    }
  }

  private async handle(act: Extract<Step['act'], { who: number }>, id: string): Promise<void> {
    const subscription = this.subscriptions.subscriptions.get(id) as Subscription;
    const at = this.now().toISOString();
    switch (act.do) {
      case 'pause':
        await this.subscriptions.revise(subscription, { state: 'paused' }, at);
        return;
      case 'resume':
        await this.subscriptions.revise(subscription, { state: 'active' }, at);
        return;
      case 'delete':
        await this.subscriptions.changeState(subscription, {
          from: ['active', 'paused', 'disabled'],
          to: 'deleted',
          at,
        });
        return;
      case 'replay':
        await unlessRefused(startReplay(id, { from: 'start' }, principal, this, at));
        return;
      case 'subscribe_with_history':
        return this.subscribeWithHistory(act.who);
      case 'resend':
        return this.resend(id);
      case 'force':
        return this.force(id, act.which);
    }
  }

  private publish(subject: string, count: number, expires: number | undefined): void {
    const events = Array.from({ length: count }, () => {
      const expiresAt =
        expires === undefined ? undefined : new Date(this.time + expires * 1000).toISOString();
      const id = `evt_${this.published.length + 1}`;
      const event = anEvent(id, { subject, time: this.now().toISOString(), ...(expiresAt && { expiresAt }) });
      this.published.push(event);
      return event;
    });
    this.append([{ partitionKey: subject, events }]);
  }

  private append(batches: readonly EventBatch[]): void {
    for (const { partitionKey, events } of batches) {
      this.told.push(...events);
      this.stream.push({
        sequenceNumber: String(1_000_000 + this.stream.length),
        shardId: 'shardId-000000000000',
        partitionKey,
        data: encodeRecord({ v: 1, kind: 'events', events }),
        arrivedAt: this.now().toISOString(),
      });
    }
  }

  private async subscribeWithHistory(who: number): Promise<void> {
    const index = who % this.scenario.subscribers.length;
    const id = idOf(this.subscriptions.subscriptions.size);
    const made: Subscription = { ...this.subscriber(index), id, replaying: FIRST_RUN };
    this.subscribers.set(id, this.scenario.subscribers[index] as Subscriber);
    await prepareReplay(made, 'start', this);
    this.subscriptions.subscriptions.set(id, made);
  }

  private resend(id: string): void {
    const rows = this.deliveries.rows().filter((row) => row.subscriptionId === id && canBeResent(row));
    const subscription = this.subscriptions.subscriptions.get(id) as Subscription;
    this.start('resend', 29, (process) => resendPage(rows, subscription, false, this.ports(process)));
  }

  private force(id: string, which: number): void {
    const rows = this.deliveries.rows().filter((row) => row.subscriptionId === id);
    const row = rows[which % Math.max(1, rows.length)];
    if (row) {
      this.start('force', 29, (process) => {
        const ports = { ...this.ports(process), runs: this.runs };
        const options = { dryRun: false, force: true };
        return unlessRefused(resendOwnDelivery(row, options, principal, ports));
      });
    }
  }

  private start(name: string, seconds: number, work: (process: Process) => Promise<unknown>): void {
    this.working += 1;
    this.simulation.start(name, seconds, work, (ending, process) => {
      this.working -= 1;
      this.require(ending, process);
    });
  }

  // The events stream

  private dispatchNext(): void {
    if (this.isDispatching || this.position >= this.stream.length) {
      return;
    }
    const from = this.position;
    const batch = this.stream.slice(from, from + 3);
    this.isDispatching = true;
    const work = (process: Process) => {
      const remote = <Port extends object>(name: string, port: Port) =>
        this.simulation.remote(process, name, port);
      const { subscriptions, unprocessable, numbers } = this;
      return dispatchEvents(
        batch,
        {
          ...{ subscriptions, unprocessable, numbers, queue: this.queueOf(process) },
          duplicates: this.duplicateClaims,
          markers: remote('markers', this.markers),
          history: remote('history', this.history),
        },
        this.time,
      );
    };
    this.simulation.start('dispatch', WORKER_SECONDS, work, (ending, process) => {
      this.require(ending, process);
      this.isDispatching = false;
      // Whoever rewound meanwhile has moved it.
      if (ending.outcome === 'finished' && this.position === from) {
        this.position = from + batch.length;
      }
    });
  }

  // The queue and its workers

  private queueOf(process: Process) {
    return {
      send: (messages: readonly { readonly message: DeliveryMessage; readonly delaySeconds: number }[]) =>
        this.simulation.call(process, 'queue.send', async () => {
          for (const { message, delaySeconds } of messages) {
            this.enqueue(message, delaySeconds);
          }
        }),
    };
  }

  private enqueue(message: DeliveryMessage, delaySeconds: number): void {
    if (!(Number.isInteger(delaySeconds) && delaySeconds >= 0 && delaySeconds <= 900)) {
      throw new Error(`a queue refuses to hold a message back for ${delaySeconds} s`);
    }
    this.sent += 1;
    const nth = this.sent;
    const laters = this.scenario.duplicates.filter((one) => one.nth === nth).map(({ later }) => later);
    for (const later of [0, ...laters]) {
      this.show({ message, receives: 0 }, delaySeconds * 1000 + later);
    }
  }

  private show(queued: Queued, milliseconds: number): void {
    this.onQueue += 1;
    // A standard queue keeps no order.
    this.simulation.at(this.time + milliseconds + this.simulation.latency(), () => {
      this.waiting.push(queued);
      this.receive();
    });
  }

  private receive(): void {
    while (this.busyWorkers < this.scenario.workers) {
      const queued = this.waiting.shift();
      if (!queued) {
        return;
      }
      this.work(queued);
    }
  }

  private work(queued: Queued): void {
    this.busyWorkers += 1;
    queued.receives += 1;
    const { message } = queued;
    const work = async (process: Process) => {
      const ports = this.deliverPorts(process, message);
      try {
        const { outcome } = await deliverWebhook(structuredClone(message), ports);
        this.tell(`${nameOf(message)} ${outcome}`);
      } catch (error) {
        if (!(await postponeMessage(message, ports.queue))) {
          throw error;
        }
        this.tell(`${nameOf(message)} postponed: ${error}`);
        this.expectTrouble(error, process);
      }
    };
    this.simulation.start(`deliver ${nameOf(message)}`, WORKER_SECONDS, work, (ending) => {
      this.busyWorkers -= 1;
      this.onQueue -= 1;
      if (ending.outcome !== 'finished') {
        this.tell(`${nameOf(message)} ${ending.outcome}`);
        this.putBack(queued);
      }
      this.receive();
    });
  }

  private putBack(queued: Queued): void {
    if (queued.receives >= this.scenario.receives) {
      this.bury(queued.message);
    } else {
      this.show(queued, VISIBILITY);
    }
  }

  private deliverPorts(process: Process, message: DeliveryMessage) {
    const ports = this.ports(process);
    let lookedAt = this.time;
    let version = 0;
    return {
      ...ports,
      findSubscription: (reference: Parameters<typeof ports.findSubscription>[0]) => {
        lookedAt = this.time;
        return ports.findSubscription(reference);
      },
      deliveries: {
        ...ports.deliveries,
        read: async (key: Parameters<typeof ports.deliveries.read>[0]) => {
          const row = await ports.deliveries.read(key);
          version = row?.version ?? 0;
          return row;
        },
      },
      target: { post: () => this.post(process, message, () => ({ lookedAt, isClaimed: version > 0 })) },
      tokens: { read: async () => ({ failure: 'token_unavailable' as const }) },
    };
  }

  /** The subscriber has the request in any case, also when the worker dies before the answer. */
  private async post(
    process: Process,
    message: DeliveryMessage,
    looked: () => Pick<Post, 'lookedAt' | 'isClaimed'>,
  ) {
    const answer = await this.simulation
      .call(process, 'target.post', async () => {
        const answered = this.answerOf(message.subscriptionId);
        const milliseconds = this.millisecondsOf(answered, message.subscriptionId);
        const startedAt = this.time;
        const isSuccess = typeof answered === 'object' && answered.status >= 200 && answered.status < 300;
        const endedAt = startedAt + milliseconds;
        this.posts.push({ message, process, startedAt, endedAt, isSuccess, ...looked() });
        this.tell(`${nameOf(message)} posted: ${JSON.stringify(answered)}`);
        return { answered, milliseconds };
      })
      .catch(() => ({ answered: 'connection_refused' as const, milliseconds: 1 }));
    await this.simulation.wait(process, answer.milliseconds);
    const { answered, milliseconds } = answer;
    return typeof answered === 'object'
      ? { ...answered, milliseconds, answer: 'thanks' }
      : { milliseconds, failure: answered };
  }

  private answerOf(subscriptionId: string): Answer {
    const { answers } = this.subscribers.get(subscriptionId) as Subscriber;
    const before = this.posts.filter(({ message }) => message.subscriptionId === subscriptionId).length;
    return answers[Math.min(before, answers.length - 1)] ?? { status: 200, milliseconds: 10 };
  }

  private millisecondsOf(answer: Answer, subscriptionId: string): number {
    const { policy } = this.subscriptions.subscriptions.get(subscriptionId) as Subscription;
    const longest = policy.timeoutSeconds * 1000;
    return answer === 'timeout'
      ? longest
      : answer === 'connection_refused'
        ? 1
        : Math.min(answer.milliseconds, longest - 1);
  }

  // What everybody uses

  private ports(process: Process) {
    const remote = <Port extends object>(name: string, port: Port) =>
      this.simulation.remote(process, name, port);
    const store = {
      ...this.deliveries,
      write: async (row: Delivery) => {
        const result = await this.deliveries.write(row);
        if (result === 'written') {
          this.writes.push({ row: structuredClone(row), by: process, at: this.time });
        }
        return result;
      },
    };
    const subscriptions = remote('subscriptions', this.subscriptions);
    return {
      deliveries: remote('deliveries', store),
      subscriptions,
      findSubscription: ({ id }: { readonly id: string }) => subscriptions.find(id),
      history: remote('history', this.history),
      queue: this.queueOf(process),
      deadLetters: remote('deadLetters', { send: async (body: unknown) => this.bury(body) }),
      events: remote('events', { append: async (batches: readonly EventBatch[]) => this.append(batches) }),
      health: remote('health', makeMemoryTargetHealth(this.subscriptions.subscriptions)),
      ...nobodyIsAsked,
      limits: withoutWaiting(remote('limits', this.limits)),
      markers: this.markers,
      pause: (milliseconds: number) => this.simulation.wait(process, milliseconds),
      now: this.now,
      random: () => (this.simulation.latency() % 10) / 10,
    };
  }

  private bury(body: unknown): void {
    this.made += 1;
    this.deadLetters.push({ body, receipt: String(this.made), hiddenUntil: 0 });
  }

  // The schedules

  /** The next minute in which a tick has something to do: others change nothing and are left out. */
  private tickWanted(): number | undefined {
    const wanted = [
      ...this.duesWanted(),
      ...this.replaysWanted(),
      ...this.erasuresWanted(),
      ...this.lettersWanted(),
    ];
    if (wanted.length === 0) {
      return undefined;
    }
    const first = Math.max(this.nextTick, Math.min(...wanted));
    return this.nextTick + Math.ceil((first - this.nextTick) / MINUTE) * MINUTE;
  }

  private duesWanted(): number[] {
    const due = this.deliveries.rows().filter(({ state }) => state === 'pending');
    return due.flatMap(({ dueAt }) => (dueAt === undefined ? [] : [Date.parse(dueAt) - 3 * MINUTE]));
  }

  /** A replay of a paused subscription waits until somebody resumes it. */
  private replaysWanted(): number[] {
    return [...this.replays.pointers.values()].flatMap(({ subscriptionId, run }) => {
      const isPaused = this.subscriptions.subscriptions.get(subscriptionId)?.state === 'paused';
      const replay = this.replays.replays.get(`${subscriptionId}#${run}`);
      return isPaused ? [] : [replay?.phase === 'sweeping' ? Date.parse(replay.sweepAt ?? '') : this.time];
    });
  }

  private erasuresWanted(): number[] {
    return [...this.erasures.rows.values()].some(({ state }) => state === 'working') ? [this.time] : [];
  }

  private lettersWanted(): number[] {
    return this.deadLetters.flatMap(({ body, hiddenUntil }) => {
      const raw = parseDeliveryMessage(body);
      if (raw) {
        return [hiddenUntil];
      }
      const row = this.deliveries.rows().find((one) => deliveryId(one) === deliveryId(body as Delivery));
      if (row?.state !== 'dead') {
        return [hiddenUntil];
      }
      const { resendAfterMinutes } = this.scenario;
      const isOn = this.subscriptions.subscriptions.get(row.subscriptionId)?.state === 'active';
      const isOver = row.resends >= 10 || row.reason === 'gone' || row.reason === 'event_expired';
      return resendAfterMinutes === 0 || !isOn || isOver
        ? []
        : [Math.max(hiddenUntil, Date.parse(row.endedAt ?? '') + resendAfterMinutes * MINUTE)];
    });
  }

  private tick(): void {
    this.ticks += 1;
    this.nextTick = (Math.floor(this.time / MINUTE) + 1) * MINUTE;
    if (this.scenario.lostTicks.includes(this.ticks)) {
      this.tell('a tick is lost');
      return;
    }
    const deadline = new Date(this.time + 40_000);
    this.scheduled('requeue', (process) => requeueDeliveries(this.ports(process), deadline));
    this.scheduled('settle', (process) => {
      const ports = { ...this.ports(process), inbox: this.inbox() };
      return settleDeadLetters(ports, { resendAfterMinutes: this.scenario.resendAfterMinutes }, deadline);
    });
    if (this.replays.pointers.size > 0) {
      this.scheduled('replay', (process) => this.replay(process, deadline));
    }
    if (this.erasuresWanted().length > 0) {
      this.scheduled('erase', (process) => this.erase(process, deadline));
    }
  }

  private scheduled(name: string, work: (process: Process) => Promise<unknown>): void {
    this.ticking += 1;
    this.simulation.start(name, 55, work, (ending, process) => {
      this.ticking -= 1;
      this.require(ending, process);
    });
  }

  private replay(process: Process, deadline: Date): Promise<unknown> {
    const ports = this.ports(process);
    const replays = this.simulation.remote(process, 'replays', this.replays);
    const gate = this.simulation.remote(process, 'gate', memoryLiveGate(this.subscriptions));
    return replayEvents({ ...ports, replays, gate, topics: this.topics }, deadline);
  }

  private erase(process: Process, deadline: Date): Promise<unknown> {
    const { profiles } = makeMemoryVault();
    const events = this.simulation.remote(process, 'erasable', makeMemoryErasableEvents(this));
    const rule = { settleSeconds: 90, streamRetentionHours: 168, logRetentionDays: 90, hasBackups: true };
    const { deliveries, now } = this.ports(process);
    const { erasures } = this;
    const statuses = makeMemoryErasableStatuses(new Map());
    return eraseSubjects({ erasures, profiles, statuses, events, deliveries, rule, now }, deadline);
  }

  private inbox() {
    return {
      receive: async () => {
        const visible = this.deadLetters.filter(({ hiddenUntil }) => hiddenUntil <= this.time).slice(0, 10);
        for (const letter of visible) {
          letter.hiddenUntil = this.time + 5 * MINUTE;
        }
        return visible.map(({ body, receipt }) => ({ body, receipt }));
      },
      remove: async (receipt: string) => {
        const index = this.deadLetters.findIndex((letter) => letter.receipt === receipt);
        this.deadLetters.splice(index, index === -1 ? 0 : 1);
      },
    };
  }

  /** A failure that nobody has drawn is a fault of the code. */
  private require({ outcome, error }: Ending, process: Process): void {
    if (outcome !== 'finished') {
      this.tell(`${process.name} ${outcome} ${error ?? ''}`);
    }
    this.expectTrouble(outcome === 'finished' ? undefined : error, process);
  }

  private expectTrouble(error: unknown, { name, troubledAt }: Process): void {
    if (error !== undefined && troubledAt === undefined && !/another worker/.test(String(error))) {
      this.unexpected.push(`${name}: ${error}`);
    }
  }

  private tell(what: string): void {
    this.story.push(`${this.now().toISOString().slice(8, 23)} ${what}`);
  }
}

function idOf(index: number): string {
  return `sub_${String.fromCharCode(65 + index).repeat(16)}`;
}

function nameOf({ eventId, subscriptionId, run, attempt }: DeliveryMessage): string {
  return `${eventId} → ${subscriptionId.slice(-1)} run ${run} attempt ${attempt}`;
}

async function unlessRefused(work: Promise<unknown>): Promise<void> {
  await work.catch((error) => {
    if (!(error instanceof ServiceError)) {
      throw error;
    }
  });
}
