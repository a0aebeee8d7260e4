import { LONGEST_DELAY_SECONDS } from '../../requeue-due';
import type { SubscriptionReference } from '../../topics/ports';
import { type Confirmation, needsConfirmation } from '../../topics/subscriptions/confirmation';
import type { Subscription } from '../../topics/subscriptions/subscription';
import { leaseSeconds } from '../attempts/admit-attempt';
import { secondsUntil } from '../deliveries/delivery-steps';
import { callbackHash } from './callback-hash';
import { type ConfirmationMessage, referenceOf } from './confirmation-message';
import type {
  ConfirmationQueue,
  ConfirmationStore,
  HandshakeRequest,
  HandshakeTarget,
} from './confirmation-ports';
import { type GrantVerdict, judgeGrant } from './judge-grant';

export interface ConfirmPorts {
  readonly findSubscription: (reference: SubscriptionReference) => Promise<Subscription | undefined>;
  readonly confirmations: ConfirmationStore & ConfirmationQueue;
  readonly handshake: HandshakeTarget;
  /** Cryptographically random. */
  readonly randomKey: (count: number) => Uint8Array;
  readonly now: () => Date;
}

/** What came of a message. */
export type ConfirmOutcome =
  | { readonly outcome: 'granted' }
  | { readonly outcome: 'withheld' | 'refused'; readonly failure: string; readonly status?: number }
  /** It is not time yet, or another worker asks. */
  | { readonly outcome: 'held' }
  /** There is nothing to ask: it was granted meanwhile, the target is another, or another message sees to it. */
  | { readonly outcome: 'over' };

/** The waits before the second attempt and those after it: a day in all. */
export const HANDSHAKE_WAITS = [5, 30, 120, 600, 1800, 3600, 7200, 14_400, 28_800, 28_800];

const KEY_BYTES = 32;

/**
 * Asks a target whether it wants what will be sent, and records what it said before anything follows from it: a
 * message that comes again finds what is left to do.
 * @throws when a store or queue fails: the queue must show the message again.
 */
export async function confirmSubscription(
  message: ConfirmationMessage,
  ports: ConfirmPorts,
): Promise<ConfirmOutcome> {
  const subscription = await ports.findSubscription(referenceOf(message));
  const confirmation = subscription?.confirmation;
  const isOpen = confirmation?.state === 'pending' && confirmation.id === message.confirmationId;
  if (!subscription || subscription.state === 'deleted' || !isOpen || !needsConfirmation(subscription)) {
    return { outcome: 'over' };
  }
  const wait = secondsUntil(confirmation.nextAt, ports.now());
  if (wait > 0 && message.attempts < confirmation.attempts - 1) {
    // Each delivery that finds it late has it asked: they would circle beside the message that asks. One that is behind by
    // a single attempt may be that message itself, whose worker crashed before it sent the next one.
    return { outcome: 'over' };
  }
  if (wait > 0) {
    await ports.confirmations.ask(message, Math.min(wait, LONGEST_DELAY_SECONDS));
    return { outcome: 'held' };
  }
  const key = Buffer.from(ports.randomKey(KEY_BYTES)).toString('base64url');
  const claimed = claim(subscription, confirmation, key, ports.now());
  if ((await ports.confirmations.write(subscription, claimed)) === 'conflict') {
    return { outcome: 'held' };
  }
  const answer = await ports.handshake.ask(handshakeRequest(subscription, claimed, key));
  const verdict: GrantVerdict =
    'failure' in answer
      ? { outcome: 'withheld', failure: answer.failure }
      : judgeGrant(answer, { origin: claimed.origin, legacyGrant: subscription.legacyGrant === true });
  const status = 'status' in answer ? answer.status : undefined;
  return record(message, after(claimed, verdict, status, ports.now()), ports);
}

/** Also puts the hash of a new key down: what was handed out can be used even if this worker crashes. */
function claim(
  subscription: Subscription,
  { revision, callbackHashes, attempts, ...rest }: Confirmation,
  key: string,
  now: Date,
): Confirmation {
  return {
    ...rest,
    attempts: attempts + 1,
    nextAt: new Date(now.getTime() + leaseSeconds(subscription) * 1000).toISOString(),
    // A crash repeats an attempt, so there may be more of them than waits.
    callbackHashes: [...callbackHashes, callbackHash(key)].slice(-2 * HANDSHAKE_WAITS.length),
    revision: revision + 1,
  };
}

/**
 * Names are as the specification has them; `ce-awpsversion` is what the libraries of Web PubSub know an event's
 * handshake by. No header and no credential of the subscription's: nobody there has agreed to anything yet.
 */
function handshakeRequest(
  { id, target, policy }: Subscription,
  { origin, callbackUrl }: Confirmation,
  key: string,
): HandshakeRequest {
  const { ratePerSecond, timeoutSeconds } = policy;
  return {
    url: target,
    headers: {
      'webhook-request-origin': origin,
      'webhook-request-callback': `${callbackUrl}?id=${id}&key=${key}`,
      ...(ratePerSecond !== undefined && {
        'webhook-request-rate': `${Math.max(1, Math.floor(ratePerSecond * 60))}`,
      }),
      'ce-awpsversion': '1.0',
    },
    timeoutSeconds,
  };
}

function after(
  { nextAt: _, lastFailure: __, lastStatus: ___, ...claimed }: Confirmation,
  verdict: GrantVerdict,
  status: number | undefined,
  now: Date,
): Confirmation {
  const told = {
    ...claimed,
    ...(status !== undefined && { lastStatus: status }),
    revision: claimed.revision + 1,
  };
  if (verdict.outcome === 'granted') {
    const { ratePerMinute } = verdict;
    return {
      ...told,
      ...{ state: 'granted', grantedAt: now.toISOString(), grantedBy: 'answer' },
      ...(ratePerMinute !== undefined && { ratePerMinute }),
    };
  }
  const wait = HANDSHAKE_WAITS[claimed.attempts - 1];
  return {
    ...told,
    lastFailure: verdict.failure,
    ...(wait === undefined
      ? { state: 'refused' }
      : { nextAt: new Date(now.getTime() + wait * 1000).toISOString() }),
  };
}

async function record(
  message: ConfirmationMessage,
  next: Confirmation,
  { confirmations, now }: ConfirmPorts,
): Promise<ConfirmOutcome> {
  if ((await confirmations.write(referenceOf(message), next)) === 'conflict') {
    // A callback was faster, or the owner.
    return { outcome: 'over' };
  }
  if (next.state === 'pending') {
    const again = { ...message, attempts: next.attempts };
    await confirmations.ask(again, Math.min(secondsUntil(next.nextAt, now()), LONGEST_DELAY_SECONDS));
  }
  const { lastFailure: failure = 'unknown', lastStatus: status } = next;
  return next.state === 'granted'
    ? { outcome: 'granted' }
    : {
        outcome: next.state === 'refused' ? 'refused' : 'withheld',
        failure,
        ...(status !== undefined && { status }),
      };
}
