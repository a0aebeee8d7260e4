import { type DynamoDBDocumentClient, UpdateCommand, type UpdateCommandInput } from '@aws-sdk/lib-dynamodb';
import type { Permit, TargetLimits } from '../../core/webhooks/health/target-ports';
import { ifConditionHolds } from './conditional-write';
import { batchRead } from './dynamo-batch-read';
import { expiryAfter, type Row } from './row';

/** A write costs by the size of its row: twenty places with their leases stay below 1 kB, one write unit. */
const PLACES_PER_ROW = 20;

/** Two workers may want the same free place; beyond this the others are as good as taken. */
const MAX_TRIES = 6;

/** Bounds the memory of a container that serves many subscribers. */
const MOST_REMEMBERED = 1000;

type SlotOptions = Parameters<TargetLimits['reserveSlot']>[1];

/** Rows of limits that nobody uses any more go; they outlast every moment that can be reserved. */
const KEPT_DAYS = 5;

/**
 * Rate and cap of targets, in rows of their own beside the registry's (partition `target#<subscription id>`), because
 * every attempt writes them.
 * @param random from 0 (inclusive) to 1 (exclusive): spreads workers over the places.
 */
export function makeDynamoTargetLimits(
  client: DynamoDBDocumentClient,
  tableName: string,
  random: () => number = Math.random,
): TargetLimits {
  /** Subscription and rate → the next free moment, as this worker saw it. */
  const nextSeen = new Map<string, number>();
  return { reserveSlot, takePermit, returnPermit };

  /** One write: what this worker saw last tells whether there is a backlog, and only a change of that costs another. */
  async function reserveSlot(subscriptionId: string, options: SlotOptions): Promise<Date | 'full'> {
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const hasBacklog = (nextSeen.get(rateName(subscriptionId, options)) ?? 0) > options.now.getTime();
      const steps = hasBacklog ? [queueUp, startAnew] : [startAnew, queueUp];
      for (const step of steps) {
        const slot = await step(subscriptionId, options);
        if (slot) {
          return slot;
        }
      }
      const [row] = await batchRead(client, tableName, [rateKey(subscriptionId, options)]);
      if (((row?.next as number | undefined) ?? 0) > options.latest.getTime()) {
        return 'full';
      }
    }
    throw new Error('the rate limit of a target keeps changing while a moment is being reserved');
  }

  async function startAnew(subscriptionId: string, options: SlotOptions): Promise<Date | undefined> {
    const { ratePerSecond, now } = options;
    const row = await updateRate(subscriptionId, options, {
      UpdateExpression: 'SET #next = :after, #expires_at = :expires_at',
      ConditionExpression: 'attribute_not_exists(#next) OR #next <= :now',
      ExpressionAttributeValues: { ':after': now.getTime() + interval(ratePerSecond) },
    });
    return row && now;
  }

  async function queueUp(subscriptionId: string, options: SlotOptions): Promise<Date | undefined> {
    const { ratePerSecond, latest } = options;
    const row = await updateRate(subscriptionId, options, {
      UpdateExpression: 'SET #next = #next + :interval, #expires_at = :expires_at',
      ConditionExpression: '#next > :now AND #next <= :latest',
      ExpressionAttributeValues: { ':interval': interval(ratePerSecond), ':latest': latest.getTime() },
    });
    return row && new Date(Math.ceil((row.next as number) - interval(ratePerSecond)));
  }

  async function updateRate(
    subscriptionId: string,
    options: SlotOptions,
    expressions: Pick<
      UpdateCommandInput,
      'UpdateExpression' | 'ConditionExpression' | 'ExpressionAttributeValues'
    >,
  ): Promise<Row | undefined> {
    const at = options.now.getTime();
    const command = new UpdateCommand({
      TableName: tableName,
      Key: rateKey(subscriptionId, options),
      ExpressionAttributeNames: { '#next': 'next', '#expires_at': 'expires_at' },
      ...expressions,
      ExpressionAttributeValues: {
        ...expressions.ExpressionAttributeValues,
        ...{ ':now': at, ':expires_at': expiryAfter(KEPT_DAYS, at) },
      },
      ReturnValues: 'ALL_NEW',
    });
    const row = (await ifConditionHolds(client.send(command)))?.Attributes;
    if (row) {
      remember(rateName(subscriptionId, options), row.next as number);
    }
    return row;
  }

  /** Guesses a place first: with room left one write is enough. */
  async function takePermit(
    subscriptionId: string,
    { concurrency, leaseSeconds, now }: Parameters<TargetLimits['takePermit']>[1],
  ): Promise<Permit | undefined> {
    const leaseUntil = now.getTime() + leaseSeconds * 1000;
    let place = pick(concurrency);
    for (let tries = 0; tries < MAX_TRIES; tries += 1) {
      const permit = { subscriptionId, place, leaseUntil };
      if (await take(permit, now)) {
        return permit;
      }
      const free = await freePlaces(subscriptionId, concurrency, now);
      const next = free[pick(free.length)];
      if (next === undefined) {
        return undefined;
      }
      place = next;
    }
    return undefined;
  }

  async function take({ subscriptionId, place, leaseUntil }: Permit, now: Date): Promise<boolean> {
    const command = new UpdateCommand({
      TableName: tableName,
      Key: permitsKey(subscriptionId, place),
      UpdateExpression: 'SET #place = :lease, #expires_at = :expires_at',
      ConditionExpression: 'attribute_not_exists(#place) OR #place <= :now',
      ExpressionAttributeNames: { '#place': placeName(place), '#expires_at': 'expires_at' },
      ExpressionAttributeValues: {
        ...{ ':lease': leaseUntil, ':now': now.getTime() },
        ':expires_at': expiryAfter(KEPT_DAYS, now.getTime()),
      },
    });
    return (await ifConditionHolds(client.send(command))) !== undefined;
  }

  async function freePlaces(subscriptionId: string, concurrency: number, now: Date): Promise<number[]> {
    const firsts = Array.from(
      { length: Math.ceil(concurrency / PLACES_PER_ROW) },
      (_, index) => index * PLACES_PER_ROW,
    );
    const rows = await batchRead(
      client,
      tableName,
      firsts.map((place) => permitsKey(subscriptionId, place)),
    );
    const bySort = new Map(rows.map((row) => [row.sort, row]));
    return Array.from({ length: concurrency }, (_, place) => place).filter((place) => {
      const lease = bySort.get(permitsKey(subscriptionId, place).sort)?.[placeName(place)];
      return lease === undefined || (lease as number) <= now.getTime();
    });
  }

  async function returnPermit({ subscriptionId, place, leaseUntil }: Permit): Promise<void> {
    const command = new UpdateCommand({
      TableName: tableName,
      Key: permitsKey(subscriptionId, place),
      UpdateExpression: 'REMOVE #place',
      ConditionExpression: '#place = :lease',
      ExpressionAttributeNames: { '#place': placeName(place) },
      ExpressionAttributeValues: { ':lease': leaseUntil },
    });
    await ifConditionHolds(client.send(command));
  }

  function remember(name: string, next: number): void {
    if (nextSeen.size >= MOST_REMEMBERED) {
      nextSeen.clear();
    }
    nextSeen.set(name, next);
  }

  function pick(count: number): number {
    return Math.floor(random() * count);
  }
}

/** Milliseconds between two requests, to the microsecond. */
function interval(ratePerSecond: number): number {
  return Math.ceil(1_000_000 / ratePerSecond) / 1000;
}

/** Each rate has a backlog of its own: what was reserved at a slow one does not hold up who was given a faster one. */
function rateKey(subscriptionId: string, { ratePerSecond }: SlotOptions) {
  return { partition: `target#${subscriptionId}`, sort: `rate#${ratePerSecond}` };
}

function rateName(subscriptionId: string, { ratePerSecond }: SlotOptions): string {
  return `${subscriptionId}#${ratePerSecond}`;
}

function permitsKey(subscriptionId: string, place: number) {
  return { partition: `target#${subscriptionId}`, sort: `permits#${Math.floor(place / PLACES_PER_ROW)}` };
}

function placeName(place: number): string {
  return `place_${place % PLACES_PER_ROW}`;
}
