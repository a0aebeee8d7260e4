import type { Event } from '../../events/event';
import { readConsumerTarget } from '../../messages/consumers/consumer-target';
import { liveSecrets } from '../../topics/credentials/signing-keys';
import { needsConfirmation } from '../../topics/subscriptions/confirmation';
import type { Subscription } from '../../topics/subscriptions/subscription';
import { isReservedHeader } from '../../topics/subscriptions/subscription-headers';
import type { WebhookRequest } from '../ports';
import { isArn } from '../targets/target-arn';
import { messageText } from './message-text';
import { pubsubRequest } from './pubsub-message';
import { signWebhook } from './signature';
import { webhookContent } from './webhook-body';

/**
 * The request that hands an event to a subscriber: the body in the subscription's format, and the headers of
 * Standard Webhooks, signed with all secrets that have not expired; for a topic of Pub/Sub, its message.
 */
export function makeWebhookRequest(subscription: Subscription, event: Event, now: Date): WebhookRequest {
  return {
    ...(subscription.format === 'pubsub'
      ? pubsubRequest(subscription, event)
      : signedRequest(subscription, event, now)),
    timeoutSeconds: subscription.policy.timeoutSeconds,
    about: {
      eventId: event.id,
      type: event.topic.name,
      ...(event.subject !== undefined && { subject: event.subject }),
      time: event.time,
      subscriptionId: subscription.id,
    },
  };
}

function signedRequest(
  subscription: Subscription,
  event: Event,
  now: Date,
): Pick<WebhookRequest, 'url' | 'headers' | 'body'> {
  const content = webhookContent(subscription, event);
  const body = isArn(subscription.target) ? messageText(content.body) : content.body;
  const secrets = liveSecrets(subscription, now.getTime()).map(({ secret }) => secret);
  const signature = signWebhook({
    id: headerSafe(event.id),
    timestampSeconds: Math.floor(now.getTime() / 1000),
    body,
    secrets,
  });
  const { url, authorization } = destinationOf(subscription);
  return {
    url,
    headers: {
      ...authorization,
      ...ownHeaders(subscription),
      ...content.headers,
      ...originHeader(subscription),
      ...signature,
    },
    body,
  };
}

/** After the grant every delivery names who was granted it (CloudEvents, webhooks 1.0.2, section 4.1.2). */
function originHeader(subscription: Subscription): Record<string, string> {
  const { confirmation } = subscription;
  return confirmation && needsConfirmation(subscription)
    ? { 'webhook-request-origin': confirmation.origin }
    : {};
}

interface Destination {
  readonly url: string;
  readonly authorization?: Readonly<Record<string, string>>;
}

/** The ADS door keeps any text for a URL and has nobody judge it: what leads to an ARN there leads nowhere. */
function destinationOf({ target, format }: Subscription): Destination {
  switch (format) {
    case 'postoffice':
      return readConsumerTarget(target) ?? { url: '' };
    case 'ads':
      return { url: isArn(target) ? '' : target };
    default:
      return { url: target };
  }
}

/** What was refused when the subscription was made does not leave from a row that came otherwise, either. */
function ownHeaders({ headers }: Subscription): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers)
      .filter(([name]) => !isReservedHeader(name))
      .map(([name, value]) => [name.toLowerCase(), value]),
  );
}

/** Event ids may be chosen by clients: what a header cannot hold is percent-encoded, the same every time. */
function headerSafe(id: string): string {
  return Buffer.from(id)
    .toString('latin1')
    .replace(/[^\x21-\x7e]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`);
}
