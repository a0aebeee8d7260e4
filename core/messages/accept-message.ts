import type { Event } from '../events/event';
import { requireEventSize } from '../events/event-size';
import type { EventIntake, OfferOutcome } from '../events/ports';
import { INVALID, refuse } from './field-errors';
import { jobId } from './job-id';
import { type Message, toEvent } from './message';
import type { ConsumerSubscription, TopicReader } from './ports';

export interface AcceptPorts {
  readonly topics: TopicReader;
  readonly stream: EventIntake;
}

/** `throttled` and `failed` are worth repeating; the latter may have been accepted. */
export type Acceptance =
  | { readonly outcome: 'accepted'; readonly ids: readonly number[] }
  | { readonly outcome: Exclude<OfferOutcome, 'taken'> };

/**
 * Accepts a message: it is in the stream when this returns `accepted`, whoever listens. One read, one write.
 * @param options as in {@link toEvent}.
 * @returns the ids of its jobs, the newest consumer's first.
 * @throws RefusedFields for a topic that there is not; ServiceError `body_too_large`.
 */
export async function acceptMessage(
  message: Message,
  options: { readonly id: string; readonly at: string },
  { topics, stream }: AcceptPorts,
): Promise<Acceptance> {
  const event = requireEventSize(toEvent(message, options), 'message');
  const found = await topics.read(message.topic);
  if (!found) {
    throw refuse('topic', INVALID);
  }
  // A key of its own: the original keeps no order, and one busy topic shall not queue up.
  const [outcome = 'failed'] = await stream.offer([{ partitionKey: event.id, events: [event] }]);
  return outcome === 'taken' ? { outcome: 'accepted', ids: jobIds(event, found.consumers) } : { outcome };
}

/** Of one message: a job for each consumer, in their order. */
export function jobIds({ id }: Pick<Event, 'id'>, consumers: readonly ConsumerSubscription[]): number[] {
  return consumers.map((consumer) => jobId(id, consumer.id));
}
