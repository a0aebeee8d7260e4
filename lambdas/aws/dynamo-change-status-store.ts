import { type DynamoDBDocumentClient, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { ChangeStatus } from '../../core/change/change';
import type { ChangeStatusStore } from '../../core/change/ports';
import { positionKey, type StreamPosition } from '../../core/stream-record';
import { ifConditionHolds } from './conditional-write';
import { batchRead } from './dynamo-batch-read';
import { MARKS_PREFIX } from './dynamo-crash-markers';
import { expiryAfter, hasExpired, type Row } from './row';

/** What the contract promises; well above the stream's own retention, so that a rewind meets every status. */
const KEPT_DAYS = 30;

/** How changes ended, on the change-statuses table. @param now epoch milliseconds. */
export function makeDynamoChangeStatusStore(
  client: DynamoDBDocumentClient,
  tableName: string,
  now: () => number = Date.now,
): ChangeStatusStore {
  return { readMany, find, record };

  async function readMany(positions: readonly StreamPosition[]): Promise<readonly ChangeStatus[]> {
    const distinct = new Map(
      positions.map((position) => [
        positionKey(position),
        { sequence_number: position.sequenceNumber, shard_id: position.shardId },
      ]),
    );
    return live(await batchRead(client, tableName, [...distinct.values()])).map(toStatus);
  }

  async function find(sequenceNumber: string): Promise<ChangeStatus | undefined> {
    const { Items } = await client.send(
      new QueryCommand({
        TableName: tableName,
        KeyConditionExpression: 'sequence_number = :sequence_number',
        ExpressionAttributeValues: { ':sequence_number': sequenceNumber },
        ConsistentRead: true,
      }),
    );
    // Several shards may use one number; the caller knows no shard, so the first is as good as any.
    const [found] = live(Items ?? []).filter(({ shard_id }) => !String(shard_id).startsWith(MARKS_PREFIX));
    return found && toStatus(found);
  }

  async function record(status: ChangeStatus): Promise<'recorded' | 'already_recorded'> {
    const command = new PutCommand({
      TableName: tableName,
      Item: { ...toRow(status), expires_at: expiryAfter(KEPT_DAYS, now()) },
      ConditionExpression: 'attribute_not_exists(sequence_number) OR expires_at <= :now',
      ExpressionAttributeValues: { ':now': Math.floor(now() / 1000) },
    });
    return (await ifConditionHolds(client.send(command))) ? 'recorded' : 'already_recorded';
  }

  function live(rows: readonly Row[]): readonly Row[] {
    return rows.filter((row) => !hasExpired(row, now()));
  }
}

function toRow(status: ChangeStatus): Row {
  return {
    sequence_number: status.sequenceNumber,
    shard_id: status.shardId,
    state: status.state,
    condition: status.condition,
    code: status.code,
    text: status.text,
    user_id: status.userId,
    accepted_at: status.acceptedAt,
    ended_at: status.endedAt,
  };
}

function toStatus(row: Row): ChangeStatus {
  const optional = {
    condition: row.condition,
    code: row.code,
    text: row.text,
    userId: row.user_id,
    acceptedAt: row.accepted_at,
  };
  return {
    sequenceNumber: row.sequence_number,
    shardId: row.shard_id,
    state: row.state,
    ...Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined)),
    endedAt: row.ended_at,
  } as ChangeStatus;
}
