import * as z from 'zod';
import type { EventStream } from '../../events/ports';
import type { ReleaseQueue, ScheduleStore } from './schedule-ports';
import { delaySecondsUntil, type ReleaseMessage } from './scheduled-message';

export interface ReleasePorts {
  readonly schedule: Pick<ScheduleStore, 'claim' | 'endReleased'>;
  readonly events: EventStream;
  readonly queue: ReleaseQueue;
  /** Waits that many milliseconds. */
  readonly pause: (milliseconds: number) => Promise<unknown>;
  readonly now: () => Date;
}

export type ReleaseOutcome =
  | {
      readonly outcome: 'released';
      readonly eventId: string;
      /** After its time; what is left of the way to its consumers is dispatch. */
      readonly lateMilliseconds: number;
    }
  /** Its time has not come by the clock of this machine: it was queued again. */
  | { readonly outcome: 'early' }
  /** Released before, or cancelled. */
  | { readonly outcome: 'ended' };

/** A queue counts in seconds, and clocks differ by less than this; what is earlier goes back to it. */
const LONGEST_PAUSE_MILLISECONDS = 2000;

const releaseMessageSchema = z.object({
  v: z.literal(1),
  id: z.int().min(1),
  topic: z.string().min(1),
  scheduledAt: z.iso.datetime(),
  failures: z.int().min(1).exactOptional(),
});

/** A message of the queue; `undefined` when it is none. */
export function parseReleaseMessage(body: unknown): ReleaseMessage | undefined {
  return releaseMessageSchema.safeParse(body).data;
}

/**
 * Releases a scheduled message at its time: claims its row, puts its event into the stream, ends the row. A crash
 * in between leaves it claimed, and whoever comes next puts the same event in once more, which dispatch takes for a
 * duplicate.
 * @throws when a store or the stream fails: to be repeated.
 */
export async function releaseMessage(message: ReleaseMessage, ports: ReleasePorts): Promise<ReleaseOutcome> {
  const early = Date.parse(message.scheduledAt) - ports.now().getTime();
  if (early > LONGEST_PAUSE_MILLISECONDS) {
    await sendAgain(message, delaySecondsUntil(message.scheduledAt, ports.now()), ports);
    return { outcome: 'early' };
  }
  if (early > 0) {
    await ports.pause(early);
  }
  const claimed = await ports.schedule.claim(message.id);
  if (!claimed) {
    return { outcome: 'ended' };
  }
  const { event } = claimed;
  await ports.events.append([{ partitionKey: event.id, events: [event] }]);
  const at = ports.now();
  await ports.schedule.endReleased(message.id, at.toISOString());
  const lateMilliseconds = Math.max(at.getTime() - Date.parse(message.scheduledAt), 0);
  return { outcome: 'released', eventId: event.id, lateMilliseconds };
}

/** Together some eight minutes: well before the tick looks at the row again, so that there is one message of it. */
const FAILURES_ALLOWED = 8;

/**
 * Sends a message again that could not be released because a store or the stream failed, after 2 s and then twice as
 * long each time: left to the queue it would be hidden for six time-outs of the worker.
 * @returns false when it is left to the tick, which finds the row some twenty minutes after it was queued.
 * @throws when the queue fails as well.
 */
export async function postponeRelease(
  message: ReleaseMessage,
  ports: Pick<ReleasePorts, 'queue'>,
): Promise<boolean> {
  const failures = (message.failures ?? 0) + 1;
  if (failures > FAILURES_ALLOWED) {
    return false;
  }
  await sendAgain({ ...message, failures }, 2 ** failures, ports);
  return true;
}

async function sendAgain(
  message: ReleaseMessage,
  delaySeconds: number,
  { queue }: Pick<ReleasePorts, 'queue'>,
) {
  await queue.send([{ message, delaySeconds }]);
}
