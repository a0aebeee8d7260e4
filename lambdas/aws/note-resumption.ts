import { type DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import { selectorText } from '../../core/events/event';
import type { SubscriptionReference } from '../../core/topics/ports';

/** The subscriptions that were resumed or deleted a moment ago. */
export const RESUMPTIONS_PARTITION = 'resumptions';

/**
 * Notes that what waits for a consumer is to be let go, before its state says so: a crash in between leaves a note of
 * nothing. Consumers are of the topics door; nothing waits for others.
 * @param at ISO 8601.
 */
export async function noteResumption(
  client: DynamoDBDocumentClient,
  tableName: string,
  { id, topic }: SubscriptionReference,
  at: string,
): Promise<void> {
  if (topic.door !== 'topics') {
    return;
  }
  const Item = { partition: RESUMPTIONS_PARTITION, sort: id, topic: selectorText(topic), noted_at: at };
  await client.send(new PutCommand({ TableName: tableName, Item }));
}
