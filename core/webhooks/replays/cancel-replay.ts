import { ServiceError } from '../../errors';
import type { Principal } from '../../principal';
import type { SubscriptionStore } from '../../topics/ports';
import { findOwnSubscription } from '../../topics/subscriptions/change-subscription';
import { endedReplay, type LiveGate, type Replay, type ReplayKey, type ReplayStore } from './replay';

const MAX_WRITES = 5;

/**
 * Ends a replay early. What is queued already is still sent, a minute's worth at most; live deliveries go.
 * @param at ISO 8601.
 * @throws ServiceError `not_found`, `conflict` when it has ended.
 */
export async function cancelReplay(
  key: ReplayKey,
  principal: Principal,
  ports: {
    readonly subscriptions: Pick<SubscriptionStore, 'find'>;
    readonly replays: Pick<ReplayStore, 'find' | 'write'>;
    readonly gate: LiveGate;
  },
  at: string,
): Promise<Replay> {
  const subscription = await findOwnSubscription(key.subscriptionId, principal, ports.subscriptions);
  for (let writes = 0; writes < MAX_WRITES; writes += 1) {
    const replay = requireReplay(await ports.replays.find(key));
    if (replay.state !== 'running') {
      throw new ServiceError('conflict', `the replay is ${replay.state} already`);
    }
    const ended = endedReplay(replay, { state: 'cancelled', reason: 'requested' }, at);
    if ((await ports.replays.write(ended)) === 'written') {
      await ports.gate.open(subscription, key.run);
      return ended;
    }
  }
  throw new Error('the replay keeps changing while it is being cancelled');
}

/** @throws ServiceError `not_found`. */
export function requireReplay(replay: Replay | undefined): Replay {
  if (!replay) {
    throw new ServiceError('not_found', 'the subscription has no replay of that run');
  }
  return replay;
}
