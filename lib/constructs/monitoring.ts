import { CfnOutput, Stack } from 'aws-cdk-lib';
import { Alarm } from 'aws-cdk-lib/aws-cloudwatch';
import { SnsAction } from 'aws-cdk-lib/aws-cloudwatch-actions';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Construct } from 'constructs';
import type { StageSettings } from '../stage';
import { alarmProps, fiveMinutes, type Harm, minute, tickHarm } from './alarms';
import { addDashboard, type Watched } from './dashboard';
import type { Erasure } from './erasure';
import { messageHarms } from './message-harms';
import type { MessageRecovery } from './message-recovery';
import type { MessageSchedule } from './message-schedule';
import { optionalAlarms } from './optional-alarms';
import { ownMetric } from './own-metric';
import type { ServiceFunction } from './service-function';
import { workerHarms } from './worker-harms';

export interface MonitoringProps extends Watched {
  readonly settings: StageSettings;
  readonly erasure: Erasure;
  readonly schedule: MessageSchedule;
  readonly recovery: MessageRecovery;
}

/** A stream this far behind is felt: a person who changed a name still sees the old one. */
const BEHIND_MINUTES = 5;

/**
 * A delayed message counts from when it was sent, and may wait 15 minutes on purpose, then 6 minutes for a
 * worker that had crashed: only more than that is late.
 */
const OLDEST_DELIVERY_MINUTES = 30;

/** A queue keeps messages for 14 days: four of them are left to send the dead letters again. */
const OLD_DEAD_LETTER_DAYS = 10;

/** Alarms that name the user's harm and lead to a paragraph of the runbook; a dashboard; in prod, a topic. */
export class Monitoring extends Construct {
  private readonly alarms: Alarm[] = [];

  constructor(
    scope: Construct,
    id: string,
    private readonly props: MonitoringProps,
  ) {
    super(scope, id);
    this.addStreamAlarms();
    this.addDeliveryAlarms();
    for (const [id, harm] of Object.entries(messageHarms(props.schedule, props.recovery))) {
      this.addAlarm(id, harm);
    }
    this.addDoorAlarms();
    this.addRefusalAlarms();
    for (const fn of this.workers()) {
      this.addWorkerAlarms(fn);
    }
    if (props.settings.notifies) {
      this.notify();
    }
    if (props.settings.hasDashboard) {
      addDashboard(this, { ...props, workers: this.workers(), alarms: this.alarms });
    }
  }

  private addStreamAlarms(): void {
    const { change, dispatch } = this.props;
    this.addBehindAlarm('changes-delayed', 'Profile changes are delayed', change.integrateChanges);
    this.addBehindAlarm('events-delayed', 'Events and webhooks are delayed', dispatch.dispatchEvents);
  }

  private addBehindAlarm(id: string, harm: string, fn: ServiceFunction): void {
    this.addAlarm(id, {
      harm: `${harm}: ${fn.stem} is more than ${BEHIND_MINUTES} minutes behind its stream`,
      anchor: id,
      metric: fn.function.metric('IteratorAge', { statistic: 'Maximum', period: minute }),
      threshold: BEHIND_MINUTES * 60_000,
      periods: 3,
    });
  }

  private addDeliveryAlarms(): void {
    const { queue, deadLetters } = this.props.webhooks.deliveries;
    for (const [id, harm] of optionalAlarms(this.props.webhooks)) {
      this.addAlarm(id, harm);
    }
    this.addAlarm('dead-letters', {
      harm: 'Subscribers miss events: dead letters wait to be sent again',
      anchor: 'dead-letters',
      metric: deadLetters.metricApproximateNumberOfMessagesVisible({
        period: fiveMinutes,
        statistic: 'Maximum',
      }),
      threshold: 0,
    });
    this.addAlarm('dead-letters-old', {
      harm: `Subscribers will miss events for good: the oldest dead letter has waited for ${OLD_DEAD_LETTER_DAYS} days`,
      anchor: 'dead-letters-old',
      metric: deadLetters.metricApproximateAgeOfOldestMessage({ period: fiveMinutes, statistic: 'Maximum' }),
      threshold: OLD_DEAD_LETTER_DAYS * 24 * 3600,
    });
    this.addAlarm('subscriptions-disabled', {
      harm: 'A subscriber gets no more events: its failures have switched its subscription off',
      anchor: 'subscriptions-disabled',
      metric: ownMetric('SubscriptionsDisabled', 'deliver-webhooks'),
      threshold: 0,
    });
    this.addAlarm('deliveries-delayed', {
      harm: `Webhooks are late: the oldest delivery has waited for more than ${OLDEST_DELIVERY_MINUTES} minutes`,
      anchor: 'deliveries-delayed',
      metric: queue.metricApproximateAgeOfOldestMessage({ period: fiveMinutes, statistic: 'Maximum' }),
      threshold: OLDEST_DELIVERY_MINUTES * 60,
    });
    this.addAlarm('deliveries-held-up', {
      harm: 'Webhooks are late: deliver-webhooks cannot reach its tables or streams',
      anchor: 'deliveries-held-up',
      metric: ownMetric('DeliveriesHeldUp', 'deliver-webhooks'),
      threshold: 10,
      periods: 2,
    });
    this.addAlarm(
      'tick-stopped',
      tickHarm('Webhook retries do not go out', this.props.webhooks.requeueDeliveries),
    );
  }

