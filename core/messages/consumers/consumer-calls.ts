import { ServiceError } from '../../errors';
import type { SubscriptionEditor, SubscriptionStore } from '../../topics/ports';
import type { Subscription } from '../../topics/subscriptions/subscription';
import { mintSubscriptionId } from '../../topics/subscriptions/subscription-id';
import type { CallbackSubscriptions } from '../../webhooks/callbacks/callback-subscription';
import { FIRST_RUN, type PrepareReplayPorts, prepareReplay } from '../../webhooks/replays/prepare-replay';
import type { PrivateTargets } from '../../webhooks/targets/network-guard';
import { INVALID, refuse, taken } from '../field-errors';
import { type Fields, readTopicName } from '../message';
import type {
  ConsumerIdentity,
  ConsumerSubscription,
  Directory,
  IdentityClaims,
  TopicReader,
} from '../ports';
import { type ConsumerRequest, consumerPolicy, makeConsumer, toConsumer, typeOf } from './consumer';
import { holdIdentity } from './hold-identity';
import { type ConsumerChanges, readConsumerChanges, readConsumerRequest } from './read-consumer';

export interface ConsumerCallPorts {
  readonly topics: TopicReader;
  readonly directory: Directory;
  readonly claims: IdentityClaims;
  readonly maker: CallbackSubscriptions;
  readonly subscriptions: Pick<SubscriptionStore, 'findMany' | 'changeState'> & SubscriptionEditor;
  readonly replays: PrepareReplayPorts;
  readonly privateTargets: PrivateTargets;
  /** Whether the stage publishes to Pub/Sub: where it does not, no consumer can be of that type. */
  readonly publishes: boolean;
  /** Cryptographically random. */
  readonly random: (count: number) => Uint8Array;
}

/** A number is given when nothing speaks against the consumer any more. */
const NOT_YET = 0;

/**
 * Makes a consumer: contract Postoffice, section 1.2. One that is there stays as it is. With `from_now: false` it gets
 * what the topic's history holds first.
 * @param made who makes it, and when (ISO 8601).
 * @throws RefusedFields, also for a topic that there is not, and where a consumer has that topic, target and type.
 */
export async function createConsumer(
  fields: Fields,
  made: { readonly by: string; readonly at: string },
  ports: ConsumerCallPorts,
): Promise<ConsumerSubscription> {
  const topic = readTopicName(fields);
  const found = await ports.topics.read(topic);
  if (!found) {
    throw refuse('topic', INVALID);
  }
  const request = readConsumerRequest(topic, fields, ports);
  const about = { id: mintSubscriptionId(ports.random), number: NOT_YET, owner: made.by, at: made.at };
  const consumer = makeConsumer(request, about, ports.random);
  // Every start of every subscriber makes its consumers again: that writes nothing.
  if (found.consumers.some((other) => isSame(other, consumer))) {
    throw taken('target');
  }
  return keep(consumer, request, ports);
}

async function keep(
  drawnUp: ConsumerSubscription,
  request: ConsumerRequest,
  ports: ConsumerCallPorts,
): Promise<ConsumerSubscription> {
  const id = await holdIdentity(identityOf(drawnUp), drawnUp.id, ports, drawnUp.createdAt);
  const number = await ports.directory.enter('consumers', { topic: request.topic, subscriptionId: id });
  const consumer: ConsumerSubscription = {
    ...drawnUp,
    id,
    consumer: toConsumer(number, request),
    ...(!request.fromNow && { replaying: FIRST_RUN }),
  };
  if (!request.fromNow) {
    await prepareReplay(consumer, 'start', ports.replays);
  }
  if ((await ports.maker.createOnce(consumer)) === 'already_exists') {
    await ports.directory.remove('consumers', number);
    throw taken('target');
  }
  return consumer;
}

function identityOf({ topic, target, format }: Subscription): ConsumerIdentity {
  return { topic: topic.name, target, format };
}

function isSame(one: Subscription, other: Subscription): boolean {
  return one.target === other.target && one.format === other.format;
}

/** The consumer of that number; `undefined` where there is none, or it is deleted. */
export async function findConsumer(
  number: number,
  { directory, subscriptions }: Pick<ConsumerCallPorts, 'directory' | 'subscriptions'>,
): Promise<ConsumerSubscription | undefined> {
  const entry = await directory.find('consumers', number);
  return entry && (await resolveConsumers([entry], subscriptions))[0];
}

/** A page of consumers, the oldest first. @param page.after the number that the page before ended with. */
export async function listConsumers(
  page: { readonly limit: number; readonly after?: number | undefined },
  { directory, subscriptions }: Pick<ConsumerCallPorts, 'directory' | 'subscriptions'>,
): Promise<{ readonly consumers: readonly ConsumerSubscription[]; readonly next?: number }> {
  const { entries, next } = await directory.list('consumers', page);
  const consumers = await resolveConsumers(entries, subscriptions);
  return { consumers, ...(next !== undefined && { next }) };
}

