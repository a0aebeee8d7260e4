import { fiveMinutes, type Harm } from './alarms';
import { ownMetric } from './own-metric';
import type { OwnerNotices } from './owner-notices';
import type { PubsubPublishing } from './pubsub-publishing';
import type { WebhookDelivery } from './webhook-delivery';

/** As for webhooks: a delayed message counts from when it was sent, and may wait 15 minutes on purpose. */
const OLDEST_MINUTES = 30;

/** Alarms of what only stages with a setting have, by their ids. */
export function optionalAlarms({
  owners,
  publishing,
}: WebhookDelivery): readonly (readonly [string, Harm])[] {
  return [...noticeAlarms(owners), ...publishingAlarms(publishing)];
}

function noticeAlarms(owners: OwnerNotices | undefined): readonly (readonly [string, Harm])[] {
  if (!owners) {
    return [];
  }
  return [
    [
      'owners-not-told',
      {
        harm: 'Owners are not told that their subscriptions fail: mails could not be sent',
        anchor: 'owners-not-told',
        metric: owners.notices.deadLetters.metricApproximateNumberOfMessagesVisible({
          period: fiveMinutes,
          statistic: 'Maximum',
        }),
        threshold: 0,
      },
    ],
  ];
}

function publishingAlarms(publishing: PubsubPublishing | undefined): readonly (readonly [string, Harm])[] {
  if (!publishing) {
    return [];
  }
  const harm = 'Topics of Pub/Sub get messages late';
  const anchor = 'publishing-delayed';
  return [
    [
      anchor,
      {
        harm: `${harm}: the oldest has waited for more than ${OLDEST_MINUTES} minutes`,
        anchor,
        metric: publishing.queue.queue.metricApproximateAgeOfOldestMessage({
          period: fiveMinutes,
          statistic: 'Maximum',
        }),
        threshold: OLDEST_MINUTES * 60,
      },
    ],
    [
      'publishing-held-up',
      {
        harm: `${harm}: publish-deliveries cannot reach its tables, or read its service account`,
        anchor,
        metric: ownMetric('DeliveriesHeldUp', 'publish-deliveries'),
        threshold: 10,
        periods: 2,
      },
    ],
  ];
}
