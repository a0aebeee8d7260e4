import { type DynamoDBDocumentClient, QueryCommand, ScanCommand } from '@aws-sdk/lib-dynamodb';
import { inParallel } from '../../core/in-parallel';
import type {
  PersonDirectory,
  PersonReader,
  PersonSummary,
  StoredPerson,
  Stretch,
} from '../../core/person/ports';
import { userIdProblem } from '../../core/person/user-id';
import { tables } from '../tables';
import { isHashedKey } from './index-key';
import { holdsProfile, toProfile } from './profile-row';
import type { Row } from './row';

/** Of the values that are too long for the index. */
const READS_AT_ONCE = 10;

/** The vault as a list. A read of it ends at `limit` rows, or at 1 MB, whichever comes first. */
export function makeDynamoPersonDirectory(
  client: DynamoDBDocumentClient,
  tableName: string,
  people: Pick<PersonReader, 'readProfile'>,
): PersonDirectory {
  return { readProfiles, readSummaries };

  /**
   * A scan, but never a whole one: its rows are those of one page. Not consistent, which would cost twice. The
   * place is the last profile's, so that it names nobody who was deleted; rows that deletions left after it are
   * read again. Only a stretch of nothing else has to go on from one of them.
   */
  async function readProfiles({
    after,
    limit,
  }: Parameters<PersonDirectory['readProfiles']>[0]): Promise<Stretch<StoredPerson>> {
    const { Items, LastEvaluatedKey } = await client.send(
      new ScanCommand({
        TableName: tableName,
        ProjectionExpression: 'user_id, profile',
        Limit: limit,
        ...(after !== undefined && { ExclusiveStartKey: { user_id: after } }),
      }),
    );
    const items = (Items ?? []).filter(holdsProfile).map((row) => ({
      userId: String(row.user_id),
      open: () => toProfile(row),
    }));
    return { items, last: LastEvaluatedKey && (items.at(-1)?.userId ?? placeOf(LastEvaluatedKey)) };
  }

  async function readSummaries({
    prefix,
    active,
    after,
    limit,
  }: Parameters<PersonDirectory['readSummaries']>[0]): Promise<Stretch<PersonSummary>> {
    const [method = ''] = prefix.split('|');
    // The store refuses an empty key, and one that is longer than any user_id.
    if (method === '' || userIdProblem(prefix) !== undefined) {
      return { items: [] };
    }
    const { partitionKey, sortKey } = tables.profiles.indexes['by-connection-method'];
    const { Items, LastEvaluatedKey } = await client.send(
      new QueryCommand({
        TableName: tableName,
        IndexName: 'by-connection-method',
        KeyConditionExpression: '#method = :method and begins_with(#user_id, :prefix)',
        ExpressionAttributeNames: {
          '#method': partitionKey,
          '#user_id': sortKey,
          ...(active !== undefined && { '#active': 'active' }),
        },
        ExpressionAttributeValues: {
          ':method': method,
          ':prefix': prefix,
          ...(active !== undefined && { ':active': active }),
        },
        ...(active !== undefined && { FilterExpression: activeFilter(active) }),
        Limit: limit,
        ...(after !== undefined && { ExclusiveStartKey: { [partitionKey]: method, [sortKey]: after } }),
      }),
    );
    const items = await inParallel(READS_AT_ONCE, Items ?? [], toSummary);
    return { items, last: placeOf(LastEvaluatedKey) };
  }

  /** A value too long for an index lies in the row alone; that takes a read, and is rare. */
  async function toSummary(row: Row): Promise<PersonSummary> {
    const user_id = String(row.user_id);
    const [uuid, primary_email] = [textOf(row.uuid), textOf(row.primary_email)];
    const active = row.active === true;
    if (![uuid, primary_email].some((key) => key !== null && isHashedKey(key))) {
      return { uuid, user_id, primary_email, active };
    }
    const profile = await people.readProfile(user_id);
    return {
      uuid: profile?.uuid.value ?? uuid,
      user_id,
      primary_email: profile?.primary_email.value ?? primary_email,
      active,
    };
  }
}

/** Who is not known to be active is inactive. */
function activeFilter(active: boolean): string {
  return active ? '#active = :active' : '#active = :active or attribute_not_exists(#active)';
}

function placeOf(key: Row | undefined): string | undefined {
  return key && String(key.user_id);
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
