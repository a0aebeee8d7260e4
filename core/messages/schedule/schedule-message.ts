import { requireEventSize } from '../../events/event-size';
import { AHEAD_SECONDS } from '../../requeue-due';
import { jobIds } from '../accept-message';
import { INVALID, refuse } from '../field-errors';
import { jobId } from '../job-id';
import { type Message, toEvent } from '../message';
import type { TopicReader } from '../ports';
import type { ReleaseQueue, ScheduleStore } from './schedule-ports';
import { delaySecondsUntil, type ReleaseMessage } from './scheduled-message';

export interface ScheduleMessagePorts {
  readonly topics: TopicReader;
  readonly schedule: Pick<ScheduleStore, 'park'>;
  readonly queue: ReleaseQueue;
  /** A new event's. */
  readonly makeId: () => string;
  readonly now: () => Date;
  /** Is told that the queue failed: the message is safe, and the tick will find it. */
  readonly onQueueFailure: (failure: unknown) => void;
}

/** Ids are digests of 53 bits: that one is taken happens to nobody, that two are in a row does not happen. */
const TRIES = 3;

/** Whom the id of a message is made for that has no consumer. */
const NOBODY = 'scheduled';

/**
 * Accepts a message for a time, which counts as now when it has passed: its row is in the store when this returns.
 * One that the tick would be late for is queued at once. Who gets it is decided when it is released.
 * @param scheduledAt ISO 8601, UTC, with milliseconds.
 * @returns the ids of its jobs as the topic's consumers are now, the newest consumer's first.
 * @throws RefusedFields for a topic that there is not; ServiceError `body_too_large`.
 */
export async function scheduleMessage(
  message: Message,
  scheduledAt: string,
  ports: ScheduleMessagePorts,
): Promise<readonly number[]> {
  const acceptedAt = ports.now().toISOString();
  const at = scheduledAt > acceptedAt ? scheduledAt : acceptedAt;
  requireEventSize(toEvent(message, { id: ports.makeId(), at }), 'message');
  const found = await ports.topics.read(message.topic);
  if (!found) {
    throw refuse('topic', INVALID);
  }
  for (let tries = 0; tries < TRIES; tries += 1) {
    const event = toEvent(message, { id: ports.makeId(), at });
    const ids = jobIds(event, found.consumers);
    // The oldest consumer's: who repeats the call finds it again, whoever has subscribed meanwhile.
    const [id = jobId(event.id, NOBODY), ...others] = ids.toReversed();
    const times = { scheduledAt: at, acceptedAt };
    const row = { id, topic: message.topic, eventId: event.id, event, ...times };
    if ((await ports.schedule.park(row, others)) === 'parked') {
      await queueWhatIsNear({ v: 1, id, topic: message.topic, scheduledAt: at }, ports);
      return ids;
    }
  }
  throw new Error('the ids of a scheduled message were taken again and again');
}

async function queueWhatIsNear(
  message: ReleaseMessage,
  { queue, now, onQueueFailure }: ScheduleMessagePorts,
): Promise<void> {
  const delaySeconds = delaySecondsUntil(message.scheduledAt, now());
  if (delaySeconds > AHEAD_SECONDS) {
    return;
  }
  try {
    await queue.send([{ message, delaySeconds }]);
  } catch (failure) {
    onQueueFailure(failure);
  }
}
