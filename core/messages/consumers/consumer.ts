import { mintSigningSecret } from '../../topics/credentials/signing-secret';
import type { Consumer, DeliveryPolicy } from '../../topics/subscriptions/subscription';
import type { ConsumerSubscription } from '../ports';

/** What somebody wants of a consumer: contract Postoffice, section 1.2. */
export interface ConsumerRequest {
  readonly topic: string;
  readonly target: string;
  readonly type: ConsumerType;
  readonly active: boolean;
  /** `false`: the topic's history comes first. */
  readonly fromNow: boolean;
  readonly secondsTimeout?: number | null | undefined;
  readonly secondsRetry?: number | null | undefined;
  readonly chunkSize?: number | null | undefined;
}

export const consumerTypes = ['http', 'pubsub'] as const;
export type ConsumerType = (typeof consumerTypes)[number];

/** Contract Postoffice, section 1.2: what is not given, and what is given as nothing. */
const DEFAULT_TIMEOUT_SECONDS = 5;
const NULL_TIMEOUT_SECONDS = 30;

/** The longest time-out that the worker can wait for. */
const LONGEST_TIMEOUT_SECONDS = 30;

/** A delivery is a dead letter when it could not be delivered for so long; the original tries for 85 days. */
export const LONGEST_RETRY_SECONDS = 3 * 24 * 3600;

/**
 * The original's waits in seconds, those of three days: after attempt k 15 + 2^(k/5), the exponent rounded. Up to a
 * tenth more at random, never less.
 */
export const growingWaits: readonly number[] = makeGrowingWaits();

function makeGrowingWaits(): readonly number[] {
  const waits: number[] = [];
  for (let sum = 0; sum < LONGEST_RETRY_SECONDS; sum += waits.at(-1) ?? 0) {
    waits.push(15 + 2 ** Math.round((waits.length + 1) / 5));
  }
  return waits;
}

/** How hard a consumer is tried: docs/decisions/059-consumers-are-tried-as-by-postoffice.md. */
export function consumerPolicy({
  type,
  secondsTimeout,
  secondsRetry,
}: Partial<Pick<ConsumerRequest, 'type' | 'secondsTimeout' | 'secondsRetry'>>): DeliveryPolicy {
  const timeout = secondsTimeout === undefined ? DEFAULT_TIMEOUT_SECONDS : secondsTimeout;
  return {
    success: '2xx',
    finalStatuses: [],
    ...(secondsRetry
      ? { ...fixedWaits(secondsRetry), jitter: 0 }
      : { scheduleSeconds: growingWaits, jitter: 0.1 }),
    jitterAdds: true,
    longestSeconds: LONGEST_RETRY_SECONDS,
    // Of Google's the original knew nothing; a project whose quota is used up answers 429.
    ...(type !== 'pubsub' && { heedsAnswers: false }),
    timeoutSeconds: Math.min(timeout ?? NULL_TIMEOUT_SECONDS, LONGEST_TIMEOUT_SECONDS),
  };
}

function fixedWaits(seconds: number): Pick<DeliveryPolicy, 'scheduleSeconds' | 'repeatSeconds'> {
  return { scheduleSeconds: [seconds], repeatSeconds: seconds };
}

/** What is shown of a consumer beside its target, format and state. */
export function toConsumer(
  number: number,
  {
    secondsTimeout,
    secondsRetry,
    chunkSize,
  }: Pick<ConsumerRequest, 'secondsTimeout' | 'secondsRetry' | 'chunkSize'>,
): Consumer {
  return {
    number,
    ...(secondsTimeout !== undefined && { secondsTimeout }),
    ...(secondsRetry && { secondsRetry }),
    ...(chunkSize && { chunkSize }),
  };
}

/**
 * @param about.number its id at this door. @param about.owner who made it. @param about.at ISO 8601.
 * @param random cryptographically random.
 */
export function makeConsumer(
  request: ConsumerRequest,
  about: { readonly id: string; readonly number: number; readonly owner: string; readonly at: string },
  random: (count: number) => Uint8Array,
): ConsumerSubscription {
  const { id, number, owner, at } = about;
  return {
    id,
    topic: { door: 'topics', name: request.topic },
    owner,
    target: request.target,
    format: request.type === 'pubsub' ? 'pubsub' : 'postoffice',
    state: request.active ? 'active' : 'paused',
    policy: consumerPolicy(request),
    secrets: [{ secret: mintSigningSecret(random) }],
    headers: {},
    consumer: toConsumer(number, request),
    createdAt: at,
    updatedAt: at,
  };
}

export function typeOf({ format }: Pick<ConsumerSubscription, 'format'>): ConsumerType {
  return format === 'pubsub' ? 'pubsub' : 'http';
}
