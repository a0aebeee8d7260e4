import { timingSafeEqual } from 'node:crypto';
import { ServiceError } from '../../errors';
import type { SubscriptionStore } from '../../topics/ports';
import { type Confirmation, needsConfirmation } from '../../topics/subscriptions/confirmation';
import type { Subscription } from '../../topics/subscriptions/subscription';
import { isSubscriptionId } from '../../topics/subscriptions/subscription-id';
import { callbackHash } from './callback-hash';
import type { ConfirmationStore } from './confirmation-ports';
import { readAllowedRate } from './judge-grant';

export interface AcceptGrantPorts {
  readonly subscriptions: Pick<SubscriptionStore, 'find'>;
  readonly confirmations: ConfirmationStore;
  readonly now: () => Date;
}

/** The worker may write between our read and our write, once for the attempt and once for its answer. */
const MAX_TRIES = 4;

/**
 * Takes the grant that somebody brings who was handed a key: the target's administrator, or the target itself. Repeating
 * it changes nothing, and neither does a key that comes when the grant was given otherwise.
 * @throws ServiceError `not_found`, the same for an unknown subscription and for a key that is not of its present
 *   target; `parameter_invalid` for a rate that is none.
 */
export async function acceptGrant(
  call: { readonly id: string; readonly key: string; readonly allowedRate?: string | undefined },
  { subscriptions, confirmations, now }: AcceptGrantPorts,
): Promise<void> {
  const given = Buffer.from(callbackHash(call.key));
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const subscription = isSubscriptionId(call.id) ? await subscriptions.find(call.id) : undefined;
    const confirmation = openConfirmation(subscription, given);
    const rate = readAllowedRate(call.allowedRate);
    if (rate === 'invalid') {
      throw new ServiceError(
        'parameter_invalid',
        'WebHook-Allowed-Rate: expected the requests a minute, a whole number above 0, or "*"',
      );
    }
    if (confirmation.state === 'granted') {
      return;
    }
    const granted = toGranted(confirmation, rate, now());
    if ((await confirmations.write(subscription as Subscription, granted)) === 'written') {
      return;
    }
  }
  throw new Error('the confirmation keeps changing while it is being granted');
}

function openConfirmation(subscription: Subscription | undefined, given: Buffer): Confirmation {
  const confirmation = subscription?.confirmation;
  // Every hash is compared, so that the time taken tells nothing.
  const isKey = (confirmation?.callbackHashes ?? []).map((hash) => isEqual(hash, given)).includes(true);
  const isOpen = subscription && subscription.state !== 'deleted' && needsConfirmation(subscription);
  if (!confirmation || !isKey || !isOpen) {
    throw new ServiceError('not_found', 'there is no such request for permission, or it is over');
  }
  return confirmation;
}

function toGranted(
  { nextAt: _, lastFailure: __, lastStatus: ___, ...confirmation }: Confirmation,
  rate: number | undefined,
  now: Date,
): Confirmation {
  return {
    ...confirmation,
    ...{ state: 'granted', grantedAt: now.toISOString(), grantedBy: 'callback' },
    ...(rate !== undefined && { ratePerMinute: rate }),
    revision: confirmation.revision + 1,
  };
}

function isEqual(hash: string, given: Buffer): boolean {
  const kept = Buffer.from(hash);
  return kept.length === given.length && timingSafeEqual(kept, given);
}
