import { createHash } from 'node:crypto';
import { parseSelector, selectorText, type TopicSelector } from '../../core/events/event';
import type { Credentials } from '../../core/topics/credentials/credentials';
import type { EventFilter } from '../../core/topics/filters/event-filter';
import type { SubscriptionReference } from '../../core/topics/ports';
import type {
  Consumer,
  ContentMode,
  SigningSecret,
  Subscription,
} from '../../core/topics/subscriptions/subscription';
import { toConfirmation, toConfirmationAttribute } from './confirmation-attribute';
import { toHealth, toHealthAttributes } from './health-attributes';
import { toPolicy, toPolicyAttribute } from './policy-attribute';
import type { Row } from './row';

export interface RowKey extends Record<string, string> {
  readonly partition: string;
  readonly sort: string;
}

/** Partition keys end at 2048 bytes; a subject can be any text. */
const LONGEST_PLAIN_OWNER = 200;

export const subscriptionSortPrefix = 'subscription#';

export function topicPartition(topic: TopicSelector): string {
  return `topic#${selectorText(topic)}`;
}

export function subscriptionRowKey({ id, topic }: SubscriptionReference): RowKey {
  return { partition: topicPartition(topic), sort: `${subscriptionSortPrefix}${id}` };
}

/** The way from an id to its topic. */
export function referenceRowKey(id: string): RowKey {
  return { partition: `subscription#${id}`, sort: 'reference' };
}

/** The row that lists a subscription under its owner, in the order of their making. */
export function ownerRowKey({
  owner,
  createdAt,
  id,
}: Pick<Subscription, 'owner' | 'createdAt' | 'id'>): RowKey {
  return { partition: ownerPartition(owner), sort: `${createdAt}#${id}` };
}

export function ownerPartition(owner: string): string {
  const bytes = Buffer.from(owner);
  const name = bytes.length <= LONGEST_PLAIN_OWNER ? owner : createHash('sha256').update(bytes).digest('hex');
  return `owner#${name}`;
}

export function toSubscriptionRow(subscription: Subscription): Row {
  return {
    ...subscriptionRowKey(subscription),
    id: subscription.id,
    topic: selectorText(subscription.topic),
    owner: subscription.owner,
    filter: subscription.filter && toFilterAttribute(subscription.filter),
    target: subscription.target,
    format: subscription.format,
    content_mode: subscription.contentMode,
    legacy_grant: subscription.legacyGrant,
    confirmation: subscription.confirmation && toConfirmationAttribute(subscription.confirmation),
    state: subscription.state,
    state_reason: subscription.stateReason,
    policy: toPolicyAttribute(subscription.policy),
    ...toHealthAttributes(subscription.health),
    secrets: subscription.secrets.map(toSecretAttribute),
    headers: subscription.headers,
    credentials: subscription.credentials && toCredentialsAttribute(subscription.credentials),
    description: subscription.description,
    consumer: subscription.consumer && toConsumerAttribute(subscription.consumer),
    replaying: subscription.replaying,
    made_by: subscription.madeBy,
    created_at: subscription.createdAt,
    updated_at: subscription.updatedAt,
  };
}

/** As text: its keys are callers' words, which are not always names of attributes. */
export function toFilterAttribute(filter: EventFilter): string {
  return JSON.stringify(filter);
}

/** The row comes from our own store, so its shape is trusted. */
export function toSubscription(row: Row): Subscription {
  const health = toHealth(row);
  return {
    id: row.id as string,
    topic: parseSelector(row.topic as string),
    owner: row.owner as string,
    ...(row.filter !== undefined && { filter: JSON.parse(row.filter as string) as EventFilter }),
    target: row.target as string,
    format: row.format as Subscription['format'],
    ...(row.content_mode !== undefined && { contentMode: row.content_mode as ContentMode }),
    ...(row.legacy_grant !== undefined && { legacyGrant: row.legacy_grant as boolean }),
    ...(row.confirmation !== undefined && { confirmation: toConfirmation(row.confirmation as Row) }),
    state: row.state as Subscription['state'],
    ...(row.state_reason !== undefined && { stateReason: row.state_reason as string }),
    policy: toPolicy(row.policy as Row),
    ...(health && { health }),
    secrets: (row.secrets as Row[]).map(toSecret),
    headers: row.headers as Subscription['headers'],
    ...(row.credentials !== undefined && { credentials: toCredentials(row.credentials as Row) }),
    ...(row.description !== undefined && { description: row.description as string }),
    ...(row.consumer !== undefined && { consumer: toConsumer(row.consumer as Row) }),
    ...(row.replaying !== undefined && { replaying: row.replaying as number }),
    ...(row.made_by !== undefined && { madeBy: row.made_by as string }),
    createdAt: row.created_at as string,
    updatedAt: row.updated_at as string,
  };
}

export function toConsumerAttribute({ number, secondsTimeout, secondsRetry, chunkSize }: Consumer): Row {
  return {
    number,
    seconds_timeout: secondsTimeout,
    seconds_retry: secondsRetry,
    chunk_size: chunkSize,
  };
}

function toConsumer({ number, seconds_timeout, seconds_retry, chunk_size }: Row): Consumer {
  return {
    number: number as number,
    ...(seconds_timeout !== undefined && { secondsTimeout: seconds_timeout as number | null }),
    ...(seconds_retry !== undefined && { secondsRetry: seconds_retry as number }),
    ...(chunk_size !== undefined && { chunkSize: chunk_size as number }),
  };
}

export function toCredentialsAttribute(credentials: Credentials): Row {
  if (credentials.type !== 'oauth2_client_credentials') {
    return { ...credentials };
  }
  const { type, tokenUrl, clientId, clientSecret, audience, scope } = credentials;
  const secret = { client_id: clientId, client_secret: clientSecret };
  return { type, token_url: tokenUrl, ...secret, audience, scope };
}

function toCredentials(row: Row): Credentials {
  if (row.type !== 'oauth2_client_credentials') {
    return row as unknown as Credentials;
  }
  const { audience, scope } = row;
  return {
    type: row.type,
    tokenUrl: row.token_url as string,
    clientId: row.client_id as string,
    clientSecret: row.client_secret as string,
    ...(audience !== undefined && { audience: audience as string }),
    ...(scope !== undefined && { scope: scope as string }),
  };
}

export function toSecretAttribute({ secret, expiresAt, madeBy }: SigningSecret): Row {
  return {
    secret,
    ...(expiresAt !== undefined && { expires_at: expiresAt }),
    ...(madeBy && { made_by: madeBy }),
  };
}

function toSecret({ secret, expires_at, made_by }: Row): SigningSecret {
  return {
    secret: secret as string,
    ...(expires_at !== undefined && { expiresAt: expires_at as string }),
    ...(made_by !== undefined && { madeBy: made_by as NonNullable<SigningSecret['madeBy']> }),
  };
}
