import { setTimeout as wait } from 'node:timers/promises';
import { BatchGetCommand, type DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { Row } from './row';

/** What one BatchGetItem takes. */
const KEYS_PER_CALL = 100;

/** The store hands keys back when a reply would pass 16 MB or it throttles; beyond this it is an outage. */
const MAX_CALLS_WITHOUT_PROGRESS = 8;

/**
 * Reads rows by their keys, consistently and in no order; what is not there is left out.
 * @param keys each once: the store refuses doubles.
 * @throws when the store throttles for longer than about ten seconds.
 */
export async function batchRead(
  client: DynamoDBDocumentClient,
  tableName: string,
  keys: readonly Row[],
): Promise<Row[]> {
  const rows: Row[] = [];
  let pending = [...keys];
  let fruitless = 0;
  while (pending.length > 0) {
    const asked = pending.slice(0, KEYS_PER_CALL);
    const { Responses, UnprocessedKeys } = await client.send(
      new BatchGetCommand({ RequestItems: { [tableName]: { Keys: asked, ConsistentRead: true } } }),
    );
    const unread = UnprocessedKeys?.[tableName]?.Keys ?? [];
    rows.push(...(Responses?.[tableName] ?? []));
    pending = [...unread, ...pending.slice(KEYS_PER_CALL)];
    fruitless = unread.length < asked.length ? 0 : fruitless + 1;
    if (fruitless >= MAX_CALLS_WITHOUT_PROGRESS) {
      throw new Error(`the store left ${pending.length} keys of ${tableName} unread after repeated calls`);
    }
    if (unread.length > 0) {
      await wait(Math.min(50 * 2 ** fruitless, 2000));
    }
  }
  return rows;
}
