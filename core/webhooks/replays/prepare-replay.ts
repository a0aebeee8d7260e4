import { ServiceError } from '../../errors';
import { selectorText } from '../../events/event';
import type { Subscription } from '../../topics/subscriptions/subscription';
import type { RunNumbers } from '../ports';
import { newReplay, type Replay, type ReplayStore } from './replay';
import { endOfHistory } from './replay-window';

/** What a subscriber of the peers gets by default, too: a subscriber that is up takes it. */
const DEFAULT_RATE_PER_SECOND = 100;

export interface ReplayRequest {
  /** ISO 8601. */
  readonly from: 'start' | string;
  readonly to?: string | undefined;
  readonly ratePerSecond?: number | undefined;
}

export interface PrepareReplayPorts {
  readonly replays: Pick<ReplayStore, 'create' | 'find' | 'write'>;
  readonly runs: Pick<RunNumbers, 'takeFirst'>;
}

/** The run of the replay that a subscription is made with. */
export const FIRST_RUN = 1;

/**
 * Prepares the replay of a subscription that is about to be made with `replaying: FIRST_RUN`. The replay is there
 * first: after a crash in between it finds no subscription and ends, while a subscription without it would wait for
 * ever. Repeating it changes nothing.
 * @throws ServiceError `body_invalid` for a time that is not past.
 */
export async function prepareReplay(
  subscription: Subscription,
  from: string,
  { replays, runs }: PrepareReplayPorts,
): Promise<void> {
  const at = subscription.createdAt;
  const period = readPeriod({ from }, at);
  await runs.takeFirst(subscription.id);
  const replay = newReplay(
    { ...aboutReplay(subscription, {}), ...period, to: endOfHistory(at), run: FIRST_RUN, holdsLive: true },
    at,
  );
  if ((await replays.create(replay)) === 'already_exists') {
    await beginAnew(replay, replays);
  }
}

/** An earlier call made the replay and no subscription: where the replayer has given it up, it begins anew. */
async function beginAnew(replay: Replay, replays: PrepareReplayPorts['replays']): Promise<void> {
  const found = await replays.find(replay);
  if (found && found.state !== 'running') {
    await replays.write({ ...replay, version: found.version + 1 });
  }
}

/** The history ends where live deliveries begin at the latest: now. @throws ServiceError `body_invalid`. */
export function readPeriod(
  { from, to }: ReplayRequest,
  at: string,
): { readonly from?: string; readonly to: string } {
  const end = to === undefined || to > at ? at : to;
  if (from !== 'start' && from >= end) {
    throw new ServiceError('body_invalid', '"from" is a time before now, and before "to"');
  }
  return { ...(from !== 'start' && { from }), to: end };
}

/** What a replay takes over from its subscription. */
export function aboutReplay(
  subscription: Subscription,
  { ratePerSecond }: Pick<ReplayRequest, 'ratePerSecond'>,
) {
  return {
    subscriptionId: subscription.id,
    selector: selectorText(subscription.topic),
    subscribedAt: subscription.createdAt,
    ratePerSecond: ratePerSecond ?? DEFAULT_RATE_PER_SECOND,
  };
}
