import { Construct } from 'constructs';
import type { EventLog } from './event-log';
import { ServiceFunction, type StageProps } from './service-function';
import type { StageSecrets } from './stage-secrets';

export interface HubDoorProps extends StageProps {
  readonly secrets: StageSecrets;
  readonly events: EventLog;
}

/** What Azure Web PubSub calls as an event handler. */
export class HubDoor extends Construct {
  readonly handleHubEvents: ServiceFunction;

  constructor(scope: Construct, id: string, props: HubDoorProps) {
    super(scope, id);
    const { settings, secrets, events } = props;
    this.handleHubEvents = new ServiceFunction(this, 'handle-hub-events', {
      ...props,
      environment: {
        EVENTS_STREAM_NAME: events.stream.streamName,
        HUBS_SECRET_ID: secrets.hubs.id,
        HUB_KEYS_SECRET_ID: secrets.hubKeys.id,
        REQUIRE_AUTH: String(settings.requireAuth.hub),
      },
    });
    events.grantAppend(this.handleHubEvents);
    secrets.grantRead(this.handleHubEvents, secrets.hubs, secrets.hubKeys);
  }

  /** The functions that answer HTTP. */
  get doors(): readonly ServiceFunction[] {
    return [this.handleHubEvents];
  }
}
