import { requeueDue, SAFETY_MILLISECONDS } from '../../requeue-due';
import { type ReleaseQueue, SCHEDULE_SHARDS, type ScheduleStore } from './schedule-ports';
import { type DueMessage, delaySecondsUntil } from './scheduled-message';

export interface RequeueMessagesPorts {
  readonly schedule: Pick<ScheduleStore, 'due' | 'postpone'>;
  readonly queue: ReleaseQueue;
  readonly now: () => Date;
}

/**
 * Queues the scheduled messages whose time comes soon, each with the delay that is left. One that is queued twice is
 * released once.
 * @param deadline no page is begun after it; the next tick goes on.
 * @returns how many were queued, and whether anything was left for the next tick.
 */
export function requeueMessages(
  ports: RequeueMessagesPorts,
  deadline: Date,
): Promise<{ readonly queued: number; readonly complete: boolean }> {
  const rows = {
    shards: SCHEDULE_SHARDS,
    due: ports.schedule.due,
    nameOf: ({ id }: DueMessage) => String(id),
    requeue: (due: readonly DueMessage[], at: Date) => requeuePage(due, at, ports),
  };
  return requeueDue(rows, ports.now, deadline);
}

async function requeuePage(due: readonly DueMessage[], at: Date, { queue, schedule }: RequeueMessagesPorts) {
  await queue.send(
    due.map(({ id, topic, scheduledAt }) => ({
      message: { v: 1, id, topic, scheduledAt },
      delaySeconds: delaySecondsUntil(scheduledAt, at),
    })),
  );
  const to = new Date(at.getTime() + SAFETY_MILLISECONDS).toISOString();
  await Promise.all(due.map((message) => schedule.postpone(message, to)));
}
