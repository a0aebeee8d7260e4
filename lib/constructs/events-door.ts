import { Construct } from 'constructs';
import type { EventLog } from './event-log';
import type { Registry } from './registry';
import { ServiceFunction, type StageProps } from './service-function';
import { tokenEnvironment } from './token-environment';

export interface EventsDoorProps extends StageProps {
  readonly registry: Registry;
  readonly events: EventLog;
}

/** What BriteEvents' client calls. */
export class EventsDoor extends Construct {
  readonly publishEvents: ServiceFunction;

  constructor(scope: Construct, id: string, props: EventsDoorProps) {
    super(scope, id);
    const { settings, registry, events } = props;
    this.publishEvents = new ServiceFunction(this, 'publish-events', {
      ...props,
      environment: {
        ...tokenEnvironment(settings),
        REGISTRY_TABLE_NAME: registry.tableName,
        EVENTS_STREAM_NAME: events.stream.streamName,
        REQUIRE_AUTH: String(settings.requireAuth.events),
        ACCEPT_UNKNOWN_TOPICS: String(settings.acceptUnknownTopics),
      },
    });
    registry.grantFindTopic(this.publishEvents);
    events.grantAppend(this.publishEvents);
  }

  /** The functions that answer HTTP. */
  get doors(): readonly ServiceFunction[] {
    return [this.publishEvents];
  }
}
