import { applyConfiguration, type ConfigurationReport } from './apply-configuration';
import { type HubConfiguration, type PostofficeSettings, readConfiguration } from './configuration';
import { MessageError } from './errors';
import { askHealth, cancelAtHub, type Health } from './hub-calls';
import { HubClient } from './hub-registry';
import { type Attributes, type JsonText, makeMessage } from './message';
import { type FlushReport, MessageSender } from './message-sender';
import { type ConfigurationPlan, type Prune, planConfiguration } from './plan-configuration';
import { publishInOrder, type Store } from './publish-message';
import type { BulkResult, CancelResult, PublishResult } from './publish-result';
import { readScheduleTime, type ScheduleTime } from './schedule-time';
import { type Hub, type MessageClientOptions, readHub } from './settings';
import { inParts, partKey } from './split-bulk';

export interface PublishOptions {
  /** Yours, where a repetition of your program must not publish anew: a message is taken once under it. @default made */
  readonly idempotencyKey?: string;
  readonly signal?: AbortSignal;
}

export interface ConfigureOptions {
  /**
   * Deletes consumers of the configuration's topics that are not in it: all, or those whose target begins so. Topics are
   * never deleted. Others may have consumers of your topics: name what is yours. @default none
   */
  readonly prune?: Prune;
  readonly signal?: AbortSignal;
}

type NameOf<Topics> = keyof Topics & string;
type PayloadOf<Topics, Name extends NameOf<Topics>> = Topics[Name] | JsonText;

/**
 * Publishes messages as Postoffice's clients do, and loses none: what the hub cannot take goes into a buffer and is
 * sent again, in order of each topic. One per process.
 *
 * Calls that follow each other keep their order within a topic; calls at the same time have none.
 * @typeParam Topics the payloads by topic, for the compiler. @default any topic, any payload
 *
 * @example
 * ```ts
 * import { MemoryBuffer, MessageClient } from 'changewire/topics';
 *
 * const client = new MessageClient<{ orders: { total: number } }>({
 *   apiUrl: process.env.API_URL ?? '',
 *   buffer: new MemoryBuffer(),
 * });
 * const published = await client.publish('orders', { total: 12.5 }, { source: 'shop' });
 * await client.bulkPublish('orders', [{ total: 1 }, { total: 2 }]);
 * const later = await client.schedulePublish('orders', { total: 3 }, { inMinutes: 30 });
 * console.log(published.outcome, later.outcome, await client.cancelScheduled(later)); // accepted accepted cancelled
 * ```
 */
export class MessageClient<Topics extends object = Readonly<Record<string, unknown>>> {
  readonly #hub: Hub;
  readonly #store: Store | undefined;

  /** @throws MessageError `configuration_invalid` */
  constructor(options: MessageClientOptions) {
    this.#hub = readHub(options);
    const { buffer, whenFull = 'throw', background = true } = options;
    this.#store = buffer && { buffer, whenFull, sender: new MessageSender(this.#hub, buffer, background) };
  }

