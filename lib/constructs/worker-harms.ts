import type { FunctionName } from '../../lambdas/functions';

/** What users feel when a worker does not run. */
export const workerHarms: Partial<Record<FunctionName, string>> = {
  'integrate-changes': 'Profile changes are delayed',
  'dispatch-events': 'Events and webhooks are delayed',
  'deliver-webhooks': 'Webhooks are late',
  'publish-deliveries': 'Topics of Pub/Sub get messages late',
  'requeue-deliveries': 'Webhook retries are late',
  'resend-dead-letters': 'Dead letters are not sent again',
  'replay-events': 'Replays stand still, and live webhooks that wait for one',
  'requeue-messages': 'Scheduled messages are late',
  'release-messages': 'Scheduled messages are late',
  'recover-messages': 'Messages that applications could not publish stay there',
  'notify-owners': 'Owners are not told that their subscriptions fail',
  'erase-subject': 'What is to be erased stays',
};
