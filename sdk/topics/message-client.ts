import { callOnce } from '../call-once';
import { parseObject, saidIn } from './answers';
import { MessageError } from './errors';
import { type Attributes, type JsonText, makeMessage } from './message';
import { type FlushReport, MessageSender } from './message-sender';
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

/** Whether the hub can take messages. */
export type Health = { readonly status: 'ok' } | { readonly status: 'failed'; readonly reason: string };

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
      return this.#cancelAtHub(scheduled, signal);
    }
    const { idempotencyKey: key, outcome } = scheduled;
    const wasKept = outcome !== 'accepted' && (await this.#store?.sender.withdraw(key));
    const [id] = outcome === 'accepted' ? scheduled.ids : (this.#store?.sender.sentSchedules.get(key) ?? []);
    return id === undefined ? (wasKept ? 'cancelled' : 'gone') : this.#cancelAtHub(id, signal);
  }

  /** Asks the hub how it is. Does not throw, but for `aborted`. */
  async health({ signal }: { readonly signal?: AbortSignal } = {}): Promise<Health> {
    const end = await this.#call('GET', '/api/health/', signal);
    if (end.outcome === 'failed') {
      return { status: 'failed', reason: `the hub ${end.reason}` };
    }
    const { status } = end.response;
    return status === 200 && parseObject(end.text)?.status === 'ok'
      ? { status: 'ok' }
      : { status: 'failed', reason: `the hub answered ${status} to the question how it is` };
  }

  /**
   * Tries to send what waits in the buffer, each message once: the oldest first, and in a topic nothing before what
   * must come first. Without a buffer there is nothing to do.
   * @throws MessageError `aborted`; the rest still waits
   */
  async flush({ signal }: { readonly signal?: AbortSignal } = {}): Promise<FlushReport> {
    return this.#store?.sender.flush(signal) ?? { accepted: 0, refused: 0, waiting: 0 };
  }

  /** Stops sending from the buffer. What waits stays there; the buffer is yours to close. */
  async close(): Promise<void> {
    await this.#store?.sender.stop();
  }

  async #cancelAtHub(id: number, signal: AbortSignal | undefined): Promise<CancelResult> {
    const end = await this.#call('DELETE', `/api/schedule_messages/${id}`, signal);
    if (end.outcome === 'failed') {
      throw new MessageError('unavailable', `the hub ${end.reason}`, { cause: end.cause });
    }
    const { status } = end.response;
    if (status >= 200 && status < 300) {
      return 'cancelled';
    }
    if (status === 404 || status === 410) {
      return 'gone';
    }
    const said = saidIn(parseObject(end.text));
    const code = status >= 500 || status === 429 ? 'unavailable' : 'refused';
    throw new MessageError(code, `the hub answered ${status}${said && `: ${said}`}`, { status });
  }

  async #call(method: 'GET' | 'DELETE', path: string, signal: AbortSignal | undefined) {
    const { baseUrl, retry } = this.#hub;
    const call = { method, url: `${baseUrl}${path}`, timeoutMs: retry.timeoutMs, signal };
    const end = await callOnce(this.#hub, call);
    if (end.outcome === 'aborted') {
      throw new MessageError('aborted', 'the call was stopped by its signal', { cause: end.cause });
    }
    return end;
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
