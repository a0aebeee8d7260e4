import { Duration } from 'aws-cdk-lib';
import { CfnEventSourceMapping } from 'aws-cdk-lib/aws-lambda';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import { functions } from '../../lambdas/functions';
import type { StageSettings } from '../stage';
import { removalPolicy } from './removal-policy';
import type { ServiceFunction } from './service-function';

export interface QueueWithDlqProps {
  readonly settings: StageSettings;
  /** Of the function that works the queue off. */
  readonly workerTimeoutSeconds: number;
  /** Of another queue, where whoever looks after that one looks after this one's, too. @default a queue of its own */
  readonly deadLetters?: Queue;
}

/** How a queue is fed to its function. */
export interface Feeding {
  readonly maximumConcurrency: number;
  /** @default 10 */
  readonly batchSize?: number;
  /** How long a batch may be gathered for: needed where it is more than ten messages. @default not at all */
  readonly windowSeconds?: number;
}

/** The longest that SQS keeps a message, counted from its first enqueue. */
const MAX_RETENTION_DAYS = 14;

/**
 * Receives before the queue itself buries a message. Only messages that crash the worker get there: the
 * worker buries what its subscriber refuses.
 */
const MAX_RECEIVES = 5;

/** A queue, its dead-letter queue and the one function that works the queue off. */
export class QueueWithDlq extends Construct {
  readonly queue: Queue;
  readonly deadLetters: Queue;

  constructor(
    scope: Construct,
    id: string,
    { settings, workerTimeoutSeconds, deadLetters }: QueueWithDlqProps,
  ) {
    super(scope, id);
    this.deadLetters = deadLetters ?? this.addDeadLetters(settings);
    this.queue = new Queue(this, 'Queue', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(MAX_RETENTION_DAYS),
      // Six time-outs: Lambda's own advice, so that a throttled batch is not delivered twice.
      visibilityTimeout: Duration.seconds(6 * workerTimeoutSeconds),
      deadLetterQueue: { queue: this.deadLetters, maxReceiveCount: MAX_RECEIVES },
      removalPolicy: removalPolicy(settings),
    });
  }

  private addDeadLetters(settings: StageSettings): Queue {
    return new Queue(this, 'DeadLetters', {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(MAX_RETENTION_DAYS),
      visibilityTimeout: Duration.seconds(functions['resend-dead-letters'].timeoutSeconds),
      removalPolicy: removalPolicy(settings),
    });
  }

  /** Lets the function put messages on the queue. */
  grantSend(fn: ServiceFunction): void {
    fn.allow(['sqs:SendMessage'], this.queue.queueArn);
  }

  /** Lets the function bury a message. */
  grantBury(fn: ServiceFunction): void {
    fn.allow(['sqs:SendMessage'], this.deadLetters.queueArn);
  }

  /** Lets the function read the dead-letter queue and take away what is settled. */
  grantSettle(fn: ServiceFunction): void {
    fn.allow(['sqs:ReceiveMessage', 'sqs:DeleteMessage'], this.deadLetters.queueArn);
  }

  /** Feeds the queue to the function; the mapping bounds its concurrency, reserved concurrency would lose messages. */
  feed(fn: ServiceFunction, { maximumConcurrency, batchSize = 10, windowSeconds }: Feeding): void {
    fn.allow(['sqs:ReceiveMessage', 'sqs:DeleteMessage', 'sqs:GetQueueAttributes'], this.queue.queueArn);
    const mapping = new CfnEventSourceMapping(fn, 'Feed', {
      functionName: fn.entry.functionArn,
      eventSourceArn: this.queue.queueArn,
      batchSize,
      ...(windowSeconds !== undefined && { maximumBatchingWindowInSeconds: windowSeconds }),
      functionResponseTypes: ['ReportBatchItemFailures'],
      scalingConfig: { maximumConcurrency },
    });
    mapping.node.addDependency(fn.role);
  }
}
