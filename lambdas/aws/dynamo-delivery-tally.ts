import { type DynamoDBDocumentClient, paginateQuery } from '@aws-sdk/lib-dynamodb';
import {
  countByRun,
  type DeliveryTally,
  type TalliedRow,
} from '../../core/webhooks/deliveries/delivery-tally';
import { EVENT_SHARDS, eventPartition, eventShardOf } from './delivery-row';

/** Counts the rows of an event: the parts that may hold some, side by side, of each row its state and its run. */
export function makeDynamoDeliveryTally(client: DynamoDBDocumentClient, tableName: string): DeliveryTally {
  return {
    async tally(eventId, subscriptionIds) {
      const rows = await Promise.all(
        shardsOf(subscriptionIds).map((shard) => readRows(eventPartition(eventId, shard))),
      );
      return countByRun(rows.flat());
    },
  };

  async function readRows(partition: string): Promise<TalliedRow[]> {
    const pages = paginateQuery(
      { client },
      {
        TableName: tableName,
        ConsistentRead: true,
        KeyConditionExpression: '#partition = :partition',
        ProjectionExpression: '#state, #run',
        ExpressionAttributeNames: { '#partition': 'event_shard', '#state': 'state', '#run': 'run' },
        ExpressionAttributeValues: { ':partition': partition },
      },
    );
    const rows: TalliedRow[] = [];
    for await (const { Items = [] } of pages) {
      rows.push(...(Items as TalliedRow[]));
    }
    return rows;
  }
}

function shardsOf(subscriptionIds: readonly string[] | undefined): readonly number[] {
  return subscriptionIds
    ? [...new Set(subscriptionIds.map(eventShardOf))]
    : Array.from({ length: EVENT_SHARDS }, (_, shard) => shard);
}
