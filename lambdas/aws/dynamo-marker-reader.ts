import type { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import type { FanOutMarkerReader, StandingMarker } from '../../core/events/ports';
import { batchRead } from './dynamo-batch-read';
import { markerKey } from './event-rows';
import { unpackPlan } from './fan-out-plan';
import { hasExpired, type Row } from './row';

/**
 * Reads fan-out markers, many in one call.
 * @param now epoch milliseconds.
 */
export function makeDynamoMarkerReader(
  client: DynamoDBDocumentClient,
  tableName: string,
  now: () => number = Date.now,
): FanOutMarkerReader {
  return {
    async findMany(eventIds) {
      const ids = [...new Set(eventIds)];
      const rows = await batchRead(client, tableName, ids.map(markerKey));
      const live = new Map(rows.filter((row) => !hasExpired(row, now())).map((row) => [row.partition, row]));
      return new Map(
        ids.flatMap((id) => {
          const row = live.get(markerKey(id).partition);
          return row ? [[id, toStandingMarker(row)] as const] : [];
        }),
      );
    },
  };
}

function toStandingMarker(row: Row): StandingMarker {
  return {
    topic: String(row.topic),
    order: String(row.order),
    fannedOut: Number(row.fanned_out),
    plan: unpackPlan(row.plan),
    erased: row.erased === true,
  };
}
