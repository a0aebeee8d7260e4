import { Construct } from 'constructs';
import type { EventLog } from './event-log';
import type { Registry } from './registry';
import { ServiceFunction, type StageProps } from './service-function';
import type { WebhookDelivery } from './webhook-delivery';

export interface EventDispatchProps extends StageProps {
  readonly events: EventLog;
  readonly registry: Registry;
  readonly webhooks: WebhookDelivery;
}

/** From the events stream to the history and one message per matching subscription. */
export class EventDispatch extends Construct {
  readonly dispatchEvents: ServiceFunction;

  constructor(scope: Construct, id: string, props: EventDispatchProps) {
    super(scope, id);
    const { events, registry, webhooks } = props;
    this.dispatchEvents = new ServiceFunction(this, 'dispatch-events', {
      ...props,
      environment: {
        REGISTRY_TABLE_NAME: registry.tableName,
        EVENTS_TABLE_NAME: events.history.tableName,
        DELIVERIES_QUEUE_URL: webhooks.deliveries.queue.queueUrl,
      },
    });
    registry.grantMatch(this.dispatchEvents);
    events.grantRecord(this.dispatchEvents);
    webhooks.deliveries.grantSend(this.dispatchEvents);
    events.stream.feed(this.dispatchEvents);
  }
}
