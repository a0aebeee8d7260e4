import type { DataJudge } from '../../core/topics/schemas/judge-data';
import { consoleLogger, quietLogger } from '../logger';
import { DeliveryLine } from './delivery-line';
import { EventError } from './errors';
import { EventSession, type SessionOptions, type SessionSnapshot } from './event-session';
import { resolveMagicName } from './magic-names';
import type { Actor } from './queued-event';
import { readSnapshot } from './read-snapshot';
import type { Sender } from './send-events';
import type { MagicCalls } from './session-types';
import { type Connection, type ConnectionOptions, type EventLogger, readConnection } from './settings';
import { readTopicTable, type Topic, type TopicTable } from './topic-table';

export interface EventClientOptions<Definitions> extends ConnectionOptions {
  /** Who publishes in sessions without a user; at least 5 characters. */
  readonly serviceName: string;
  /** The topics, as an object: a YAML text is parsed first, with a parser of your choice. */
  readonly topicDefinitions: Definitions;
  /** @default the console in local mode; otherwise the console for warnings alone */
  readonly logger?: EventLogger;
}

/** A session with the magic calls of its topics. */
export type SessionOf<Definitions, Returned> = EventSession<Definitions, Returned> &
  MagicCalls<Definitions, Returned>;

type Immediately = SessionOptions & { readonly publishImmediately: true };

/**
 * Publishes events as `bc-events` does. One per process; a session for each request or job.
 *
 * @example
 * ```ts
 * import { EventClient } from 'changewire/events';
 *
 * const client = new EventClient({
 *   serviceName: 'policies',
 *   topicDefinitions: {
 *     DefaultCategory: 'policies',
 *     Topics: [{ Entity: 'Policy', Action: 'Issued', Schema: { required: ['id'], properties: { id: { type: 'string' } } } }],
 *   },
 *   logger: { info: (message) => console.log(message), warn: console.warn },
 * });
 * const session = client.userSession('ada@example.org', 'job-7');
 * session.issuedPolicy({ id: '0' });
 * await session.flush(); // without an apiUrl, it logs
 * ```
 */
export class EventClient<const Definitions = unknown> {
  readonly serviceName: string;
  readonly logger: EventLogger;
  readonly #table: TopicTable;
  readonly #connection: Connection | undefined;
  readonly #magicNames = new Map<string, Topic>();

  /** @throws EventError `definitions_invalid` or `configuration_invalid` */
  constructor(options: EventClientOptions<Definitions>) {
    this.serviceName = options.serviceName;
    this.#connection = readConnection(options);
    this.#table = readTopicTable(options.topicDefinitions);
    this.logger = options.logger ?? (this.#connection ? quietLogger : consoleLogger);
  }

  get defaultCategory(): string | undefined {
    return this.#table.defaultCategory;
  }

  /** Topics by name. */
  get topicTable(): ReadonlyMap<string, Topic> {
    return this.#table.topics;
  }

  /** `undefined` in local mode. */
  get publishUrl(): string | undefined {
    return this.#connection?.publishUrl;
  }

  get publishBulkUrl(): string | undefined {
    return this.#connection?.publishBulkUrl;
  }

  /**
   * A session in which a user acts.
   * @param jobId what correlates all that comes of a request. @default made
   * @throws EventError `configuration_invalid`
   */
  userSession(
    userId: string,
    jobId: string | undefined,
    options: Immediately,
  ): SessionOf<Definitions, Promise<void>>;
  userSession(userId: string, jobId?: string, options?: SessionOptions): SessionOf<Definitions, void>;
  userSession(userId: string, jobId?: string, options?: SessionOptions): unknown {
    return this.#open({ id: userId, type: 'user' }, jobId, options);
  }

  /** A session in which this service acts. See {@link userSession}. */
  serviceSession(jobId: string | undefined, options: Immediately): SessionOf<Definitions, Promise<void>>;
  serviceSession(jobId?: string, options?: SessionOptions): SessionOf<Definitions, void>;
  serviceSession(jobId?: string, options?: SessionOptions): unknown {
    return this.#open({ id: this.serviceName, type: 'service' }, jobId, options);
  }

  /** A session in which this service acts as a third party. See {@link userSession}. */
  thirdPartySession(jobId: string | undefined, options: Immediately): SessionOf<Definitions, Promise<void>>;
  thirdPartySession(jobId?: string, options?: SessionOptions): SessionOf<Definitions, void>;
  thirdPartySession(jobId?: string, options?: SessionOptions): unknown {
    return this.#open({ id: this.serviceName, type: 'third-party' }, jobId, options);
  }

  /**
   * Goes on with a session that was stored as JSON, perhaps by a process that has ended: its events keep their ids.
   * @throws EventError `configuration_invalid`, or what publishing its events would throw
   */
  resumeSession(snapshot: SessionSnapshot, options: SessionOptions = {}): SessionOf<Definitions, void> {
    const { actor, jobId, events } = readSnapshot(snapshot, this);
    const session = this.#open(actor, jobId, { ...options, publishImmediately: false });
    EventSession.restore(session, events);
    return session as SessionOf<Definitions, void>;
  }

  /**
   * @param category `undefined` for the default one.
   * @throws EventError `topic_not_found`
   */
  getTopic(category: string | undefined, entity: string, action: string): Topic {
    const name = `${category ?? this.defaultCategory}.${entity}${action}`;
    const topic = this.#table.topics.get(name);
    // `a.BC` may be of entity and action cut otherwise.
    if (topic === undefined || topic.entity !== entity) {
      throw new EventError('topic_not_found', `Topic not found: ${name}; add it to the topic definitions`);
    }
    return topic;
  }

  /** @internal */
  findByMagicName(name: string): Topic | undefined {
    const topic = this.#magicNames.get(name) ?? resolveMagicName(name, this.#table);
    if (topic !== undefined) {
      this.#magicNames.set(name, topic);
    }
    return topic;
  }

  /** @internal */
  judgeOf(topic: Topic): DataJudge {
    return this.#table.judges.get(topic.name) as DataJudge;
  }

  /** @internal */
  openLine(sender: Sender): DeliveryLine {
    return new DeliveryLine(sender, this.#connection, this.logger);
  }

  #open(actor: Actor, jobId?: string, options?: SessionOptions): EventSession<Definitions> {
    return new EventSession(this, actor, jobId ?? globalThis.crypto.randomUUID(), options);
  }
}
