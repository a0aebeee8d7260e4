import { ConditionalCheckFailedException } from '@aws-sdk/client-dynamodb';
import { type DynamoDBDocumentClient, PutCommand } from '@aws-sdk/lib-dynamodb';
import type { ProfileStore, StoredProfile, WriteResult } from '../../core/change/ports';
import { batchRead } from './dynamo-batch-read';
import { type ProfileRow, rowBytes, toProfileRow, toStoredProfile } from './profile-row';

/** DynamoDB's limit is 400 KiB for an item; the rest is room for what its own count may add. */
const MAX_ROW_BYTES = 390_000;

/**
 * A reply of a function holds 6 MB, in which JSON may take twice its size. Repetitive profiles are small in the
 * row, and would be too large for whoever reads them.
 */
const MAX_PROFILE_BYTES = 2_000_000;

/** The vault, for the integrator: one row for each user, changed by conditional puts alone. */
export function makeDynamoProfileStore(client: DynamoDBDocumentClient, tableName: string): ProfileStore {
  return { readMany, write, fits };

  async function readMany(userIds: readonly string[]): Promise<ReadonlyMap<string, StoredProfile>> {
    const keys = [...new Set(userIds)].map((user_id) => ({ user_id }));
    const rows = await batchRead(client, tableName, keys);
    return new Map(rows.map((row) => [String(row.user_id), toStoredProfile(row)]));
  }

  async function write(stored: StoredProfile, expectedVersion: number): Promise<WriteResult> {
    const row = toProfileRow(stored);
    if (isTooLarge(row, stored)) {
      return 'too_large';
    }
    try {
      await client.send(
        new PutCommand({
          TableName: tableName,
          Item: row,
          ...(expectedVersion === 0
            ? { ConditionExpression: 'attribute_not_exists(user_id)' }
            : {
                ConditionExpression: '#version = :expected',
                ExpressionAttributeNames: { '#version': 'version' },
                ExpressionAttributeValues: { ':expected': expectedVersion },
              }),
        }),
      );
      return 'written';
    } catch (error) {
      return refusal(error);
    }
  }

  function fits(stored: StoredProfile): boolean {
    return !isTooLarge(toProfileRow(stored), stored);
  }
}

function isTooLarge(row: ProfileRow, { profile }: StoredProfile): boolean {
  return (
    rowBytes(row) > MAX_ROW_BYTES ||
    (profile !== undefined && Buffer.byteLength(JSON.stringify(profile)) > MAX_PROFILE_BYTES)
  );
}

/** What the store would refuse again is an ending; the rest is an outage and is thrown. */
function refusal(error: unknown): WriteResult {
  if (error instanceof ConditionalCheckFailedException) {
    return 'version_conflict';
  }
  if (error instanceof Error && error.name === 'ValidationException') {
    return /item size/i.test(error.message) ? 'too_large' : 'refused';
  }
  throw error;
}
