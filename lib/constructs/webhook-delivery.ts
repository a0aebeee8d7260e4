import { Construct } from 'constructs';
import { functions, type WorkerEnvironment } from '../../lambdas/functions';
import type { EventLog } from './event-log';
import { OwnTargets } from './own-targets';
import { OwnerNotices } from './owner-notices';
import { PubsubPublishing } from './pubsub-publishing';
import { QueueWithDlq } from './queue-with-dlq';
import type { Registry } from './registry';
import { ServiceFunction, type StageProps } from './service-function';
import type { StageSecrets } from './stage-secrets';
import { Store } from './store';
import { addTick } from './tick';

export interface WebhookDeliveryProps extends StageProps {
  readonly events: EventLog;
  readonly registry: Registry;
  readonly secrets: StageSecrets;
}

/** From a queued delivery to its subscriber, with retries, parking, dead letters and resends. */
export class WebhookDelivery extends Construct {
  readonly deliverWebhooks: ServiceFunction;
  readonly requeueDeliveries: ServiceFunction;
  readonly resendDeadLetters: ServiceFunction;
  readonly replayEvents: ServiceFunction;
  readonly deliveries: QueueWithDlq;
  /** What subscriptions may lead to beside URLs. */
  readonly targets: OwnTargets;
  /** Not there in a stage that publishes nowhere. */
  readonly publishing: PubsubPublishing | undefined;
  /** Not there in a stage that mails nobody. */
  readonly owners: OwnerNotices | undefined;
  private readonly rows: Store<'deliveries'>;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: WebhookDeliveryProps,
  ) {
    super(scope, id);
    this.deliveries = new QueueWithDlq(this, 'deliveries-queue', {
      settings: props.settings,
      workerTimeoutSeconds: functions['deliver-webhooks'].timeoutSeconds,
    });
    this.targets = new OwnTargets(this, 'targets', props.settings);
    this.owners = this.addOwners();
    this.rows = new Store(this, 'deliveries', props.settings);
    this.publishing = this.addPublishing();
    this.deliverWebhooks = this.addDeliverWebhooks();
    this.requeueDeliveries = this.addRequeueDeliveries();
    this.resendDeadLetters = this.addResendDeadLetters();
    this.replayEvents = this.addReplayEvents();
  }

  get tableName(): string {
    return this.rows.tableName;
  }

  /** Lets the function list deliveries and send dead letters again. */
  grantManage(fn: ServiceFunction): void {
    this.rows.grant(fn, 'GetItem', 'BatchGetItem', 'PutItem', 'Query');
    this.rows.grantQuery(fn, 'by-subscription', 'by-dead');
    this.deliveries.grantSend(fn);
  }

  /** Lets the function end deliveries as erased. */
  grantErase(fn: ServiceFunction): void {
    this.rows.grant(fn, 'GetItem', 'PutItem', 'Query');
  }

  /** Lets the function count the deliveries of an event. */
  grantTally(fn: ServiceFunction): void {
    this.rows.grant(fn, 'Query');
  }

  /** Lets the function walk through the dead letters and send them again. */
  grantResend(fn: ServiceFunction): void {
    this.rows.grant(fn, 'BatchGetItem', 'PutItem');
    this.rows.grantQuery(fn, 'by-dead');
    this.deliveries.grantSend(fn);
  }

  private addOwners(): OwnerNotices | undefined {
    const { notifyFrom } = this.props.settings;
    return notifyFrom === undefined
      ? undefined
      : new OwnerNotices(this, 'owners', { ...this.props, notifyFrom });
  }

  private addPublishing(): PubsubPublishing | undefined {
    const { pubsub } = this.props.settings;
    if (pubsub === undefined) {
      return undefined;
    }
    const publishing = new PubsubPublishing(this, 'publishing', {
      ...this.props,
      pubsub,
      deliveries: this.deliveries,
      environment: this.workerEnvironment(),
    });
    this.grantWork(publishing.publishDeliveries);
    return publishing;
  }

  /** What every worker that makes attempts reads and writes. */
  private workerEnvironment(): WorkerEnvironment {
    const { events, registry } = this.props;
    return {
      REGISTRY_TABLE_NAME: registry.tableName,
      EVENTS_TABLE_NAME: events.history.tableName,
      DELIVERIES_TABLE_NAME: this.rows.tableName,
      DEAD_LETTER_QUEUE_URL: this.deliveries.deadLetters.queueUrl,
      EVENTS_STREAM_NAME: events.stream.streamName,
      NOTICES_QUEUE_URL: this.owners?.notices.queue.queueUrl ?? '',
    };
  }

  private grantWork(fn: ServiceFunction): void {
    const { events, registry } = this.props;
    registry.grantDeliver(fn);
    this.rows.grant(fn, 'GetItem', 'PutItem');
    events.grantRead(fn);
    events.grantAppend(fn);
    this.deliveries.grantBury(fn);
    this.owners?.notices.grantSend(fn);
  }

  private addDeliverWebhooks(): ServiceFunction {
    const { settings } = this.props;
    const fn = new ServiceFunction(this, 'deliver-webhooks', {
      ...this.props,
      environment: {
        ...this.workerEnvironment(),
        DELIVERIES_QUEUE_URL: this.deliveries.queue.queueUrl,
        PUBLISH_QUEUE_URL: this.publishing?.queue.queue.queueUrl ?? '',
        ALLOW_PRIVATE_TARGETS: JSON.stringify(settings.allowPrivateTargets),
        FORWARD_PROXY: settings.forwardProxy ?? '',
        TARGET_ARNS: this.targets.environment,
      },
    });
    this.grantWork(fn);
    this.deliveries.grantSend(fn);
    this.publishing?.queue.grantSend(fn);
    this.targets.grant(fn);
    this.deliveries.feed(fn, { maximumConcurrency: settings.deliveryConcurrency });
    return fn;
  }

  private addRequeueDeliveries(): ServiceFunction {
    const fn = new ServiceFunction(this, 'requeue-deliveries', {
      ...this.props,
      environment: {
        REGISTRY_TABLE_NAME: this.props.registry.tableName,
        DELIVERIES_TABLE_NAME: this.rows.tableName,
        DELIVERIES_QUEUE_URL: this.deliveries.queue.queueUrl,
      },
    });
    this.rows.grant(fn, 'BatchGetItem', 'PutItem');
    this.rows.grantQuery(fn, 'by-due', 'by-dead');
    this.props.registry.grantRelease(fn);
    this.deliveries.grantSend(fn);
    addTick(fn, this.props.settings);
    return fn;
  }

  private addResendDeadLetters(): ServiceFunction {
    const { settings, events, registry } = this.props;
    const fn = new ServiceFunction(this, 'resend-dead-letters', {
      ...this.props,
      environment: {
        REGISTRY_TABLE_NAME: registry.tableName,
        DELIVERIES_TABLE_NAME: this.rows.tableName,
        DELIVERIES_QUEUE_URL: this.deliveries.queue.queueUrl,
        DEAD_LETTER_QUEUE_URL: this.deliveries.deadLetters.queueUrl,
        EVENTS_STREAM_NAME: events.stream.streamName,
        RESEND_DEAD_LETTERS_AFTER_MINUTES: String(settings.resendDeadLettersAfterMinutes),
      },
    });
    registry.grantLookUp(fn);
    this.rows.grant(fn, 'GetItem', 'PutItem');
    events.grantAppend(fn);
    this.deliveries.grantSend(fn);
    // What crashed the worker is replaced by a pointer to its row.
    this.deliveries.grantBury(fn);
    this.deliveries.grantSettle(fn);
    addTick(fn, this.props.settings);
    return fn;
  }

  private addReplayEvents(): ServiceFunction {
    const { events, registry } = this.props;
    const fn = new ServiceFunction(this, 'replay-events', {
      ...this.props,
      environment: {
        REGISTRY_TABLE_NAME: registry.tableName,
        EVENTS_TABLE_NAME: events.history.tableName,
        DELIVERIES_TABLE_NAME: this.rows.tableName,
        DELIVERIES_QUEUE_URL: this.deliveries.queue.queueUrl,
      },
    });
    registry.grantReplay(fn);
    events.grantReplay(fn);
    this.rows.grant(fn, 'GetItem');
    this.deliveries.grantSend(fn);
    addTick(fn, this.props.settings);
    return fn;
  }
}