  private addDoorAlarms(): void {
    this.addAlarm('doors-fail', {
      harm: 'Publishers and readers get server errors: more than 5 in 5 minutes',
      anchor: 'doors-fail',
      metric: this.props.api.api.metricServerError({ period: fiveMinutes, statistic: 'Sum' }),
      threshold: 5,
    });
  }

  private addRefusalAlarms(): void {
    this.addAlarm('unexpected-rejections', {
      harm: 'Changes are rejected through no fault of their publishers',
      anchor: 'unexpected-rejections',
      metric: ownMetric('UnexpectedRejections', 'integrate-changes'),
      threshold: 0,
    });
    this.addAlarm('unprocessable-events', {
      harm: 'Events are lost to their subscribers: dispatch-events could not read them',
      anchor: 'unprocessable-events',
      metric: ownMetric('UnprocessableEvents', 'dispatch-events'),
      threshold: 0,
    });
  }

  private addWorkerAlarms(fn: ServiceFunction): void {
    this.addAlarm(`${fn.stem}-fails`, {
      harm: `${workerHarms[fn.stem] ?? 'Work is late'}: ${fn.stem} crashes or times out`,
      anchor: 'worker-fails',
      metric: fn.function.metricErrors({ period: fiveMinutes }),
      threshold: 0,
      periods: 2,
    });
    this.addAlarm(`${fn.stem}-throttled`, {
      harm: `${workerHarms[fn.stem] ?? 'Work is late'}: the account has no concurrency left for ${fn.stem}`,
      anchor: 'worker-throttled',
      metric: fn.function.metricThrottles({ period: fiveMinutes }),
      threshold: 0,
      periods: 3,
    });
  }

  private workers(): readonly ServiceFunction[] {
    const { change, dispatch, webhooks, schedule, recovery, erasure } = this.props;
    return [
      change.integrateChanges,
      dispatch.dispatchEvents,
      webhooks.deliverWebhooks,
      ...(webhooks.publishing ? [webhooks.publishing.publishDeliveries] : []),
      webhooks.requeueDeliveries,
      webhooks.resendDeadLetters,
      webhooks.replayEvents,
      schedule.requeueMessages,
      schedule.releaseMessages,
      recovery.recoverMessages,
      erasure.eraseSubject,
      ...(webhooks.owners ? [webhooks.owners.notifyOwners] : []),
    ];
  }

  private addAlarm(id: string, harm: Harm): void {
    this.alarms.push(new Alarm(this, id, alarmProps(harm)));
  }

  /** People subscribe to the topic by themselves: who is on call is no business of the stack's. */
  private notify(): void {
    const topic = new Topic(this, 'Alarms', { displayName: 'Changewire alarms', enforceSSL: true });
    // A policy of its own (for SSL) replaces the default one, which would have let CloudWatch in.
    topic.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal('cloudwatch.amazonaws.com')],
        actions: ['sns:Publish'],
        resources: [topic.topicArn],
        conditions: { StringEquals: { 'aws:SourceAccount': Stack.of(this).account } },
      }),
    );
    const action = new SnsAction(topic);
    for (const alarm of this.alarms) {
      alarm.addAlarmAction(action);
      alarm.addOkAction(action);
    }
    new CfnOutput(this, 'AlarmsTopic', { value: topic.topicArn, description: 'Subscribe here to be told' });
  }
}
