import { Duration } from 'aws-cdk-lib';
import { CfnStreamConsumer, Stream, StreamEncryption, StreamMode } from 'aws-cdk-lib/aws-kinesis';
import { CfnEventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import { Construct, type IDependable } from 'constructs';
import type { StageSettings } from '../stage';
import { removalPolicy } from './removal-policy';
import type { ServiceFunction } from './service-function';

/** A stream and the one function that reads it. */
export class RecordStream extends Construct {
  readonly streamName: string;
  readonly stream: Stream;

  constructor(
    scope: Construct,
    id: string,
    private readonly settings: StageSettings,
  ) {
    super(scope, id);
    this.stream = new Stream(this, 'Stream', {
      ...(settings.streamMode === 'on-demand'
        ? { streamMode: StreamMode.ON_DEMAND }
        : { streamMode: StreamMode.PROVISIONED, shardCount: 1 }),
      retentionPeriod: Duration.hours(settings.streamRetentionHours),
      // The AWS-managed key: needs no grants and no key policy.
      encryption: StreamEncryption.MANAGED,
      removalPolicy: removalPolicy(settings),
    });
    this.streamName = this.stream.streamName;
  }

  /** Lets the function append one record at a time. */
  grantAppend(fn: ServiceFunction): void {
    fn.allow(['kinesis:PutRecord'], this.stream.streamArn);
  }

  /** Lets the function append many records in a call. */
  grantAppendMany(fn: ServiceFunction): void {
    fn.allow(['kinesis:PutRecords'], this.stream.streamArn);
  }

  /**
   * Feeds the stream to the function, oldest record first, each for as long as the stream keeps it: a refusal
   * is consumed by the function, so what fails here is infrastructure and will pass. There are no filters:
   * they drop what is not JSON.
   * @param after what has to exist before the first record is read.
   */
  feed(fn: ServiceFunction, ...after: IDependable[]): void {
    const mapping = new CfnEventSourceMapping(fn, 'Feed', {
      functionName: fn.entry.functionArn,
      eventSourceArn: this.addReader(fn),
      startingPosition: 'TRIM_HORIZON',
      maximumRetryAttempts: -1,
      maximumRecordAgeInSeconds: -1,
      bisectBatchOnFunctionError: true,
      functionResponseTypes: ['ReportBatchItemFailures'],
      // Order holds per partition key, which is all that the laws ask for.
      parallelizationFactor: 10,
      batchSize: 100,
      maximumBatchingWindowInSeconds: 0,
    });
    mapping.node.addDependency(fn.role, ...after);
  }

  /** The ARN to read from; with enhanced fan-out the reader has its own 2 MB/s, pushed, some 70 ms late. */
  private addReader(fn: ServiceFunction): string {
    const { streamArn } = this.stream;
    fn.allow(
      [
        'kinesis:DescribeStream',
        'kinesis:DescribeStreamSummary',
        'kinesis:GetRecords',
        'kinesis:GetShardIterator',
        'kinesis:ListShards',
      ],
      streamArn,
    );
    if (!this.settings.enhancedFanOut) {
      return streamArn;
    }
    const consumer = new CfnStreamConsumer(this, 'Consumer', { consumerName: fn.stem, streamArn });
    fn.allow(['kinesis:DescribeStreamConsumer', 'kinesis:SubscribeToShard'], consumer.attrConsumerArn);
    return consumer.attrConsumerArn;
  }
}
