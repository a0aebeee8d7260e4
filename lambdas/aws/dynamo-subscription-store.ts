import {
  DeleteCommand,
  type DynamoDBDocumentClient,
  GetCommand,
  paginateQuery,
  UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { parseSelector, type TopicSelector } from '../../core/events/event';
import type {
  SecretStore,
  SubscriptionChanges,
  SubscriptionEditor,
  SubscriptionReference,
  SubscriptionStore,
} from '../../core/topics/ports';
import type { SigningSecret, Subscription } from '../../core/topics/subscriptions/subscription';
import { ifConditionHolds } from './conditional-write';
import { batchRead } from './dynamo-batch-read';
import { withoutHealth } from './health-attributes';
import { noteResumption } from './note-resumption';
import { putSubscription } from './put-subscription';
import { readPage } from './registry-page';
import { expiryAfter, hasExpired, type Row } from './row';
import { toAssignments } from './subscription-assignments';
import { type Condition, ifSecretsAre, ifSent } from './subscription-conditions';
import {
  ownerPartition,
  ownerRowKey,
  type RowKey,
  referenceRowKey,
  subscriptionRowKey,
  subscriptionSortPrefix,
  topicPartition,
  toSecretAttribute,
  toSubscription,
} from './subscription-row';
import { type Assignments, buildUpdate } from './update-expression';

/** Longer than any delivery is retried, dead letters and their resends included (core/events/retention.ts). */
const TOMBSTONE_DAYS = 60;

const LIVE_STATES = ['active', 'paused', 'disabled'];

/**
 * Subscriptions on the registry table, by the keys of `lambdas/tables.ts`.
 * @param now epoch milliseconds.
 */
export function makeDynamoSubscriptionStore(
  client: DynamoDBDocumentClient,
  tableName: string,
  now: () => number = Date.now,
): SubscriptionStore & SubscriptionEditor & SecretStore {
  return { create, ofTopic, find, findMany, changeState, list, revise, replaceSecrets };

  async function create(subscription: Subscription): Promise<'created' | 'already_exists'> {
    return putSubscription(client, tableName, subscription);
  }

  async function ofTopic(topic: TopicSelector): Promise<readonly Subscription[]> {
    const pages = paginateQuery(
      { client },
      {
        TableName: tableName,
        ConsistentRead: true,
        KeyConditionExpression: '#partition = :partition AND begins_with(#sort, :prefix)',
        FilterExpression: '#state <> :deleted',
        ExpressionAttributeNames: { '#partition': 'partition', '#sort': 'sort', '#state': 'state' },
        ExpressionAttributeValues: {
          ':partition': topicPartition(topic),
          ':prefix': subscriptionSortPrefix,
          ':deleted': 'deleted',
        },
      },
    );
    const subscriptions: Subscription[] = [];
    for await (const { Items } of pages) {
      subscriptions.push(...(Items ?? []).map(toSubscription));
    }
    return subscriptions;
  }

  async function find(id: string): Promise<Subscription | undefined> {
    const reference = await read(referenceRowKey(id));
    if (!reference) {
      return undefined;
    }
    const row = await read(subscriptionRowKey({ id, topic: parseSelector(String(reference.topic)) }));
    return row && toSubscription(row);
  }

  async function read(key: RowKey): Promise<Row | undefined> {
    const { Item } = await client.send(
      new GetCommand({ TableName: tableName, Key: key, ConsistentRead: true }),
    );
    return Item && !hasExpired(Item, now()) ? Item : undefined;
  }

  async function findMany(
    references: readonly SubscriptionReference[],
  ): Promise<ReadonlyMap<string, Subscription>> {
    const unique = new Map(references.map((reference) => [reference.id, reference]));
    const rows = await batchRead(client, tableName, [...unique.values()].map(subscriptionRowKey));
    const live = rows.filter((row) => !hasExpired(row, now())).map(toSubscription);
    return new Map(live.map((subscription) => [subscription.id, subscription]));
  }

  async function changeState(
    reference: SubscriptionReference,
    { from, to, reason, at }: Parameters<SubscriptionStore['changeState']>[1],
  ): ReturnType<SubscriptionStore['changeState']> {
    if (to === 'active' || to === 'deleted') {
      await noteResumption(client, tableName, reference, at);
    }
    const row = await update(reference, from, {
      state: to,
      state_reason: reason ?? null,
      updated_at: at,
      ...((to === 'active' || to === 'deleted') && withoutHealth),
      // A tombstone signs nothing and sends nothing.
      ...(to === 'deleted' && { expires_at: tombstoneExpiry(), secrets: [], headers: {}, credentials: null }),
    });
    if (!row) {
      const found = await read(subscriptionRowKey(reference));
      return { moved: false, state: found && toSubscription(found).state };
    }
    if (to === 'deleted') {
      await unlist(toSubscription(row));
    }
    return { moved: true, state: to };
  }

  async function revise(
    reference: SubscriptionReference,
    changes: SubscriptionChanges,
    at: string,
    sentAs?: Pick<Subscription, 'target' | 'format'>,
  ): Promise<Subscription | undefined> {
    if (changes.state === 'active') {
      await noteResumption(client, tableName, reference, at);
    }
    const row = await update(reference, LIVE_STATES, toAssignments(changes, at), sentAs && ifSent(sentAs));
    return row && toSubscription(row);
  }

  async function replaceSecrets(
    reference: SubscriptionReference,
    read: readonly SigningSecret[],
    secrets: readonly SigningSecret[],
    at: string,
  ): Promise<Subscription | undefined> {
    const assignments = { updated_at: at, secrets: secrets.map(toSecretAttribute) };
    const row = await update(reference, LIVE_STATES, assignments, ifSecretsAre(read));
    return row && toSubscription(row);
  }

  /**
   * @param also a further condition.
   * @returns the row as it is now; `undefined` when it is not there or in another state.
   */
  async function update(
    reference: SubscriptionReference,
    from: readonly string[],
    assignments: Assignments,
    also: Condition = { expression: '', names: {}, values: {} },
  ): Promise<Row | undefined> {
    const states = Object.fromEntries(from.map((state, index) => [`:from${index}`, state]));
    const built = buildUpdate(assignments);
    const command = new UpdateCommand({
      TableName: tableName,
      Key: subscriptionRowKey(reference),
      UpdateExpression: built.expression,
      ConditionExpression: `#state IN (${Object.keys(states).join(', ')})${also.expression}`,
      ExpressionAttributeNames: { ...built.names, ...also.names, '#state': 'state' },
      ExpressionAttributeValues: { ...built.values, ...also.values, ...states },
      ReturnValues: 'ALL_NEW',
    });
    return (await ifConditionHolds(client.send(command)))?.Attributes;
  }

  /**
   * After the state: a crash in between leaves rows that lists skip. One of a derived id may have been made again
   * meanwhile: its reference stays.
   */
  async function unlist(subscription: Subscription): Promise<void> {
    await client.send(new DeleteCommand({ TableName: tableName, Key: ownerRowKey(subscription) }));
    const { expression, names, values } = buildUpdate({ expires_at: tombstoneExpiry() });
    const command = new UpdateCommand({
      TableName: tableName,
      Key: referenceRowKey(subscription.id),
      UpdateExpression: expression,
      ConditionExpression: '#created_at = :created_at',
      ExpressionAttributeNames: { ...names, '#created_at': 'created_at' },
      ExpressionAttributeValues: { ...values, ':created_at': subscription.createdAt },
    });
    await ifConditionHolds(client.send(command));
  }

  function tombstoneExpiry(): number {
    return expiryAfter(TOMBSTONE_DAYS, now());
  }

  async function list({ owner, limit, after, where }: Parameters<SubscriptionStore['list']>[0]) {
    const { items, ...rest } = await readPage({
      client,
      tableName,
      partition: ownerPartition(owner),
      limit,
      after,
      isFiltered: where !== undefined,
      resolve: async (rows) => {
        const listed = await findListed(rows);
        return where ? listed.map((one) => (one && where(one) ? one : undefined)) : listed;
      },
    });
    return { subscriptions: items, ...rest };
  }

  async function findListed(rows: readonly Row[]): Promise<(Subscription | undefined)[]> {
    const found = await findMany(
      rows.map((row) => ({ id: String(row.id), topic: parseSelector(String(row.topic)) })),
    );
    return rows.map((row) => {
      const subscription = found.get(String(row.id));
      // A subscription of a derived id may have been made again, or by two at a time: its own row lists it, once.
      const isListedHere = subscription?.createdAt === row.created_at && subscription?.state !== 'deleted';
      return isListedHere ? subscription : undefined;
    });
  }
}
