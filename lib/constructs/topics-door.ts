import { Construct } from 'constructs';
import type { EventLog } from './event-log';
import type { MessageSchedule } from './message-schedule';
import type { Registry } from './registry';
import { ServiceFunction, type StageProps } from './service-function';
import { tokenEnvironment } from './token-environment';

export interface TopicsDoorProps extends StageProps {
  readonly registry: Registry;
  readonly events: EventLog;
  readonly schedule: MessageSchedule;
}

/** What Postoffice's client calls. */
export class TopicsDoor extends Construct {
  readonly manageConsumers: ServiceFunction;
  readonly acceptMessages: ServiceFunction;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: TopicsDoorProps,
  ) {
    super(scope, id);
    this.manageConsumers = this.addManageConsumers();
    this.acceptMessages = this.addAcceptMessages();
  }

  /** The functions that answer HTTP. */
  get doors(): readonly ServiceFunction[] {
    return [this.manageConsumers, this.acceptMessages];
  }

  private addManageConsumers(): ServiceFunction {
    const { settings, registry } = this.props;
    const fn = new ServiceFunction(this, 'manage-consumers', {
      ...this.props,
      environment: {
        ...tokenEnvironment(settings),
        REGISTRY_TABLE_NAME: registry.tableName,
        REQUIRE_AUTH: String(settings.requireAuth.topics),
        ALLOW_PRIVATE_TARGETS: JSON.stringify(settings.allowPrivateTargets),
        PUBLISHES: String(settings.pubsub !== undefined),
      },
    });
    registry.grantManageConsumers(fn);
    return fn;
  }

  private addAcceptMessages(): ServiceFunction {
    const { settings, registry, events, schedule } = this.props;
    const fn = new ServiceFunction(this, 'accept-messages', {
      ...this.props,
      environment: {
        ...tokenEnvironment(settings),
        REGISTRY_TABLE_NAME: registry.tableName,
        EVENTS_STREAM_NAME: events.stream.streamName,
        REQUIRE_AUTH: String(settings.requireAuth.topics),
        MAX_BULK_MESSAGES: String(settings.maxBulkMessages),
        SCHEDULED_MESSAGES_TABLE_NAME: schedule.tableName,
        RELEASES_QUEUE_URL: schedule.releases.queue.queueUrl,
      },
    });
    registry.grantReadTopic(fn);
    events.grantAppend(fn);
    schedule.grantSchedule(fn);
    return fn;
  }
}
