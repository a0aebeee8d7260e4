import { Construct } from 'constructs';
import type { EventLog } from './event-log';
import type { Registry } from './registry';
import { ServiceFunction, type StageProps } from './service-function';
import type { StageSecrets } from './stage-secrets';
import { tokenEnvironment } from './token-environment';
import type { WebhookDelivery } from './webhook-delivery';

export interface ManagementProps extends StageProps {
  readonly events: EventLog;
  readonly secrets: StageSecrets;
  readonly registry: Registry;
  readonly webhooks: WebhookDelivery;
}

/** The management surface: topics, subscriptions, events, deliveries, health, its own description, and the answer to unknown paths. */
export class Management extends Construct {
  readonly manageTopics: ServiceFunction;
  readonly manageSubscriptions: ServiceFunction;
  readonly manageEvents: ServiceFunction;
  readonly manageDeliveries: ServiceFunction;
  readonly manageReplays: ServiceFunction;
  readonly manageAccounts: ServiceFunction;
  readonly readWebhookKeys: ServiceFunction;
  readonly acceptGrant: ServiceFunction;
  readonly readHealth: ServiceFunction;
  readonly readOpenapi: ServiceFunction;
  readonly answerNotFound: ServiceFunction;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: ManagementProps,
  ) {
    super(scope, id);
    this.manageTopics = this.addManageTopics();
    this.manageSubscriptions = this.addManageSubscriptions();
    this.manageEvents = this.addManageEvents();
    this.manageDeliveries = this.addManageDeliveries();
    this.manageReplays = this.addManageReplays();
    this.manageAccounts = this.addManageAccounts();
    this.readWebhookKeys = this.addReadWebhookKeys();
    this.acceptGrant = this.addAcceptGrant();
    this.readHealth = new ServiceFunction(this, 'read-health', {
      ...props,
      environment: { STAGE: props.settings.stage },
    });
    this.readOpenapi = new ServiceFunction(this, 'read-openapi', { ...props, environment: {} });
    this.answerNotFound = new ServiceFunction(this, 'answer-not-found', { ...props, environment: {} });
  }

  /** The functions that answer HTTP. */
  get doors(): readonly ServiceFunction[] {
    return [
      this.manageTopics,
      this.manageSubscriptions,
      this.manageEvents,
      this.manageDeliveries,
      this.manageReplays,
      this.manageAccounts,
      this.readWebhookKeys,
      this.acceptGrant,
      this.readHealth,
      this.readOpenapi,
      this.answerNotFound,
    ];
  }

  private addManageTopics(): ServiceFunction {
    const { settings, registry } = this.props;
    const fn = new ServiceFunction(this, 'manage-topics', {
      ...this.props,
      environment: { ...tokenEnvironment(settings), REGISTRY_TABLE_NAME: registry.tableName },
    });
    registry.grantManageTopics(fn);
    return fn;
  }

  private addManageSubscriptions(): ServiceFunction {
    const { settings, events, registry, webhooks } = this.props;
    const fn = new ServiceFunction(this, 'manage-subscriptions', {
      ...this.props,
      environment: {
        ...tokenEnvironment(settings),
        REGISTRY_TABLE_NAME: registry.tableName,
        EVENTS_TABLE_NAME: events.history.tableName,
        DELIVERIES_QUEUE_URL: webhooks.deliveries.queue.queueUrl,
        PUBLIC_BASE_URL: settings.publicBaseUrl ?? '',
        ALLOW_PRIVATE_TARGETS: JSON.stringify(settings.allowPrivateTargets),
        TARGET_ARNS: webhooks.targets.environment,
      },
    });
    registry.grantManageSubscriptions(fn);
    // A test event takes the way of every delivery.
    events.grantAdd(fn);
    webhooks.deliveries.grantSend(fn);
    return fn;
  }

  private addReadWebhookKeys(): ServiceFunction {
    const { registry } = this.props;
    const fn = new ServiceFunction(this, 'read-webhook-keys', {
      ...this.props,
      environment: { REGISTRY_TABLE_NAME: registry.tableName },
    });
    registry.grantRead(fn);
    return fn;
  }

  private addAcceptGrant(): ServiceFunction {
    const { registry } = this.props;
    const fn = new ServiceFunction(this, 'accept-grant', {
      ...this.props,
      environment: { REGISTRY_TABLE_NAME: registry.tableName },
    });
    registry.grantConfirm(fn);
    return fn;
  }

  private addManageEvents(): ServiceFunction {
    const { settings, events, registry, webhooks } = this.props;
    const fn = new ServiceFunction(this, 'manage-events', {
      ...this.props,
      environment: {
        ...tokenEnvironment(settings),
        REGISTRY_TABLE_NAME: registry.tableName,
        EVENTS_TABLE_NAME: events.history.tableName,
        DELIVERIES_TABLE_NAME: webhooks.tableName,
        EVENTS_STREAM_NAME: events.stream.streamName,
      },
    });
    registry.grantFindTopic(fn);
    events.grantAppend(fn);
    events.grantBrowse(fn);
    events.grantClaimCalls(fn);
    webhooks.grantTally(fn);
    return fn;
  }

  private addManageDeliveries(): ServiceFunction {
    const { settings, registry, webhooks } = this.props;
    const fn = new ServiceFunction(this, 'manage-deliveries', {
      ...this.props,
      environment: {
        ...tokenEnvironment(settings),
        REGISTRY_TABLE_NAME: registry.tableName,
        DELIVERIES_TABLE_NAME: webhooks.tableName,
        DELIVERIES_QUEUE_URL: webhooks.deliveries.queue.queueUrl,
      },
    });
    registry.grantList(fn);
    webhooks.grantManage(fn);
    return fn;
  }

  private addManageReplays(): ServiceFunction {
    const { settings, registry } = this.props;
    const fn = new ServiceFunction(this, 'manage-replays', {
      ...this.props,
      environment: { ...tokenEnvironment(settings), REGISTRY_TABLE_NAME: registry.tableName },
    });
    registry.grantManageReplays(fn);
    return fn;
  }

  private addManageAccounts(): ServiceFunction {
    const { settings, registry, secrets } = this.props;
    const fn = new ServiceFunction(this, 'manage-accounts', {
      ...this.props,
      environment: {
        ...tokenEnvironment(settings),
        REGISTRY_TABLE_NAME: registry.tableName,
        TOKEN_SECRET_ID: secrets.tokenSecret.id,
      },
    });
    registry.grantManageAccounts(fn);
    secrets.grantRead(fn, secrets.tokenSecret);
    return fn;
  }
}
