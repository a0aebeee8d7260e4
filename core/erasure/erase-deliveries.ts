import type { FanOutMarker } from '../events/ports';
import { inParallel } from '../in-parallel';
import { type Delivery, type DeliveryMessage, deliveryId } from '../webhooks/deliveries/delivery';
import { ended, newDelivery } from '../webhooks/deliveries/delivery-steps';
import type { ErasePorts } from './ports';

const PAGE = 500;
const WRITES_AT_ONCE = 25;

/** A worker may be at the delivery: its row moves once or twice under our hands, more is a fault. */
const MAX_WRITES = 5;

type Ports = Pick<ErasePorts, 'deliveries' | 'now'>;

/**
 * Ends every delivery of an event as `erased`: those that have a row lose what subscribers answered, those that
 * have none yet get one, so that a message on the queue finds its delivery ended and posts nothing.
 * @param marker of the event; its plan says who was to get it.
 * @returns how many were erased by this call.
 */
export async function eraseDeliveries(
  eventId: string,
  marker: FanOutMarker | undefined,
  ports: Ports,
): Promise<number> {
  const seen = new Set<string>();
  let erased = 0;
  let after: string | undefined;
  do {
    const page = await ports.deliveries.ofEvent(eventId, { limit: PAGE, after });
    for (const row of page.deliveries) {
      seen.add(deliveryId(row));
    }
    erased += await eraseAll(page.deliveries, ports);
    after = page.next;
  } while (after !== undefined);
  const planned = plannedDeliveries(marker, ports.now()).filter((row) => !seen.has(deliveryId(row)));
  return erased + (await eraseAll(planned, ports));
}

/** The rows, of version 0, that the deliveries of the plan would begin with. */
function plannedDeliveries(marker: FanOutMarker | undefined, now: Date): readonly Delivery[] {
  if (marker === undefined) {
    return [];
  }
  const { eventId, topic, order, plan } = marker;
  return plan.map(({ id: subscriptionId, via }) => {
    const where = { topic, ...(via !== undefined && { via }), order };
    const message: DeliveryMessage = { v: 1, eventId, subscriptionId, run: 0, ...where, attempt: 1 };
    return newDelivery(message, now);
  });
}

async function eraseAll(rows: readonly Delivery[], ports: Ports): Promise<number> {
  const results = await inParallel(WRITES_AT_ONCE, rows, (row) => eraseDelivery(row, ports));
  return results.filter((result) => result === 'erased').length;
}

async function eraseDelivery(row: Delivery, { deliveries, now }: Ports): Promise<'erased' | 'was_erased'> {
  let current = row;
  for (let writes = 0; writes < MAX_WRITES; writes += 1) {
    if (current.state === 'erased') {
      return 'was_erased';
    }
    if ((await deliveries.write(erasedRow(current, now()))) === 'written') {
      return 'erased';
    }
    current = (await deliveries.read(row)) ?? row;
  }
  throw new Error('a delivery keeps changing while it is being erased');
}

function erasedRow(row: Delivery, now: Date): Delivery {
  const { reason: _, ...rest } = row;
  const attempts = row.attempts.map(({ answer: __, ...attempt }) => attempt);
  return ended({ ...rest, attempts }, 'erased', undefined, now);
}