  /**
   * Publishes one message. With a buffer it resolves once the hub or the buffer has it.
   * @throws MessageError `message_invalid`; `buffer_full`, `unavailable`, `refused` or `aborted`, when neither has it
   */
  async publish<Name extends NameOf<Topics>>(
    topic: Name,
    payload: PayloadOf<Topics, Name>,
    attributes: Attributes | JsonText = {},
    { idempotencyKey = newKey(), signal }: PublishOptions = {},
  ): Promise<PublishResult> {
    const message = makeMessage({
      ...{ id: idempotencyKey, kind: 'single', topic, payloads: [payload], attributes },
    });
    return withoutCount(await publishInOrder([message], this.#hub, this.#store, signal));
  }

  /**
   * Publishes many payloads with the same attributes, in order: up to 3 000 in a call, which the hub takes whole or not
   * at all. With an `idempotencyKey` a repetition needs the same payloads.
   * @returns what has become of each call.
   * @throws MessageError as `publish` does; `failed` has what is in nobody's hands
   */
  async bulkPublish<Name extends NameOf<Topics>>(
    topic: Name,
    payloads: ReadonlyArray<PayloadOf<Topics, Name>>,
    attributes: Attributes | JsonText = {},
    { idempotencyKey = newKey(), signal }: PublishOptions = {},
  ): Promise<readonly BulkResult[]> {
    const whole = makeMessage({ id: idempotencyKey, kind: 'bulk', topic, payloads, attributes });
    const parts = inParts(whole.payloads);
    const messages = parts.map((part, index) => ({
      ...whole,
      payloads: part,
      ...(parts.length > 1 && { id: partKey(whole.id, index) }),
    }));
    return publishInOrder(messages, this.#hub, this.#store, signal);
  }

  /**
   * Publishes one message that is to be delivered later. It keeps its time while it waits in a buffer.
   * @throws MessageError as `publish` does
   */
  async schedulePublish<Name extends NameOf<Topics>>(
    topic: Name,
    payload: PayloadOf<Topics, Name>,
    time: ScheduleTime,
    attributes: Attributes | JsonText = {},
    { idempotencyKey = newKey(), signal }: PublishOptions = {},
  ): Promise<PublishResult> {
    const scheduleAt = readScheduleTime(time, Date.now());
    const message = makeMessage({
      ...{ id: idempotencyKey, kind: 'scheduled', topic, payloads: [payload], attributes, scheduleAt },
    });
    return withoutCount(await publishInOrder([message], this.#hub, this.#store, signal));
  }

  /**
   * Cancels a scheduled message, wherever it is: at the hub, or still in the buffer.
   * @param scheduled what `schedulePublish` returned, or one of the hub's ids.
   * @throws MessageError `refused`, `unavailable` or `aborted`: then it may still be delivered
   */
  async cancelScheduled(
    scheduled: PublishResult | number,
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<CancelResult> {
    if (typeof scheduled === 'number') {
      return cancelAtHub(scheduled, this.#hub, signal);
    }
    const { idempotencyKey: key, outcome } = scheduled;
    const wasKept = outcome !== 'accepted' && (await this.#store?.sender.withdraw(key));
    const ids = outcome === 'accepted' ? scheduled.ids : this.#store?.sender.sentSchedules.get(key);
    if (ids === undefined) {
      return wasKept ? 'cancelled' : 'gone';
    }
    const [id] = ids;
    if (id === undefined) {
      const reason = 'nobody listened when it was scheduled, so the hub gave no id to cancel it by';
      throw new MessageError('refused', reason);
    }
    return cancelAtHub(id, this.#hub, signal);
  }

  /** Asks the hub how it is. Does not throw, but for `aborted`. */
  async health({ signal }: { readonly signal?: AbortSignal } = {}): Promise<Health> {
    return askHealth(this.#hub, signal);
  }

  /**
   * Tries to send what waits in the buffer, each message once: the oldest first, and in a topic nothing before what
   * must come first. Without a buffer there is nothing to do.
   * @throws MessageError `aborted`; the rest still waits
   */
  async flush({ signal }: { readonly signal?: AbortSignal } = {}): Promise<FlushReport> {
    return this.#store?.sender.flush(signal) ?? { accepted: 0, refused: 0, waiting: 0 };
  }

  /**
   * Holds topics and consumers as they should be against what is there, and changes nothing.
   * @param configuration what a file holds once it is parsed, too; the settings of `postoffice_django` are understood.
   * @throws MessageError `configuration_invalid`, `refused`, `unavailable`, `reply_unreadable`, `aborted`
   */
  async planConfiguration(
    configuration: HubConfiguration | PostofficeSettings,
    { prune = false, signal }: ConfigureOptions = {},
  ): Promise<ConfigurationPlan> {
    return planConfiguration(readConfiguration(configuration), prune, new HubClient(this.#hub, signal));
  }

  /**
   * Does what a plan says. What fails is in the report, and does not keep the rest from being done.
   * @throws MessageError `configuration_invalid` when the plan has problems, and then nothing is done; `aborted`
   */
  async applyConfiguration(
    plan: ConfigurationPlan,
    { signal }: { readonly signal?: AbortSignal } = {},
  ): Promise<ConfigurationReport> {
    return applyConfiguration(plan, new HubClient(this.#hub, signal));
  }

  /**
   * Plans and applies: when it has succeeded, doing it again changes nothing.
   * @throws MessageError as both do
   *
   * @example
   * ```ts
   * import { MessageClient } from 'changewire/topics';
   *
   * const client = new MessageClient({ apiUrl: process.env.API_URL ?? '' });
   * const { steps } = await client.configure({
   *   topics: [{ name: 'orders', origin_host: 'https://shop.example.org/messages/' }],
   *   consumers: [{ topic: 'orders', target: 'https://billing.example.org/orders', from_now: false }],
   * });
   * console.log(...steps.map(({ name, outcome }) => `${name} ${outcome}`)); // orders created …
   * ```
   */
  async configure(
    configuration: HubConfiguration | PostofficeSettings,
    options: ConfigureOptions = {},
  ): Promise<ConfigurationReport> {
    return this.applyConfiguration(await this.planConfiguration(configuration, options), options);
  }

  /** Stops sending from the buffer. What waits stays there; the buffer is yours to close. */
  async close(): Promise<void> {
    await this.#store?.sender.stop();
  }
}

function newKey(): string {
  return globalThis.crypto.randomUUID();
}

/** One message is one call. */
function withoutCount([result]: readonly BulkResult[]): PublishResult {
  const { count: _, ...rest } = result as BulkResult;
  return rest;
}
