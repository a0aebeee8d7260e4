import { type DynamoDBDocumentClient, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { Row } from './row';

/**
 * Reads rows of a partition of the registry in the order of their sort keys. Consistent.
 * @param page.after the sort key behind which it begins.
 * @returns `last` to go on from; `undefined` at the end.
 */
export async function readPartition(
  client: DynamoDBDocumentClient,
  tableName: string,
  partition: string,
  { limit, after }: { readonly limit: number; readonly after: string | undefined },
): Promise<{ readonly rows: readonly Row[]; readonly last: string | undefined }> {
  const { Items, LastEvaluatedKey } = await client.send(
    new QueryCommand({
      TableName: tableName,
      ConsistentRead: true,
      KeyConditionExpression: '#partition = :partition',
      ExpressionAttributeNames: { '#partition': 'partition' },
      ExpressionAttributeValues: { ':partition': partition },
      Limit: limit,
      ...(after !== undefined && { ExclusiveStartKey: { partition, sort: after } }),
    }),
  );
  return { rows: Items ?? [], last: LastEvaluatedKey?.sort as string | undefined };
}
