import { ServiceError } from '../errors';
import { type Principal, requireScope } from '../principal';
import { findOwnSubscription } from '../topics/change-subscription';
import type { SubscriptionStore } from '../topics/ports';
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
 * @throws ServiceError `not_found`, `conflict` (it is not active, or another replay runs), `body_invalid` (times),
 *   `insufficient_scope` (a system topic).
 */
export async function startReplay(
  subscriptionId: string,
  request: ReplayRequest,
  principal: Principal,
  { subscriptions, replays, runs }: StartReplayPorts,
  at: string,
): Promise<Replay> {
  const subscription = await findOwnSubscription(subscriptionId, principal, subscriptions);
  if (subscription.topic.door === 'system') {
    requireScope(principal, 'subscriptions:system');
  }
  const period = readPeriod(request, at);
  if (subscription.state !== 'active') {
    throw new ServiceError('conflict', `the subscription is ${subscription.state}; switch it on first`);
  }
  const running = (await replays.list(subscription.id, NEWEST)).find(({ state }) => state === 'running');
  if (running) {
    throw new ServiceError(
      'conflict',
      `replay ${running.run} of this subscription is running; wait for its end or cancel it`,
    );
  }
  const run = await runs.next(subscription.id);
  const replay = newReplay({ ...aboutReplay(subscription, request), ...period, run, holdsLive: false }, at);
  await replays.create(replay);
  return replay;
}