/** A page of a topic's consumers, the oldest first; none where there is no such topic. */
export async function listConsumersOf(
  topic: string,
  { limit, after = 0 }: { readonly limit: number; readonly after?: number | undefined },
  { topics }: Pick<ConsumerCallPorts, 'topics'>,
): Promise<{ readonly consumers: readonly ConsumerSubscription[]; readonly next?: number }> {
  const { consumers = [] } = (await topics.read(topic)) ?? {};
  const rest = consumers.filter(({ consumer }) => consumer.number > after).reverse();
  const page = rest.slice(0, limit);
  const last = page.at(-1)?.consumer.number;
  return { consumers: page, ...(rest.length > limit && last !== undefined && { next: last }) };
}

async function resolveConsumers(
  entries: readonly { readonly number: number; readonly topic: string; readonly subscriptionId?: string }[],
  subscriptions: Pick<SubscriptionStore, 'findMany'>,
): Promise<ConsumerSubscription[]> {
  const references = entries.map(({ topic, subscriptionId = '' }) => ({
    id: subscriptionId,
    topic: { door: 'topics', name: topic } as const,
  }));
  const found = await subscriptions.findMany(references);
  return entries.flatMap(({ number, subscriptionId = '' }) => {
    const one = found.get(subscriptionId);
    // Of two calls at the same moment both entered it, and one made it.
    return one && one.state !== 'deleted' && one.consumer?.number === number
      ? [one as ConsumerSubscription]
      : [];
  });
}

/**
 * Changes what is given, in one write. Another target is another identity.
 * @param at ISO 8601.
 * @throws ServiceError `not_found`; RefusedFields, also where a consumer has that target.
 */
export async function changeConsumer(
  number: number,
  fields: Fields,
  ports: ConsumerCallPorts,
  at: string,
): Promise<ConsumerSubscription> {
  const found = await findConsumer(number, ports);
  if (!found) {
    throw noConsumer(number);
  }
  const changes = readConsumerChanges(fields, typeOf(found), ports.privateTargets);
  const { target } = changes;
  if (target !== undefined && target !== found.target) {
    requireOwnWay(found);
    const identity = { ...identityOf(found), target };
    if ((await holdIdentity(identity, found.id, ports, at)) !== found.id) {
      throw taken('target');
    }
  }
  const sentAs = target === undefined ? undefined : found;
  const revised = await ports.subscriptions.revise(found, toRevision(found, changes), at, sentAs);
  if (!revised) {
    throw sentAs && (await findConsumer(number, ports))
      ? refuse('target', 'was changed meanwhile; try again')
      : noConsumer(number);
  }
  return revised as ConsumerSubscription;
}

/**
 * What its owner has made of a consumer is the owner's to lead elsewhere: credentials would go there, too, and a target
 * of CloudEvents has to agree first.
 */
function requireOwnWay({ format, headers, credentials }: ConsumerSubscription): void {
  const isOwn = format === 'postoffice' || format === 'pubsub';
  if (!isOwn || credentials || Object.keys(headers).length > 0) {
    throw refuse('target', 'is changed by its owner at /v1/subscriptions, where its format or headers were');
  }
}

function toRevision(found: ConsumerSubscription, changes: ConsumerChanges) {
  const { target, active } = changes;
  const { number, ...standing } = found.consumer;
  const { repeatSeconds: _, ...policy } = found.policy;
  const given = {
    ...standing,
    ...(changes.secondsTimeout !== undefined && { secondsTimeout: changes.secondsTimeout }),
    ...(changes.secondsRetry !== undefined && { secondsRetry: changes.secondsRetry }),
    ...(changes.chunkSize !== undefined && { chunkSize: changes.chunkSize }),
  };
  const isTriedOtherwise = changes.secondsTimeout !== undefined || changes.secondsRetry !== undefined;
  return {
    ...(target !== undefined && { target }),
    ...(active !== undefined && { state: active ? ('active' as const) : ('paused' as const) }),
    ...((isTriedOtherwise || changes.chunkSize !== undefined) && { consumer: toConsumer(number, given) }),
    ...(isTriedOtherwise && { policy: { ...policy, ...consumerPolicy({ ...given, type: typeOf(found) }) } }),
  };
}

/**
 * Deletes a consumer: what is under way ends as skipped, and its identity is free.
 * @param at ISO 8601.
 * @returns false where there is none.
 */
export async function deleteConsumer(number: number, ports: ConsumerCallPorts, at: string): Promise<boolean> {
  const found = await findConsumer(number, ports);
  if (!found) {
    return false;
  }
  const from = ['active', 'paused', 'disabled'] as const;
  const { moved } = await ports.subscriptions.changeState(found, { from, to: 'deleted', at });
  await ports.directory.remove('consumers', number);
  return moved;
}

export function noConsumer(number: number): ServiceError {
  return new ServiceError('not_found', `there is no publisher ${number}`);
}
