import { type DynamoDBDocumentClient, GetCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type { NoticeMarks } from '../../core/webhooks/notices/notify-owner';
import { ifConditionHolds } from './conditional-write';
import { expiryAfter } from './row';

/** Longer than queues (14 days, and 14 among their dead letters) and streams can bring a notice again. */
const KEPT_DAYS = 30;

const names = { '#sent_at': 'sent_at', '#expires_at': 'expires_at' };

/** Marks of notices on the registry table, by the keys of `lambdas/tables.ts`. */
export function makeDynamoNoticeMarks(client: DynamoDBDocumentClient, tableName: string): NoticeMarks {
  return { claim, recordSent };

  async function claim(eventId: string, now: Date, until: Date): Promise<'claimed' | 'sent' | 'busy'> {
    const command = new UpdateCommand({
      TableName: tableName,
      Key: keyOf(eventId),
      UpdateExpression: 'SET #claimed_until = :until, #expires_at = :expires_at',
      ConditionExpression:
        'attribute_not_exists(#sent_at) AND (attribute_not_exists(#claimed_until) OR #claimed_until <= :now)',
      ExpressionAttributeNames: { ...names, '#claimed_until': 'claimed_until' },
      ExpressionAttributeValues: {
        ':until': until.toISOString(),
        ':now': now.toISOString(),
        ':expires_at': expiryAfter(KEPT_DAYS, now.getTime()),
      },
    });
    if (await ifConditionHolds(client.send(command))) {
      return 'claimed';
    }
    const { Item } = await client.send(
      new GetCommand({ TableName: tableName, Key: keyOf(eventId), ConsistentRead: true }),
    );
    return Item?.sent_at === undefined ? 'busy' : 'sent';
  }

  async function recordSent(eventId: string, now: Date): Promise<void> {
    await client.send(
      new UpdateCommand({
        TableName: tableName,
        Key: keyOf(eventId),
        UpdateExpression: 'SET #sent_at = :now, #expires_at = :expires_at',
        ExpressionAttributeNames: names,
        ExpressionAttributeValues: {
          ':now': now.toISOString(),
          ':expires_at': expiryAfter(KEPT_DAYS, now.getTime()),
        },
      }),
    );
  }
}

function keyOf(eventId: string) {
  return { partition: `notice#${eventId}`, sort: 'notice' };
}
