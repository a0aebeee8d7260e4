import {
  type Alarm,
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IAlarm,
  type IMetric,
} from 'aws-cdk-lib/aws-cloudwatch';
import type { Construct } from 'constructs';
import { minute } from './alarms';
import type { ChangePipeline } from './change-pipeline';
import type { EventDispatch } from './event-dispatch';
import type { HttpApi } from './http-api';
import { ownMetric } from './own-metric';
import type { ServiceFunction } from './service-function';
import type { WebhookDelivery } from './webhook-delivery';

/** What there is to watch. */
export interface Watched {
  readonly change: ChangePipeline;
  readonly dispatch: EventDispatch;
  readonly webhooks: WebhookDelivery;
  readonly api: HttpApi;
}

export interface DashboardProps extends Watched {
  readonly workers: readonly ServiceFunction[];
  readonly alarms: readonly Alarm[];
}

/** The way of the data from left to right: doors, streams, queue, workers; on top, what is wrong. */
export function addDashboard(scope: Construct, props: DashboardProps): void {
  const { api, change, dispatch, webhooks, workers, alarms } = props;
  const dashboard = new Dashboard(scope, 'Dashboard');
  const { queue, deadLetters } = webhooks.deliveries;
  dashboard.addWidgets(
    new AlarmStatusWidget({
      title: 'What harms users now',
      alarms: alarms as readonly IAlarm[] as IAlarm[],
      width: 24,
    }),
  );
  dashboard.addWidgets(
    graph('Requests', [
      api.api.metricCount({ period: minute }),
      api.api.metricServerError({ period: minute }),
    ]),
    graph('Latency of the doors, p99', [api.api.metricLatency({ period: minute, statistic: 'p99' })]),
    graph(
      'Behind the streams',
      [change.integrateChanges, dispatch.dispatchEvents].map((fn) =>
        fn.function.metric('IteratorAge', { statistic: 'Maximum', period: minute, label: fn.stem }),
      ),
    ),
  );
  dashboard.addWidgets(
    graph('Deliveries waiting', [
      queue.metricApproximateNumberOfMessagesVisible({ period: minute }),
      queue.metricApproximateNumberOfMessagesDelayed({ period: minute }),
      ...(webhooks.publishing
        ? [
            webhooks.publishing.queue.queue.metricApproximateNumberOfMessagesVisible({
              period: minute,
              label: 'to Pub/Sub',
            }),
          ]
        : []),
      deadLetters.metricApproximateNumberOfMessagesVisible({ period: minute, label: 'dead letters' }),
    ]),
    graph(
      'Work',
      workers.map((fn) => fn.function.metricInvocations({ period: minute, label: fn.stem })),
    ),
    graph(
      'Failures',
      workers.map((fn) => fn.function.metricErrors({ period: minute, label: fn.stem })),
    ),
  );
  dashboard.addWidgets(
    graph('Targets that are spared', [
      ownMetric('DeliveriesHeld', 'deliver-webhooks'),
      ownMetric('CircuitsOpened', 'deliver-webhooks'),
    ]),
    graph('Subscriptions in trouble', [
      ownMetric('SubscriptionsWarned', 'deliver-webhooks'),
      ownMetric('SubscriptionsDisabled', 'deliver-webhooks'),
      ownMetric('SubscriptionsRecovered', 'deliver-webhooks'),
    ]),
    graph('Oldest dead letter', [
      deadLetters.metricApproximateAgeOfOldestMessage({ period: minute, statistic: 'Maximum' }),
    ]),
  );
}

function graph(title: string, left: IMetric[]): GraphWidget {
  return new GraphWidget({ title, left, width: 8 });
}
