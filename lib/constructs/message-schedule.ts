import { Construct } from 'constructs';
import { functions } from '../../lambdas/functions';
import type { EventLog } from './event-log';
import { QueueWithDlq } from './queue-with-dlq';
import { ServiceFunction, type StageProps } from './service-function';
import { Store } from './store';
import { addTick } from './tick';

export interface MessageScheduleProps extends StageProps {
  readonly events: EventLog;
}

/** Each release is a few quick calls; many messages are due at the full hour. */
const CONCURRENCY = 20;

/** Messages that go out at a time: where they wait, and how they are released. */
export class MessageSchedule extends Construct {
  readonly requeueMessages: ServiceFunction;
  readonly releaseMessages: ServiceFunction;
  readonly releases: QueueWithDlq;
  private readonly rows: Store<'scheduled-messages'>;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: MessageScheduleProps,
  ) {
    super(scope, id);
    this.releases = new QueueWithDlq(this, 'releases-queue', {
      settings: props.settings,
      workerTimeoutSeconds: functions['release-messages'].timeoutSeconds,
    });
    this.rows = new Store(this, 'scheduled-messages', props.settings);
    this.requeueMessages = this.addRequeueMessages();
    this.releaseMessages = this.addReleaseMessages();
  }

  get tableName(): string {
    return this.rows.tableName;
  }

  /** Lets the function schedule messages, list and read them, and cancel one. */
  grantSchedule(fn: ServiceFunction): void {
    this.rows.grant(fn, 'GetItem', 'PutItem', 'UpdateItem');
    this.rows.grantQuery(fn, 'by-due');
    this.releases.grantSend(fn);
  }

  private addRequeueMessages(): ServiceFunction {
    const fn = new ServiceFunction(this, 'requeue-messages', {
      ...this.props,
      environment: {
        SCHEDULED_MESSAGES_TABLE_NAME: this.tableName,
        RELEASES_QUEUE_URL: this.releases.queue.queueUrl,
      },
    });
    this.rows.grant(fn, 'UpdateItem');
    this.rows.grantQuery(fn, 'by-due');
    this.releases.grantSend(fn);
    addTick(fn, this.props.settings);
    return fn;
  }

  private addReleaseMessages(): ServiceFunction {
    const { events } = this.props;
    const fn = new ServiceFunction(this, 'release-messages', {
      ...this.props,
      environment: {
        SCHEDULED_MESSAGES_TABLE_NAME: this.tableName,
        RELEASES_QUEUE_URL: this.releases.queue.queueUrl,
        EVENTS_STREAM_NAME: events.stream.streamName,
      },
    });
    this.rows.grant(fn, 'UpdateItem');
    events.grantAppend(fn);
    this.releases.grantSend(fn);
    this.releases.feed(fn, { maximumConcurrency: CONCURRENCY });
    return fn;
  }
}
