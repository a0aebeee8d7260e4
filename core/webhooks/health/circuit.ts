import type {
  Circuit,
  DeliveryPolicy,
  Subscription,
  TargetHealth,
  WebhookFormat,
} from '../../topics/subscriptions/subscription';
import { parseRetryAfter } from '../attempts/retry-after';
import type { Attempt } from '../deliveries/delivery';

/** Answers in a row that say that nobody is there: fewer happen to every healthy target now and then. */
const UNAVAILABLE_ALLOWED = 5;

const FIRST_OPEN_SECONDS = 30;

/** Also what a queue holds a message back at most, so that one hold covers an opening. */
const LONGEST_OPEN_SECONDS = 900;

/** How long a target is left alone that asks for mercy and does not say for how long. */
const PAUSE_SECONDS = 10;

/**
 * Whoever is sent CloudEvents may ask for a day, and nothing is sent before (webhooks 1.0.2, section 2.2). An attempt that
 * is held meanwhile counts as made in vain after an hour, as with any circuit, so that deliveries end nonetheless.
 */
const LONGEST_ASKED_SECONDS = 24 * 3600;
const TOO_MANY_REQUESTS = 429;

/** Too many requests, and a gateway whose backend does not keep up (design, section 8). */
const slowDownStatuses: ReadonlySet<number | undefined> = new Set([429, 502, 504]);

/** Those who wait for a circuit come back spread over this share of the wait, and over some seconds at least. */
const SPREAD = 0.2;
const LEAST_SPREAD_SECONDS = 5;

/** What a circuit says to an attempt. */
export type Gate =
  | { readonly state: 'closed' }
  | { readonly state: 'open'; readonly seconds: number }
  /** One worker may probe: whoever claims it. */
  | { readonly state: 'half_open'; readonly circuit: Circuit };

/** Where there is one attempt only, holding it back for others' failures would change when it is made, not how often. */
export function usesCircuit({ circuit, scheduleSeconds }: DeliveryPolicy): boolean {
  return circuit !== false && scheduleSeconds.length > 0;
}

/** @param random from 0 (inclusive) to 1 (exclusive). */
export function circuitGate({ policy, health }: Subscription, now: Date, random: number): Gate {
  const circuit = health?.circuit;
  if (!circuit || !usesCircuit(policy)) {
    return { state: 'closed' };
  }
  const openSeconds = secondsLeft(circuit.openUntil, now);
  if (openSeconds > 0) {
    const spread = Math.max(LEAST_SPREAD_SECONDS, SPREAD * openSeconds);
    return { state: 'open', seconds: openSeconds + random * spread };
  }
  return secondsLeft(circuit.probeUntil, now) > 0
    ? { state: 'open', seconds: whileProbed(random) }
    : { state: 'half_open', circuit };
}

/** Seconds to wait for somebody else's probe: an answer takes a moment, and the next one may be needed to probe. */
export function whileProbed(random: number): number {
  return 2 + 4 * random;
}

/** No answer, 5xx or 429; what is wrong with the request alone says nothing about the target. */
export function isUnavailable({ status, failure }: Pick<Attempt, 'status' | 'failure'>): boolean {
  return status === undefined ? failure !== 'request_invalid' : status >= 500 || status === 429;
}

/** Whether an answer says that the target cannot keep up. */
export function asksToSlowDown(status: number | undefined): boolean {
  return slowDownStatuses.has(status);
}

/**
 * The circuit that a failed attempt opens, if it opens one: after five unavailable answers in a row for 30 s, after
 * a failed probe for twice as long as before (15 minutes at most), and at once for as long as a target asks.
 * @param options.health with this failure counted.
 */
export function circuitAfter(options: {
  readonly format: WebhookFormat;
  readonly health: TargetHealth;
  readonly attempt: Attempt;
  readonly heedsAnswers?: boolean | undefined;
  readonly wasProbe: boolean;
  readonly retryAfter?: string | undefined;
  readonly now: Date;
}): Circuit | undefined {
  const { format, health, attempt, heedsAnswers = true, wasProbe, retryAfter, now } = options;
  const { circuit } = health;
  const isSlow = heedsAnswers && asksToSlowDown(attempt.status);
  const isRepeated = health.unavailable >= UNAVAILABLE_ALLOWED;
  const trips = isUnavailable(attempt) && (wasProbe ? isRepeated || !isSlow : isRepeated && !circuit);
  const opens = (circuit?.opens ?? 0) + (trips ? 1 : 0);
  const seconds = Math.max(
    trips ? Math.min(FIRST_OPEN_SECONDS * 2 ** (opens - 1), LONGEST_OPEN_SECONDS) : 0,
    isSlow ? pauseSeconds(retryAfter, longestPause(format, attempt), now) : 0,
  );
  const openUntil = new Date(now.getTime() + seconds * 1000).toISOString();
  return seconds > 0 && (!circuit || openUntil > circuit.openUntil) ? { openUntil, opens } : undefined;
}

function pauseSeconds(retryAfter: string | undefined, longest: number, now: Date): number {
  const asked = retryAfter === undefined ? undefined : parseRetryAfter(retryAfter, now);
  return Math.min(Math.max(1, asked ?? PAUSE_SECONDS), longest);
}

function longestPause(format: WebhookFormat, { status }: Attempt): number {
  return format === 'cloudevents' && status === TOO_MANY_REQUESTS
    ? LONGEST_ASKED_SECONDS
    : LONGEST_OPEN_SECONDS;
}

function secondsLeft(at: string | undefined, now: Date): number {
  return at === undefined ? 0 : (Date.parse(at) - now.getTime()) / 1000;
}
