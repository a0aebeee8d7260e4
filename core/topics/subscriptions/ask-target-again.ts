import { ServiceError } from '../../errors';
import { bytesFrom, type Idempotency } from '../../idempotency';
import type { Principal } from '../../principal';
import type { SubscriptionEditor, SubscriptionStore } from '../ports';
import { type AskTargetPorts, askTarget } from './ask-target';
import { findOwnSubscription } from './change-subscription';
import { type Confirmation, needsConfirmation, newConfirmation } from './confirmation';
import type { Subscription } from './subscription';

/** Who asks again sooner is told of what is under way: the call must be no way to flood somebody else. */
const LEAST_SECONDS_BETWEEN = 10;

/**
 * Has a target asked anew, whatever it has said so far; deliveries wait for the answer.
 * @param at ISO 8601.
 * @param idempotency with it a repetition finds the asking that the first call began.
 * @throws ServiceError `not_found`, `conflict` where there is nothing to ask, or the target is changed at the same moment.
 */
export async function askTargetAgain(
  id: string,
  principal: Principal,
  ports: AskTargetPorts & { readonly subscriptions: Pick<SubscriptionStore, 'find'> & SubscriptionEditor },
  at: string,
  idempotency?: Idempotency,
): Promise<{ readonly subscription: Subscription; readonly isReplay: boolean }> {
  const found = await findOwnSubscription(id, principal, ports.subscriptions);
  if (!needsConfirmation(found)) {
    throw new ServiceError(
      'conflict',
      'only targets that are URLs and get the format "cloudevents" are asked; this one is sent to without',
    );
  }
  const { confirmation } = found;
  // Named by the target, too: a worker may still wait for what another one says under the same key.
  const random = idempotency ? bytesFrom(`${idempotency.seed} ${found.target}`) : ports.random;
  const asked = newConfirmation({ baseUrl: ports.baseUrl, random, at });
  const isReplay = confirmation?.id === asked.id;
  if (confirmation && (isReplay || isUnderWay(confirmation, at))) {
    await askTarget(found, ports);
    return { subscription: found, isReplay };
  }
  const subscription = await ports.subscriptions.revise(found, { confirmation: asked }, at, found);
  if (!subscription) {
    throw new ServiceError('conflict', 'the subscription was deleted, or is sent otherwise meanwhile');
  }
  await askTarget(subscription, ports);
  return { subscription, isReplay };
}

function isUnderWay({ state, askedAt }: Confirmation, at: string): boolean {
  return state === 'pending' && Date.parse(at) - Date.parse(askedAt) < LEAST_SECONDS_BETWEEN * 1000;
}
