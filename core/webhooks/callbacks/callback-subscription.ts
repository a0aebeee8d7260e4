import { mintSigningSecret } from '../../topics/credentials/signing-secret';
import type { DeliveryPolicy, Subscription } from '../../topics/subscriptions/subscription';
import { deriveSubscriptionId } from '../../topics/subscriptions/subscription-id';
import type { CallbackEventName } from './callback-topic';

/**
 * As the original delivers (contract ADS, section 7): one attempt, 200 and nothing else is a success, and the fifth
 * failed event of a subscription's life switches it off.
 */
export const callbackPolicy: DeliveryPolicy = {
  success: '200',
  finalStatuses: [],
  scheduleSeconds: [],
  jitter: 0,
  timeoutSeconds: 15,
  circuit: false,
  disable: { failures: 5, counts: 'ever' },
};

/** Subscriptions whose id follows from what they are: making one twice finds the first. */
export interface CallbackSubscriptions {
  /**
   * One write decides. A deleted one is made again.
   * @returns `already_exists` whatever the state of the one that does.
   */
  createOnce(subscription: Subscription): Promise<'created' | 'already_exists'>;
}

/** @param url any text: the network guard judges it at delivery, as the original would have failed there. */
export function makeCallbackSubscription(
  owner: string,
  event: CallbackEventName,
  url: string | null,
  { at, random }: { readonly at: string; readonly random: (count: number) => Uint8Array },
): Subscription {
  return {
    id: deriveSubscriptionId('callback', owner, JSON.stringify(event.text), JSON.stringify(url)),
    topic: event.topic,
    owner,
    target: url ?? '',
    format: 'ads',
    state: 'active',
    policy: callbackPolicy,
    secrets: [{ secret: mintSigningSecret(random) }],
    headers: {},
    ...(event.topic.name !== event.text && { description: `event ${event.json.slice(0, 200)}` }),
    createdAt: at,
    updatedAt: at,
  };
}
