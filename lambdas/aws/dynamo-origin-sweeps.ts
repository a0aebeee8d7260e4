import { type DynamoDBDocumentClient, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import { EVENT_RETENTION_DAYS } from '../../core/events/retention';
import type { OriginState, OriginSweeps } from '../../core/messages/recovery/recover-ports';
import { ifConditionHolds } from './conditional-write';
import { expiryAfter, type Row } from './row';

/** Longer than dispatch knows the ids of recovered events: an epoch that begins anew meets none of them. */
const KEPT_DAYS = EVENT_RETENTION_DAYS + 7;

/** What is remembered of origins, on the registry table, by the keys of `lambdas/tables.ts`. */
export function makeDynamoOriginSweeps(client: DynamoDBDocumentClient, tableName: string): OriginSweeps {
  return { claim, release };

  async function claim(
    origin: string,
    { at, until }: Parameters<OriginSweeps['claim']>[1],
  ): Promise<OriginState | undefined> {
    const command = new UpdateCommand({
      TableName: tableName,
      Key: keyOf(origin),
      UpdateExpression: 'SET #lease = :until, #expires_at = :expiry',
      ConditionExpression: 'attribute_not_exists(#lease) OR #lease <= :at',
      ExpressionAttributeNames: { '#lease': 'lease_until', '#expires_at': 'expires_at' },
      ExpressionAttributeValues: {
        ':at': at,
        ':until': until,
        ':expiry': expiryAfter(KEPT_DAYS, Date.parse(at)),
      },
      ReturnValues: 'ALL_NEW',
    });
    const claimed = await ifConditionHolds(client.send(command));
    return claimed && toState(origin, claimed.Attributes ?? {});
  }

  /** All that a state has is written, so that what it no longer has goes. */
  async function release(state: OriginState, { until }: { readonly until: string }): Promise<void> {
    const { epoch, isSettled, failingSince, toldOf } = state;
    const [setSince, setTold] = [failingSince, toldOf].map((text) => text !== undefined);
    const command = new UpdateCommand({
      TableName: tableName,
      Key: keyOf(state.origin),
      UpdateExpression: [
        'SET #epoch = :epoch, #is_settled = :is_settled',
        setSince ? ', #failing_since = :failing_since' : '',
        setTold ? ', #told_of = :told_of' : '',
        ' REMOVE #lease',
        setSince ? '' : ', #failing_since',
        setTold ? '' : ', #told_of',
      ].join(''),
      ConditionExpression: '#lease = :until',
      ExpressionAttributeNames: {
        '#lease': 'lease_until',
        '#epoch': 'epoch',
        '#is_settled': 'is_settled',
        '#failing_since': 'failing_since',
        '#told_of': 'told_of',
      },
      ExpressionAttributeValues: {
        ':until': until,
        ':epoch': epoch,
        ':is_settled': isSettled,
        ...(setSince && { ':failing_since': failingSince }),
        ...(setTold && { ':told_of': toldOf }),
      },
    });
    await ifConditionHolds(client.send(command));
  }
}

function keyOf(origin: string): { partition: string; sort: string } {
  return { partition: `origin#${origin}`, sort: 'sweep' };
}

function toState(origin: string, row: Row): OriginState {
  return {
    origin,
    epoch: Number(row.epoch ?? 0),
    isSettled: row.is_settled === true,
    ...(row.failing_since !== undefined && { failingSince: String(row.failing_since) }),
    ...(row.told_of !== undefined && { toldOf: String(row.told_of) }),
  };
}
