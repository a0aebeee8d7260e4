import { Construct } from 'constructs';
import type { EventLog } from './event-log';
import type { Registry } from './registry';
import { ServiceFunction, type StageProps } from './service-function';
import { addTick } from './tick';

export interface MessageRecoveryProps extends StageProps {
  readonly registry: Registry;
  readonly events: EventLog;
}

/** Fetches what applications could not publish. */
export class MessageRecovery extends Construct {
  readonly recoverMessages: ServiceFunction;

  constructor(scope: Construct, id: string, props: MessageRecoveryProps) {
    super(scope, id);
    const { settings, registry, events } = props;
    this.recoverMessages = new ServiceFunction(this, 'recover-messages', {
      ...props,
      environment: {
        REGISTRY_TABLE_NAME: registry.tableName,
        EVENTS_STREAM_NAME: events.stream.streamName,
        ALLOW_PRIVATE_TARGETS: JSON.stringify(settings.allowPrivateTargets),
        FORWARD_PROXY: settings.forwardProxy ?? '',
      },
    });
    registry.grantRecover(this.recoverMessages);
    events.grantAppend(this.recoverMessages);
    addTick(this.recoverMessages, settings, 'recoverySeconds');
  }
}
