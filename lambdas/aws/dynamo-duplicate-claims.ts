import { type DynamoDBDocumentClient, GetCommand, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { DuplicateClaim, DuplicateClaims } from '../../core/events/ports';
import { ifConditionHolds } from './conditional-write';

/**
 * How long a claim outlives its end: a rewind reads records that are as old as the longest retention of the
 * stream (7 days), and must find the claim that decided about them.
 */
const KEPT_AFTER_SECONDS = 8 * 24 * 3600;

/** Claims on the events table: one conditional put per event that has a key, read back only for a duplicate. */
export function makeDynamoDuplicateClaims(
  client: DynamoDBDocumentClient,
  tableName: string,
): DuplicateClaims {
  return { claim };

  async function claim(claim: DuplicateClaim): ReturnType<DuplicateClaims['claim']> {
    if (await put(claim)) {
      return claim;
    }
    const { Item } = await client.send(
      new GetCommand({ TableName: tableName, Key: rowKey(claim), ConsistentRead: true }),
    );
    if (!Item) {
      throw new Error('the claim of a key is gone that was there a moment ago');
    }
    return {
      eventId: Item.event_id,
      winner: { sequenceNumber: Item.winning_sequence_number, shardId: Item.winning_shard_id },
    };
  }

  async function put(claim: DuplicateClaim): Promise<boolean> {
    const { eventId, winner, until, arrivedAt } = claim;
    const command = new PutCommand({
      TableName: tableName,
      Item: {
        ...rowKey(claim),
        event_id: eventId,
        winning_sequence_number: winner.sequenceNumber,
        winning_shard_id: winner.shardId,
        until,
        expires_at: Math.floor(Date.parse(until) / 1000) + KEPT_AFTER_SECONDS,
      },
      // Times in one form of ISO 8601 compare as texts.
      ConditionExpression: 'attribute_not_exists(#partition) OR #until <= :arrived_at',
      ExpressionAttributeNames: { '#partition': 'partition', '#until': 'until' },
      ExpressionAttributeValues: { ':arrived_at': arrivedAt },
    });
    return (await ifConditionHolds(client.send(command))) !== undefined;
  }
}

function rowKey({ key: { door, key } }: DuplicateClaim): { partition: string; sort: string } {
  return { partition: `dedupe#${door}#${key}`, sort: 'claim' };
}
