import { parseTopicKey } from '../../../core/events/event';
import { topicReferenceText } from '../../../core/topics/topic-reference';
import type { Replay } from '../../../core/webhooks/replays/replay';
import type { ReplayReply } from './replay-replies';

/** A replay as its owner reads it: how far it is, and what tells when it will be done. */
export function toReplayBody(replay: Replay): ReplayReply {
  const { place, state } = replay;
  return {
    subscription_id: replay.subscriptionId,
    run: replay.run,
    state,
    reason: replay.reason,
    from: replay.from ?? 'start',
    // Where live deliveries wait, the history ends with the making of the subscription.
    to: replay.holdsLive ? undefined : replay.to,
    rate_per_second: replay.ratePerSecond,
    holds_live: replay.holdsLive,
    events_found: replay.found,
    sent: replay.sent,
    position:
      state === 'running' && place?.topics[0] !== undefined
        ? {
            topic: topicReferenceText(parseTopicKey(place.topics[0])),
            at: place.after && timeOfOrder(place.after),
          }
        : undefined,
    sending_until: replay.sendingUntil,
    created_at: replay.createdAt,
    updated_at: replay.updatedAt,
    ended_at: replay.endedAt,
  };
}

/** Orders begin with the moment of arrival, in milliseconds. */
function timeOfOrder(order: string): string {
  return new Date(Number.parseInt(order, 10)).toISOString();
}
