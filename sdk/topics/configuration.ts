import { MessageError } from './errors';

/** A topic as it should be. What is left out stays as it is. */
export interface TopicConfiguration {
  readonly name: string;
  /** Where the hub fetches what could not be sent. Needed where the topic is not there yet. @default that of the file */
  readonly origin_host?: string;
  /** @default that of the file */
  readonly recovery_enabled?: boolean;
}

/** A consumer as it should be, known by its topic, target and type. What is left out stays as it is. */
export interface ConsumerConfiguration {
  readonly topic: string;
  /** A URL, or the name of a topic of Google Pub/Sub. */
  readonly target: string;
  /** @default http */
  readonly type?: 'http' | 'pubsub';
  /** @default true for a new one; one that somebody has paused stays so */
  readonly active?: boolean;
  readonly seconds_timeout?: number;
  /** @default waits that grow */
  readonly seconds_retry?: number;
  readonly chunk_size?: number;
  /** `false`: a new one gets the topic's history first. @default true */
  readonly from_now?: boolean;
}

/** Topics and consumers as they should be, in the words of the hub's API. */
export interface HubConfiguration {
  /** For topics that name none of their own. */
  readonly origin_host?: string;
  readonly recovery_enabled?: boolean;
  readonly topics?: ReadonlyArray<string | TopicConfiguration>;
  readonly consumers?: readonly ConsumerConfiguration[];
}

/** The settings of `postoffice_django`, as they are; what says how to publish is read over. */
export interface PostofficeSettings {
  readonly TOPICS?: readonly string[];
  readonly CONSUMERS?: ReadonlyArray<{
    readonly topic: string;
    readonly target: string;
    readonly type: 'http' | 'pubsub';
    readonly timeout?: number;
    readonly retry?: number;
    readonly from_now?: boolean;
  }>;
  /** The path that its endpoint has there is added, unless it ends with a slash. */
  readonly ORIGIN_HOST?: string;
  readonly RECOVERY_ENABLED?: boolean;
  readonly [other: string]: unknown;
}

export interface WantedConfiguration {
  readonly topics: readonly TopicConfiguration[];
  readonly consumers: ReadonlyArray<ConsumerConfiguration & Required<Pick<ConsumerConfiguration, 'type'>>>;
}

/** Where `postoffice_django` serves what it could not send, as its own documentation mounts it. */
const DJANGO_PATH = '/postoffice/messages/';

type Check = (value: unknown) => boolean;
const text: Check = (value) => typeof value === 'string' && value.trim() !== '';
const truth: Check = (value) => typeof value === 'boolean';
const count: Check = (value) => Number.isInteger(value) && (value as number) > 0;

const topicMembers = { name: text, origin_host: text, recovery_enabled: truth };
const consumerMembers = {
  ...{ topic: text, target: text, type: (value: unknown) => value === 'http' || value === 'pubsub' },
  ...{ active: truth, seconds_timeout: count, seconds_retry: count, chunk_size: count, from_now: truth },
};
const fileMembers = {
  origin_host: text,
  recovery_enabled: truth,
  topics: Array.isArray,
  consumers: Array.isArray,
};

/**
 * @param input a {@link HubConfiguration}, or {@link PostofficeSettings}.
 * @throws MessageError `configuration_invalid` with everything that is wrong.
 */
export function readConfiguration(input: unknown): WantedConfiguration {
  const { POSTOFFICE: inner, ...outer } = isObject(input) ? input : {};
  const settings = isObject(inner) ? inner : outer;
  const isForeign = Object.keys(settings).some((name) => /^(TOPICS|CONSUMERS)$/.test(name));
  const problems: string[] = [];
  const file = isForeign ? ofSettings(settings) : settings;
  if (!isObject(input) || Object.keys(file).length === 0) {
    problems.push('expected topics or consumers');
  }
  checkMembers(file, fileMembers, [], 'the configuration', problems);
  const topics = listOf(file.topics).map((one, index) => readTopic(one, file, `topics[${index}]`, problems));
  const consumers = listOf(file.consumers).map((one, index) =>
    readConsumer(one, `consumers[${index}]`, problems),
  );
  requireDistinct(
    topics.map(({ name }) => name),
    'topic',
    problems,
  );
  requireDistinct(consumers.map(consumerName), 'consumer', problems);
  if (problems.length > 0) {
    throw new MessageError('configuration_invalid', problems.join('\n'));
  }
  return { topics, consumers };
}

/** How a consumer is named where people read. */
export function consumerName({
  topic,
  target,
  type,
}: Pick<ConsumerConfiguration, 'topic' | 'target' | 'type'>): string {
  return `${topic} → ${type === 'pubsub' ? 'pubsub ' : ''}${target}`;
}

function ofSettings({ TOPICS, CONSUMERS, ORIGIN_HOST: host, RECOVERY_ENABLED }: Record<string, unknown>) {
  const consumers = listOf(CONSUMERS).map((one) => {
    const { timeout, retry, ...rest } = isObject(one) ? one : {};
    // The original's client leaves out what is falsy.
    return {
      ...rest,
      ...(timeout ? { seconds_timeout: timeout } : {}),
      ...(retry ? { seconds_retry: retry } : {}),
    };
  });
  return {
    ...(host !== undefined && {
      origin_host: typeof host === 'string' && !host.endsWith('/') ? `${host}${DJANGO_PATH}` : host,
    }),
    ...(RECOVERY_ENABLED !== undefined && { recovery_enabled: RECOVERY_ENABLED }),
    ...(TOPICS !== undefined && { topics: TOPICS }),
    ...(CONSUMERS !== undefined && { consumers }),
  };
}

function readTopic(
  value: unknown,
  { origin_host, recovery_enabled }: Record<string, unknown>,
  place: string,
  problems: string[],
): TopicConfiguration {
  const given = typeof value === 'string' ? { name: value } : value;
  checkMembers(given, topicMembers, ['name'], place, problems);
  return {
    ...(origin_host !== undefined && { origin_host }),
    ...(recovery_enabled !== undefined && { recovery_enabled }),
    ...(given as TopicConfiguration),
  } as TopicConfiguration;
}

function readConsumer(
  value: unknown,
  place: string,
  problems: string[],
): WantedConfiguration['consumers'][number] {
  checkMembers(value, consumerMembers, ['topic', 'target'], place, problems);
  return { type: 'http', ...(value as ConsumerConfiguration) };
}

/** A name that is misspelt would be without effect for ever. */
function checkMembers(
  value: unknown,
  members: Readonly<Record<string, Check>>,
  required: readonly string[],
  place: string,
  problems: string[],
): void {
  if (!isObject(value)) {
    problems.push(`${place} must be an object`);
    return;
  }
  const missing = required.filter((name) => value[name] === undefined);
  const checkOf = (name: string) => (Object.hasOwn(members, name) ? members[name] : undefined);
  const wrong = Object.keys(value).filter((name) => !checkOf(name)?.(value[name]));
  problems.push(
    ...missing.map((name) => `${place}: "${name}" is missing`),
    ...wrong.map((name) => `${place}: "${name}" is ${checkOf(name) ? 'invalid' : 'unknown'}`),
  );
}

function requireDistinct(names: readonly string[], what: string, problems: string[]): void {
  const twice = names.filter((name, index) => names.indexOf(name) !== index);
  problems.push(...[...new Set(twice)].map((name) => `the ${what} ${name} is there twice`));
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
