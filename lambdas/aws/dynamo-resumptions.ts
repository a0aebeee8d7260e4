import { DeleteCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { parseSelector } from '../../core/events/event';
import type { Resumption, Resumptions } from '../../core/webhooks/holds/release-paused';
import { ifConditionHolds } from './conditional-write';
import { RESUMPTIONS_PARTITION } from './note-resumption';
import { readPartition } from './partition-rows';
import type { Row } from './row';

const NOTES_PER_PAGE = 100;

/** Notes on the registry table, for the tick that lets go what waited. */
export function makeDynamoResumptions(client: DynamoDBDocumentClient, tableName: string): Resumptions {
  return { list, forget };

  async function list(after?: string): ReturnType<Resumptions['list']> {
    const page = { limit: NOTES_PER_PAGE, after };
    const { rows, last } = await readPartition(client, tableName, RESUMPTIONS_PARTITION, page);
    return { resumptions: rows.map(toResumption), ...(last !== undefined && { next: last }) };
  }

  async function forget({ id, at }: Resumption): Promise<void> {
    const command = new DeleteCommand({
      TableName: tableName,
      Key: { partition: RESUMPTIONS_PARTITION, sort: id },
      ConditionExpression: '#noted_at = :at',
      ExpressionAttributeNames: { '#noted_at': 'noted_at' },
      ExpressionAttributeValues: { ':at': at },
    });
    await ifConditionHolds(client.send(command));
  }
}

function toResumption({ sort, topic, noted_at }: Row): Resumption {
  return { id: String(sort), topic: parseSelector(String(topic)), at: String(noted_at) };
}
