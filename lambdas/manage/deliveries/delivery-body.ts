import { parseTopicKey } from '../../../core/events/event';
import { topicReferenceText } from '../../../core/topics/topic-reference';
import { type Delivery, deliveryId } from '../../../core/webhooks/deliveries/delivery';
import type { DeliveryReply } from './delivery-replies';

/** A delivery as the manage door shows it; the claim and the version are the engine's own. */
export function toDeliveryBody(delivery: Delivery): DeliveryReply {
  return {
    id: deliveryId(delivery),
    event_id: delivery.eventId,
    subscription_id: delivery.subscriptionId,
    run: delivery.run,
    topic: topicReferenceText(parseTopicKey(delivery.topic)),
    state: delivery.state,
    reason: delivery.reason,
    attempt: delivery.attempt,
    attempts: delivery.attempts,
    resends: delivery.resends,
    held_seconds: delivery.heldSeconds,
    held_reason: delivery.keptReason,
    next_attempt_at: delivery.nextAttemptAt,
    created_at: delivery.createdAt,
    updated_at: delivery.updatedAt,
    ended_at: delivery.endedAt,
  };
}
