import { ServiceError } from '../errors';
import { type Idempotency, requireSameRequest } from '../idempotency';
import { type Principal, requireScope } from '../principal';
import { findOwnSubscription } from '../topics/change-subscription';
import type { SubscriptionStore } from '../topics/ports';
import type { Subscription } from '../topics/subscription';
import type { RunNumbers } from './ports';
import { aboutReplay, type ReplayRequest, readPeriod } from './prepare-replay';
import { newReplay, type Replay, type ReplayStore } from './replay';

export interface StartReplayPorts {
  readonly subscriptions: Pick<SubscriptionStore, 'find'>;
  readonly replays: Pick<ReplayStore, 'create' | 'list'>;
  readonly runs: RunNumbers;
}

/** Where a running replay is looked for. */
const NEWEST = 20;

/**
 * Starts a replay of what a subscription listens to, in a run of its own; live deliveries go on meanwhile.
 * @param at ISO 8601.
 * @param idempotency with it a repetition finds the replay that the first call started.
 * @throws ServiceError `not_found`, `conflict` (it is not active, another replay runs, or the key was used with
 *   another body), `body_invalid` (times), `insufficient_scope` (a system topic).
 */
export async function startReplay(
  subscriptionId: string,
  request: ReplayRequest,
  principal: Principal,
  { subscriptions, replays, runs }: StartReplayPorts,
  at: string,
  idempotency?: Idempotency,
): Promise<{ readonly replay: Replay; readonly isReplay: boolean }> {
  const subscription = await findOwnSubscription(subscriptionId, principal, subscriptions);
  if (subscription.topic.door === 'system') {
    requireScope(principal, 'subscriptions:system');
  }
  const newest = await replays.list(subscription.id, NEWEST);
  const earlier = idempotency && newest.find(({ madeBy }) => madeBy?.seed === idempotency.seed);
  if (idempotency && earlier) {
    requireSameRequest(idempotency, earlier.madeBy?.digest);
    return { replay: earlier, isReplay: true };
  }
  const period = readPeriod(request, at);
  requireFree(subscription, newest);
  const run = await runs.next(subscription.id);
  const replay = newReplay(
    {
      ...aboutReplay(subscription, request),
      ...period,
      run,
      holdsLive: false,
      ...(idempotency && { madeBy: { seed: idempotency.seed, digest: idempotency.digest } }),
    },
    at,
  );
  await replays.create(replay);
  return { replay, isReplay: false };
}

function requireFree({ state }: Subscription, replays: readonly Replay[]): void {
  if (state !== 'active') {
    throw new ServiceError('conflict', `the subscription is ${state}; switch it on first`);
  }
  const running = replays.find((replay) => replay.state === 'running');
  if (running) {
    throw new ServiceError(
      'conflict',
      `replay ${running.run} of this subscription is running; wait for its end or cancel it`,
    );
  }
}
