import { isArn } from '../../webhooks/targets/target-arn';
import type { DeliveryPolicy, Subscription } from './subscription';

/**
 * What a target has said to the handshake that protects it from being sent what nobody there expects (CloudEvents,
 * webhooks 1.0.2, section 4). It is of one target: another begins with another.
 */
export interface Confirmation {
  /** Names this asking. */
  readonly id: string;
  /** `refused`: it was asked for a day in vain, and is not asked any more by itself. */
  readonly state: 'pending' | 'granted' | 'refused';
  /** The host that asks, and that every delivery then names. */
  readonly origin: string;
  /** Where a grant may be brought later. */
  readonly callbackUrl: string;
  /** ISO 8601. */
  readonly askedAt: string;
  /** How often the target was asked. */
  readonly attempts: number;
  /** ISO 8601: when it is asked again, while pending. */
  readonly nextAt?: string;
  /** SHA-256 of the key of each callback that was handed out. */
  readonly callbackHashes: readonly string[];
  /** Why the last attempt brought no grant, in a word; the status of its answer. */
  readonly lastFailure?: string;
  readonly lastStatus?: number;
  /** ISO 8601. */
  readonly grantedAt?: string;
  readonly grantedBy?: 'answer' | 'callback';
  /** Requests a minute that the target lets us send. @default as many as we like */
  readonly ratePerMinute?: number;
  /** Counts the writes, from 1: a write is refused when it has moved on since it was read. */
  readonly revision: number;
}

const ID_BYTES = 12;

/** @param by the address under which the API is called from outside. @param at ISO 8601. */
export function newConfirmation(by: {
  readonly baseUrl: string;
  /** Cryptographically random. */
  readonly random: (count: number) => Uint8Array;
  readonly at: string;
}): Confirmation {
  const { baseUrl, random, at } = by;
  return {
    id: Buffer.from(random(ID_BYTES)).toString('base64url'),
    state: 'pending',
    origin: new URL(baseUrl).host,
    callbackUrl: `${baseUrl.replace(/\/$/, '')}/confirmations`,
    askedAt: at,
    attempts: 0,
    nextAt: at,
    callbackHashes: [],
    revision: 1,
  };
}

/** Whether a subscription is of a kind that its target has to agree to. What the account owns need not be asked. */
export function needsConfirmation({ format, target }: Pick<Subscription, 'format' | 'target'>): boolean {
  return format === 'cloudevents' && !isArn(target);
}

/** Whether deliveries to it end as dead letters, because its target has not agreed and is not asked any more. */
export function isUnconfirmed(subscription: Subscription): boolean {
  const state = subscription.confirmation?.state ?? 'refused';
  return needsConfirmation(subscription) && state === 'refused';
}

/** The policy with the lower of two rates: the owner's and what the target allows. */
export function allowedPolicy({ policy, confirmation }: Subscription): DeliveryPolicy {
  const allowed = confirmation?.ratePerMinute;
  if (allowed === undefined) {
    return policy;
  }
  return {
    ...policy,
    ratePerSecond: Math.min(policy.ratePerSecond ?? Number.POSITIVE_INFINITY, allowed / 60),
  };
}
