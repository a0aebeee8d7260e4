import { type DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { ErasableStatuses } from '../../core/erasure/ports';
import { ifConditionHolds } from './conditional-write';
import { scanPage } from './scan-page';

/** How changes ended, for the eraser. There is no index by user: docs/decisions/041-erasing-scans.md. */
export function makeDynamoErasableStatuses(
  client: DynamoDBDocumentClient,
  tableName: string,
): ErasableStatuses {
  return { scan, removeUser };

  async function scan(userId: string, after: string | undefined) {
    const { rows, ...page } = await scanPage(
      client,
      {
        TableName: tableName,
        FilterExpression: 'user_id = :user_id',
        ExpressionAttributeValues: { ':user_id': userId },
        ProjectionExpression: 'sequence_number, shard_id',
      },
      after,
    );
    const found = rows.map(({ sequence_number, shard_id }) => ({
      sequenceNumber: String(sequence_number),
      shardId: String(shard_id),
    }));
    return { found, ...page };
  }

  async function removeUser(
    { sequenceNumber, shardId }: Parameters<ErasableStatuses['removeUser']>[0],
    userId: string,
  ) {
    const command = new UpdateCommand({
      TableName: tableName,
      Key: { sequence_number: sequenceNumber, shard_id: shardId },
      UpdateExpression: 'REMOVE user_id, #text',
      // Never makes a row anew that has expired meanwhile.
      ConditionExpression: 'user_id = :user_id',
      ExpressionAttributeNames: { '#text': 'text' },
      ExpressionAttributeValues: { ':user_id': userId },
    });
    await ifConditionHolds(client.send(command));
  }
}
