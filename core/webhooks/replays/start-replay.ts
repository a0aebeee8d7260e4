import { ServiceError } from '../../errors';
import { type Idempotency, requireSameRequest } from '../../idempotency';
import { type Principal, requireScope } from '../../principal';
import type { SubscriptionStore } from '../../topics/ports';
import { findOwnSubscription } from '../../topics/subscriptions/change-subscription';
import { isUnconfirmed } from '../../topics/subscriptions/confirmation';
import type { Subscription } from '../../topics/subscriptions/subscription';
import type { RunNumbers } from '../ports';
import { aboutReplay, type ReplayRequest, readPeriod } from './prepare-replay';
import { endedReplay, newReplay, type Replay, type ReplayStore } from './replay';

export interface StartReplayPorts {
  readonly subscriptions: Pick<SubscriptionStore, 'find'>;
  readonly replays: Pick<ReplayStore, 'create' | 'find' | 'list' | 'write'>;
  readonly runs: RunNumbers;
}

/** Where a running replay is looked for. */
const NEWEST = 20;

/** Why a replay ended that was never begun: another call was starting one at the same moment. */
const WITHDRAWN = 'withdrawn';

/** The replayer may have taken it up already. */
const MAX_WRITES = 5;

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
  const earlier = idempotency && newest.find((one) => one.reason !== WITHDRAWN && isOf(one, idempotency));
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
  await requireAlone(replay, replays, at);
  return { replay, isReplay: false };
}

function isOf({ madeBy }: Replay, { seed }: Idempotency): boolean {
  return madeBy?.seed === seed;
}

/**
 * Of calls at the same moment each may have looked before any had made its own. Whoever meets another withdraws, and
 * so do both when they meet each other: none is started twice, and the caller repeats the call.
 */
async function requireAlone(
  { subscriptionId, run }: Replay,
  replays: StartReplayPorts['replays'],
  at: string,
): Promise<void> {
  const newest = await replays.list(subscriptionId, NEWEST);
  if (!newest.some((one) => one.state === 'running' && one.run !== run)) {
    return;
  }
  for (let writes = 0; writes < MAX_WRITES; writes += 1) {
    const own = await replays.find({ subscriptionId, run });
    const end = { state: 'cancelled', reason: WITHDRAWN } as const;
    if (own?.state !== 'running' || (await replays.write(endedReplay(own, end, at))) === 'written') {
      throw new ServiceError(
        'conflict',
        'another call starts a replay of this subscription at the same moment; repeat this one in a moment',
      );
    }
  }
  throw new Error('the replay keeps changing while it is being withdrawn');
}

function requireFree(subscription: Subscription, replays: readonly Replay[]): void {
  const { state } = subscription;
  if (state !== 'active') {
    throw new ServiceError('conflict', `the subscription is ${state}; switch it on first`);
  }
  if (isUnconfirmed(subscription)) {
    throw new ServiceError(
      'conflict',
      'the target has not agreed to be sent CloudEvents; have it asked again: POST /v1/subscriptions/{id}/confirm',
    );
  }
  const running = replays.find((replay) => replay.state === 'running');
  if (running) {
    throw new ServiceError(
      'conflict',
      `replay ${running.run} of this subscription is running; wait for its end or cancel it`,
    );
  }
}
