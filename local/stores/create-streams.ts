import { setTimeout as pause } from 'node:timers/promises';
import { AwsError, callAws } from '../aws/call';
import type { Inventory } from '../template/inventory';
import { numberOf } from '../template/properties';
import type { Resource } from '../template/template';

/** What a stream has when nobody asks for more. */
const DEFAULT_RETENTION_HOURS = 24;

/** Creates the template's streams; those that a kept data directory has already stay as they are. */
export async function createStreams(inventory: Inventory, endpoint: string): Promise<void> {
  await Promise.all(
    inventory
      .ofType('AWS::Kinesis::Stream')
      .map((stream) => createStream(endpoint, stream, String(inventory.ref(stream.logicalId)))),
  );
}

async function createStream(endpoint: string, stream: Resource, name: string): Promise<void> {
  try {
    // On demand means "as many shards as it takes": on one machine, one.
    const shards = numberOf(stream, 'ShardCount') ?? 1;
    await callAws('kinesis', endpoint, 'CreateStream', { StreamName: name, ShardCount: shards });
  } catch (error) {
    if (!(error instanceof AwsError && error.code === 'ResourceInUseException')) {
      throw error;
    }
  }
  const { RetentionPeriodHours: kept } = await activeStream(endpoint, name);
  const wanted = numberOf(stream, 'RetentionPeriodHours') ?? DEFAULT_RETENTION_HOURS;
  if (wanted !== kept) {
    const operation = wanted > kept ? 'IncreaseStreamRetentionPeriod' : 'DecreaseStreamRetentionPeriod';
    await callAws('kinesis', endpoint, operation, { StreamName: name, RetentionPeriodHours: wanted });
  }
}

interface StreamSummary {
  readonly StreamStatus: string;
  readonly RetentionPeriodHours: number;
}

async function activeStream(endpoint: string, name: string): Promise<StreamSummary> {
  for (;;) {
    const { StreamDescriptionSummary: summary } = await callAws<{ StreamDescriptionSummary: StreamSummary }>(
      'kinesis',
      endpoint,
      'DescribeStreamSummary',
      { StreamName: name },
    );
    if (summary.StreamStatus === 'ACTIVE') {
      return summary;
    }
    await pause(5);
  }
}
