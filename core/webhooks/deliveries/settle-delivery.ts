import type { EventStream } from '../../events/ports';
import { LONGEST_DELAY_SECONDS } from '../../requeue-due';
import { deliveryDead, tellOperationalEvent } from '../notices/operational-events';
import type { DeadLetterQueue, DeliveryQueue } from '../ports';
import type { Delivery } from './delivery';
import { nextMessage, secondsUntil } from './delivery-steps';

export interface SettlePorts {
  readonly queue: DeliveryQueue;
  readonly deadLetters: DeadLetterQueue;
  readonly events: EventStream;
  readonly now: () => Date;
}

/**
 * Does what must follow once a row is written: queues the next attempt, or buries the dead and says so. The row is
 * the truth, so this is all that a step which crashed after its write has left undone, and doubles are harmless:
 * a second message finds its attempt claimed, a second dead letter points at the same row, a second event is known.
 * @throws when a queue or the events stream cannot be reached.
 */
export async function settleDelivery(row: Delivery, ports: SettlePorts): Promise<void> {
  if (row.state === 'dead') {
    await bury(row, ports);
  } else if (row.state === 'pending' && row.dueAt === undefined) {
    await queueNext(row, ports);
  }
}

async function queueNext(row: Delivery, { queue, now }: SettlePorts): Promise<void> {
  // Where a worker is at the attempt already, the message comes after its lease, in case that worker crashed.
  const at = now();
  const delay = Math.max(secondsUntil(row.nextAttemptAt, at), secondsUntil(row.claim?.leaseUntil, at));
  await queue.send([{ message: nextMessage(row), delaySeconds: Math.min(delay, LONGEST_DELAY_SECONDS) }]);
}

async function bury(row: Delivery, ports: SettlePorts): Promise<void> {
  const { eventId, subscriptionId, run, reason = 'unknown' } = row;
  await tellOperationalEvent(deliveryDead(row), row, ports);
  await ports.deadLetters.send({ v: 1, eventId, subscriptionId, run, reason });
}
