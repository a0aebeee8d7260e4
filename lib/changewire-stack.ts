import { Annotations, CfnOutput, Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Bundles } from './constructs/bundles';
import { ChangePipeline } from './constructs/change-pipeline';
import { Erasure } from './constructs/erasure';
import { EventDispatch } from './constructs/event-dispatch';
import { EventLog } from './constructs/event-log';
import { EventsDoor } from './constructs/events-door';
import { HttpApi } from './constructs/http-api';
import { HubDoor } from './constructs/hub-door';
import { Management } from './constructs/management';
import { MessageRecovery } from './constructs/message-recovery';
import { MessageSchedule } from './constructs/message-schedule';
import { Monitoring } from './constructs/monitoring';
import { PersonDoor } from './constructs/person-door';
import { Registry } from './constructs/registry';
import { StageSecrets } from './constructs/stage-secrets';
import { TopicsDoor } from './constructs/topics-door';
import { WebhookDelivery } from './constructs/webhook-delivery';
import { WebhooksDoor } from './constructs/webhooks-door';
import type { StageSettings } from './stage';

export interface ChangewireStackProps extends StackProps {
  readonly settings: StageSettings;
  readonly bundles: Bundles;
}

/** The whole of Changewire: wiring only. */
export class ChangewireStack extends Stack {
  readonly settings: StageSettings;

  constructor(scope: Construct, id: string, props: ChangewireStackProps) {
    super(scope, id, { ...props, analyticsReporting: false });
    const stage = { settings: props.settings, bundles: props.bundles };
    const { settings } = props;
    this.settings = settings;

    const secrets = new StageSecrets(this, 'secrets', stage);
    const registry = new Registry(this, 'topics', settings);
    const events = new EventLog(this, 'events', settings);
    const change = new ChangePipeline(this, 'change', { ...stage, secrets, events });
    const person = new PersonDoor(this, 'person', { ...stage, secrets, profiles: change.profiles });
    const webhooks = new WebhookDelivery(this, 'webhooks', { ...stage, secrets, events, registry });
    const dispatch = new EventDispatch(this, 'dispatch', { ...stage, events, registry, webhooks });
    const management = new Management(this, 'manage', { ...stage, secrets, events, registry, webhooks });
    const callbacks = new WebhooksDoor(this, 'callbacks', {
      ...stage,
      secrets,
      registry,
      events,
      webhooks,
    });
    const publishing = new EventsDoor(this, 'publishing', { ...stage, registry, events });
    const schedule = new MessageSchedule(this, 'schedule', { ...stage, events });
    const messages = new TopicsDoor(this, 'messages', { ...stage, registry, events, schedule });
    const hub = new HubDoor(this, 'hub', { ...stage, secrets, events });
    const recovery = new MessageRecovery(this, 'recovery', { ...stage, registry, events });
    const erasure = new Erasure(this, 'erasure', { ...stage, change, events, registry, webhooks });
    const api = new HttpApi(this, 'http', {
      settings,
      doors: [
        ...change.doors,
        ...person.doors,
        ...callbacks.doors,
        ...publishing.doors,
        ...messages.doors,
        ...hub.doors,
        ...management.doors,
        ...erasure.doors,
      ],
    });

    new Monitoring(this, 'monitoring', {
      settings,
      change,
      dispatch,
      webhooks,
      schedule,
      recovery,
      erasure,
      api,
    });
    this.addOutputs({ change, dispatch, events });
    this.warnOfPlaceholders(settings);
  }

  /** What `changewire rewind` needs to know of a stack. */
  private addOutputs(parts: { change: ChangePipeline; dispatch: EventDispatch; events: EventLog }): void {
    const { change, dispatch, events } = parts;
    const outputs = {
      ChangesStream: change.stream.streamName,
      ChangesFunction: change.integrateChanges.function.functionName,
      EventsStream: events.stream.streamName,
      EventsFunction: dispatch.dispatchEvents.function.functionName,
    };
    for (const [name, value] of Object.entries(outputs)) {
      new CfnOutput(this, name, { value });
    }
  }

  private warnOfPlaceholders({ stage, issuer, jwksUri, audience }: StageSettings): void {
    const placeholders = Object.entries({ issuer, jwksUri, audience })
      .filter(([, value]) => /^https:\/\/[^/]*\.example(\/|$)/.test(value))
      .map(([key]) => key);
    if (placeholders.length > 0) {
      Annotations.of(this).addWarningV2(
        'changewire:placeholder',
        `${placeholders.join(', ')} of the stage ${stage} are placeholders, with which nobody gets in: ` +
          `set them in a file and say -c config=FILE, or in cdk.json under context.changewire.${stage}`,
      );
    }
  }
}
