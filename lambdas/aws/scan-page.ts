import { type DynamoDBDocumentClient, ScanCommand, type ScanCommandInput } from '@aws-sdk/lib-dynamodb';
import type { Row } from './row';

/**
 * One page of a whole table, 1 MB at most before the filter. Not consistent, which would cost twice: whoever scans
 * to erase looks twice.
 * @param after the place that the page before ended at.
 */
export async function scanPage(
  client: DynamoDBDocumentClient,
  input: ScanCommandInput,
  after: string | undefined,
): Promise<{ readonly rows: readonly Row[]; readonly next?: string }> {
  const { Items, LastEvaluatedKey } = await client.send(
    new ScanCommand({ ...input, ...(after !== undefined && { ExclusiveStartKey: JSON.parse(after) }) }),
  );
  return { rows: Items ?? [], ...(LastEvaluatedKey && { next: JSON.stringify(LastEvaluatedKey) }) };
}
