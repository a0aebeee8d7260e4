import { PutRecordCommand } from '@aws-sdk/client-kinesis';
import { kinesisClient } from '../kinesis-client';
import { partitionKey } from '../partition-key';
import { type AwsSender, requireSize } from './aws-sender';

/** What a record takes unless its stream was set to take more; the key counts. */
const MOST_BYTES = 1024 * 1024;

/** A record has no place for headers: it is the body, ordered with the others of its subject. */
export const putOnStream: AwsSender = async ({ body, about, headers }, arn, abortSignal) => {
  const key = partitionKey(about?.subject || about?.eventId || headers['webhook-id'] || '');
  requireSize(body.byteLength + Buffer.byteLength(key), MOST_BYTES, 'Kinesis');
  const { SequenceNumber } = await kinesisClient().send(
    new PutRecordCommand({ StreamName: arn.name, PartitionKey: key, Data: body }),
    { abortSignal },
  );
  return SequenceNumber ?? '';
};
