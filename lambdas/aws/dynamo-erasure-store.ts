import { type DynamoDBDocumentClient, GetCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import type { Erasure, WorkingErasure } from '../../core/erasure/erasure';
import type { ErasureStore } from '../../core/erasure/ports';
import { tables } from '../tables';
import { ifConditionHolds } from './conditional-write';
import type { Row } from './row';

/** The one partition of the index: those at work are few. */
const OPEN = 'open';

/** Erasures on their table, by the keys of `lambdas/tables.ts`. */
export function makeDynamoErasureStore(client: DynamoDBDocumentClient, tableName: string): ErasureStore {
  return { read, write, open };

  async function read(id: string): Promise<Erasure | undefined> {
    const { Item } = await client.send(
      new GetCommand({ TableName: tableName, Key: { erasure_id: id }, ConsistentRead: true }),
    );
    return Item && toErasure(Item);
  }

  async function write(erasure: Erasure): Promise<'written' | 'conflict'> {
    const isNew = erasure.version === 1;
    const command = new PutCommand({
      TableName: tableName,
      Item: toRow(erasure),
      ConditionExpression: isNew ? 'attribute_not_exists(#version)' : '#version = :read',
      ExpressionAttributeNames: { '#version': 'version' },
      ...(!isNew && { ExpressionAttributeValues: { ':read': erasure.version - 1 } }),
    });
    return (await ifConditionHolds(client.send(command))) ? 'written' : 'conflict';
  }

  async function open(limit: number): Promise<readonly WorkingErasure[]> {
    const { Items } = await client.send(
      new QueryCommand({
        TableName: tableName,
        IndexName: 'by-open',
        KeyConditionExpression: '#open = :open',
        ExpressionAttributeNames: { '#open': tables.erasures.indexes['by-open'].partitionKey },
        ExpressionAttributeValues: { ':open': OPEN },
        Limit: limit,
      }),
    );
    const found = await Promise.all((Items ?? []).map(({ erasure_id: id }) => read(String(id))));
    // The index lags behind the rows.
    return found.filter((erasure) => erasure?.state === 'working');
  }
}

function toRow(erasure: Erasure): Row {
  const { id, subjectSha256, requestedAt, state, counts, version } = erasure;
  return {
    erasure_id: id,
    subject_sha256: subjectSha256,
    requested_at: requestedAt,
    request_digest: erasure.requestDigest,
    state,
    counts,
    version,
    ...(erasure.state === 'working'
      ? {
          open: OPEN,
          subject: erasure.subject,
          pass: erasure.pass,
          step: erasure.step,
          after: erasure.after,
          not_before: erasure.notBefore,
          lease_until: erasure.leaseUntil,
        }
      : { completed_at: erasure.completedAt, receipt: erasure.receipt }),
  };
}

/** The row comes from our own store, so its shape is trusted. */
function toErasure(row: Row): Erasure {
  const base = {
    id: row.erasure_id,
    subjectSha256: row.subject_sha256,
    requestedAt: row.requested_at,
    counts: row.counts,
    version: row.version,
    ...(row.request_digest !== undefined && { requestDigest: row.request_digest }),
  };
  const rest =
    row.state === 'completed'
      ? { state: 'completed', completedAt: row.completed_at, receipt: row.receipt }
      : {
          state: 'working',
          subject: row.subject,
          pass: row.pass,
          step: row.step,
          ...(row.after !== undefined && { after: row.after }),
          ...(row.not_before !== undefined && { notBefore: row.not_before }),
          ...(row.lease_until !== undefined && { leaseUntil: row.lease_until }),
        };
  return { ...base, ...rest } as Erasure;
}
