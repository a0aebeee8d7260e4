import { type DynamoDBDocumentClient, paginateQuery } from '@aws-sdk/lib-dynamodb';
import type { Origin, OriginDirectory } from '../../core/messages/recovery/recover-ports';
import { batchRead } from './dynamo-batch-read';
import type { Row } from './row';
import { toTopic } from './topic-row';

/** The origins that the topics of the topics door name, by the list of all topics in the registry. */
export function makeDynamoOriginDirectory(
  client: DynamoDBDocumentClient,
  tableName: string,
): OriginDirectory {
  return {
    async enabled(): Promise<readonly Origin[]> {
      const pages = paginateQuery(
        { client },
        {
          TableName: tableName,
          KeyConditionExpression: '#partition = :partition AND begins_with(#sort, :door)',
          ExpressionAttributeNames: { '#partition': 'partition', '#sort': 'sort' },
          ExpressionAttributeValues: { ':partition': 'topics', ':door': 'topics/' },
        },
      );
      const hosts = new Set<string>();
      for await (const { Items = [] } of pages) {
        for (const { recovery } of (await readTopics(Items)).map(toTopic)) {
          if (recovery?.enabled) {
            hosts.add(recovery.originHost);
          }
        }
      }
      return [...hosts].map((originHost) => ({ originHost }));
    },
  };

  function readTopics(listed: readonly Row[]): Promise<Row[]> {
    const keys = listed.map(({ sort }) => ({ partition: `topic#${sort}`, sort: 'topic' }));
    return batchRead(client, tableName, keys);
  }
}
