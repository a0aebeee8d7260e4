import type { DeliveryPolicy, WebhookFormat } from '../../topics/subscriptions/subscription';
import { asksToSlowDown } from '../health/circuit';
import type { TargetResult } from '../ports';
import { parseRetryAfter } from './retry-after';

/** What follows from an attempt. */
export type AfterAttempt =
  | { readonly outcome: 'delivered' }
  | { readonly outcome: 'postponed'; readonly delaySeconds: number }
  | {
      readonly outcome: 'dead';
      /** Why in a word; the attempt itself says what happened. */
      readonly reason: 'gone' | 'format_not_understood' | 'final_status' | 'attempts_used_up';
    };

/** How an attempt went: as the target took it, or not made at all because a circuit kept it back for too long. */
export type AttemptResult =
  | TargetResult
  | { readonly milliseconds: number; readonly failure: 'circuit_open' };

/** The target says that it will not come back: the subscription is switched off (Standard Webhooks). */
const GONE = 410;

/** What receivers of CloudEvents answer to a format that they do not read (webhooks 1.0.2, section 2.2). */
const FORMAT_NOT_UNDERSTOOD = 415;

/** A target that cannot keep up is not helped by a retry after seconds. */
const SLOW_DOWN_SECONDS = 60;

/** A subscriber may ask for at least this long, however short the schedule's wait is. */
const RETRY_AFTER_FLOOR_SECONDS = 3600;

/**
 * Decides what follows from an attempt: the subscription's success rule, its final statuses, its schedule.
 * @param attempt number of the attempt, from 1.
 * @param scheduleStart the attempt that the schedule counts from.
 * @param elapsedSeconds since that attempt, pauses not counted: the policy may end there.
 * @param random from 0 (inclusive) to 1 (exclusive).
 */
export function decideAfterAttempt(options: {
  readonly policy: DeliveryPolicy;
  readonly format: WebhookFormat;
  readonly attempt: number;
  readonly scheduleStart: number;
  readonly elapsedSeconds?: number;
  readonly result: AttemptResult;
  readonly now: Date;
  readonly random: number;
}): AfterAttempt {
  const { policy, format, attempt, scheduleStart, elapsedSeconds = 0, result, now, random } = options;
  const status = 'status' in result ? result.status : undefined;
  if (status !== undefined && isSuccess(policy, status)) {
    return { outcome: 'delivered' };
  }
  // Whose failures are counted for ever is switched off by that count and nothing else: contract ADS, section 7.
  const { heedsAnswers = true, longestSeconds = Number.POSITIVE_INFINITY } = policy;
  if (status === GONE && heedsAnswers && policy.disable?.counts !== 'ever') {
    return { outcome: 'dead', reason: 'gone' };
  }
  if (status === FORMAT_NOT_UNDERSTOOD && format === 'cloudevents') {
    return { outcome: 'dead', reason: 'format_not_understood' };
  }
  const isFinal = 'isFinal' in result && result.isFinal === true;
  if (isFinal || (status !== undefined && policy.finalStatuses.includes(status))) {
    return { outcome: 'dead', reason: 'final_status' };
  }
  const wait = policy.scheduleSeconds[attempt - scheduleStart] ?? policy.repeatSeconds;
  if (wait === undefined) {
    return { outcome: 'dead', reason: 'attempts_used_up' };
  }
  const asked = 'retryAfter' in result && result.retryAfter ? parseRetryAfter(result.retryAfter, now) : 0;
  const least = asksToSlowDown(status) ? SLOW_DOWN_SECONDS : 0;
  const own = jittered(wait, policy, random);
  const delay = heedsAnswers ? Math.max(withPatience(own, wait, asked ?? 0), least) : own;
  return elapsedSeconds + delay > longestSeconds
    ? { outcome: 'dead', reason: 'attempts_used_up' }
    : { outcome: 'postponed', delaySeconds: delay };
}

function isSuccess({ success }: DeliveryPolicy, status: number): boolean {
  return success === '200' ? status === 200 : status >= 200 && status < 300;
}

function jittered(wait: number, { jitter, jitterAdds }: DeliveryPolicy, random: number): number {
  const share = jitterAdds ? random : 2 * random - 1;
  return Math.max(0, Math.round(wait * (1 + jitter * share)));
}

/**
 * Longer when the subscriber asks for it, but never shorter than the schedule
 * and never beyond twice the schedule's wait or an hour, whichever is more: no answer can stall a delivery.
 */
function withPatience(own: number, wait: number, asked: number): number {
  return Math.max(own, Math.min(asked, Math.max(2 * wait, RETRY_AFTER_FLOOR_SECONDS)));
}
