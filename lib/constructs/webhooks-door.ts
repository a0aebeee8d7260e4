import { Construct } from 'constructs';
import type { EventLog } from './event-log';
import type { Registry } from './registry';
import { ServiceFunction, type StageProps } from './service-function';
import type { StageSecrets } from './stage-secrets';
import { tokenEnvironment } from './token-environment';
import type { WebhookDelivery } from './webhook-delivery';

export interface WebhooksDoorProps extends StageProps {
  readonly secrets: StageSecrets;
  readonly registry: Registry;
  readonly events: EventLog;
  readonly webhooks: WebhookDelivery;
}

/** What the clients of the ADS webhook service call: accounts, subscriptions, triggers, resends. */
export class WebhooksDoor extends Construct {
  /** The functions that answer HTTP. */
  readonly doors: readonly ServiceFunction[];

  constructor(
    scope: Construct,
    id: string,
    private readonly props: WebhooksDoorProps,
  ) {
    super(scope, id);
    this.doors = [
      this.addRegisterAccount(),
      this.addSubscribeCallback(),
      this.addTriggerEvent(),
      this.addResendCallbacks(),
      new ServiceFunction(this, 'list-resources', { ...props, environment: {} }),
    ];
  }

  private addRegisterAccount(): ServiceFunction {
    const { settings, secrets, registry } = this.props;
    const fn = new ServiceFunction(this, 'register-account', {
      ...this.props,
      environment: {
        ...tokenEnvironment(settings),
        REGISTRY_TABLE_NAME: registry.tableName,
        REGISTRATION_TOKEN_SECRET_ID: secrets.registrationToken.id,
        TOKEN_SECRET_ID: secrets.tokenSecret.id,
        OPEN_REGISTRATION: String(settings.openRegistration),
      },
    });
    registry.grantRegister(fn);
    secrets.grantRead(fn, secrets.registrationToken, secrets.tokenSecret);
    return fn;
  }

  private addSubscribeCallback(): ServiceFunction {
    const { registry } = this.props;
    const fn = new ServiceFunction(this, 'subscribe-callback', {
      ...this.props,
      environment: { REGISTRY_TABLE_NAME: registry.tableName },
    });
    registry.grantSubscribe(fn);
    return fn;
  }

  private addTriggerEvent(): ServiceFunction {
    const { settings, secrets, events } = this.props;
    const fn = new ServiceFunction(this, 'trigger-event', {
      ...this.props,
      environment: {
        EVENTS_STREAM_NAME: events.stream.streamName,
        TRIGGER_TOKEN_SECRET_ID: secrets.triggerToken.id,
        DEDUPE_TRIGGERS: JSON.stringify(settings.dedupeTriggers),
        DEDUPE_DAYS: String(settings.dedupeDays),
      },
    });
    events.grantAppend(fn);
    secrets.grantRead(fn, secrets.triggerToken);
    return fn;
  }

  private addResendCallbacks(): ServiceFunction {
    const { secrets, registry, webhooks } = this.props;
    const fn = new ServiceFunction(this, 'resend-callbacks', {
      ...this.props,
      environment: {
        REGISTRY_TABLE_NAME: registry.tableName,
        DELIVERIES_TABLE_NAME: webhooks.tableName,
        DELIVERIES_QUEUE_URL: webhooks.deliveries.queue.queueUrl,
        TRIGGER_TOKEN_SECRET_ID: secrets.triggerToken.id,
      },
    });
    registry.grantWalk(fn);
    webhooks.grantResend(fn);
    secrets.grantRead(fn, secrets.triggerToken);
    return fn;
  }
}
