import { inParallel } from '../../core/in-parallel';
import {
  type ConsumerConfiguration,
  consumerName,
  type TopicConfiguration,
  type WantedConfiguration,
} from './configuration';
import type { HubClient, Registered } from './hub-registry';

/** Which consumers that are not in the configuration are to be deleted: of its topics, those with such targets. */
export type Prune = boolean | { readonly targetsFrom: string };

/** What one topic or consumer needs to be as it should. */
export interface PlannedStep {
  readonly kind: 'topic' | 'consumer';
  /** `orders`, or `orders → https://example.org/orders`. */
  readonly name: string;
  readonly act: 'create' | 'change' | 'unchanged' | 'delete';
  /** Of a change: by member, what it is and what it should be. */
  readonly changes?: Readonly<Record<string, { readonly from: unknown; readonly to: unknown }>>;
  /** Why it cannot be done: then nothing is. */
  readonly problem?: string;
  /** The hub's, where it is there. */
  readonly id?: number;
  readonly wanted?: TopicConfiguration | ConsumerConfiguration;
}

/** Topics come first, then consumers, then what is to be deleted. */
export interface ConfigurationPlan {
  readonly steps: readonly PlannedStep[];
}

const CALLS_AT_A_TIME = 8;

const changeable = {
  topic: ['origin_host', 'recovery_enabled'],
  consumer: ['active', 'seconds_timeout', 'seconds_retry', 'chunk_size'],
} as const;

/** Holds what should be against what is. @throws MessageError */
export async function planConfiguration(
  { topics, consumers }: WantedConfiguration,
  prune: Prune,
  hub: HubClient,
): Promise<ConfigurationPlan> {
  const there = await hub.list('/api/topics');
  const isThere = (name: string) => there.some((topic) => topic.name === name);
  const mentioned = new Set([...topics.map(({ name }) => name), ...consumers.map(({ topic }) => topic)]);
  const lists = await inParallel(CALLS_AT_A_TIME, [...mentioned].filter(isThere), (topic) =>
    hub.list('/api/publishers', { topic }),
  );
  const found = lists.flat();
  const made = (name: string) => isThere(name) || topics.some((topic) => topic.name === name);
  return {
    steps: [
      ...topics.map((wanted) => planTopic(wanted, there)),
      ...consumers.map((wanted) => planConsumer(wanted, found, made(wanted.topic))),
      ...found.filter((one) => isPruned(one, consumers, prune)).map(toDeletion),
    ],
  };
}

function planTopic(wanted: TopicConfiguration, there: readonly Registered[]): PlannedStep {
  const found = there.find(({ name }) => name === wanted.name);
  const problem =
    found === undefined && wanted.origin_host === undefined
      ? 'it is to be made, and "origin_host" is missing'
      : undefined;
  return { ...stepOf('topic', wanted.name, wanted, found), ...(problem && { problem }) };
}

function planConsumer(
  wanted: WantedConfiguration['consumers'][number],
  found: readonly Registered[],
  hasTopic: boolean,
): PlannedStep {
  const step = stepOf(
    'consumer',
    consumerName(wanted),
    wanted,
    found.find((one) => isSame(one, wanted)),
  );
  return hasTopic
    ? step
    : { ...step, problem: `the topic ${wanted.topic} is not there, and not in the configuration` };
}

/** What to do about one that was found, or not. */
export function stepOf(
  kind: PlannedStep['kind'],
  name: string,
  wanted: TopicConfiguration | ConsumerConfiguration,
  found: Registered | undefined,
): PlannedStep {
  if (found === undefined) {
    return { kind, name, act: 'create', wanted };
  }
  const said = wanted as unknown as Readonly<Record<string, unknown>>;
  const changes = Object.fromEntries(
    changeable[kind]
      .filter((member) => said[member] !== undefined && said[member] !== found[member])
      .map((member) => [member, { from: found[member] ?? null, to: said[member] }]),
  );
  const isChanged = Object.keys(changes).length > 0;
  return {
    ...{ kind, name, act: isChanged ? 'change' : 'unchanged', id: found.id, wanted },
    ...(isChanged && { changes }),
  };
}

/** A consumer is known by three members; the others may change. */
export function isSame(found: Registered, { topic, target, type }: ConsumerConfiguration): boolean {
  return found.topic === topic && found.target === target && found.type === type;
}

function isPruned(found: Registered, wanted: WantedConfiguration['consumers'], prune: Prune): boolean {
  const from = typeof prune === 'object' ? prune.targetsFrom : '';
  return (
    prune !== false &&
    String(found.target).startsWith(from) &&
    !wanted.some((consumer) => isSame(found, consumer))
  );
}

function toDeletion(found: Registered): PlannedStep {
  const name = consumerName(found as unknown as ConsumerConfiguration);
  return { kind: 'consumer', name, act: 'delete', id: found.id };
}
