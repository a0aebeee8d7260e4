import { ServiceError } from '../../errors';
import type { ScheduleStore } from './schedule-ports';

/**
 * Cancels a scheduled message, by any of the ids that it was accepted under: nobody gets it. Repeating it changes
 * nothing. Of a cancellation and a release that meet, one wins.
 * @throws ServiceError `not_found` for an id that no scheduled message has, or had long ago; `conflict` when it is released.
 */
export async function cancelMessage(
  id: number,
  ports: { readonly schedule: Pick<ScheduleStore, 'find' | 'cancel'>; readonly now: () => Date },
): Promise<void> {
  const found = await ports.schedule.find(id);
  if (!found) {
    throw new ServiceError('not_found', 'there is no scheduled message of that id');
  }
  if (found.state === 'cancelled' || (await ports.schedule.cancel(found.id, ports.now().toISOString()))) {
    return;
  }
  if ((await ports.schedule.find(id))?.state !== 'cancelled') {
    throw new ServiceError(
      'conflict',
      'the message has been released already; it can no longer be cancelled',
    );
  }
}
