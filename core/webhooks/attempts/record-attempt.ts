import type { Attempt, Delivery } from '../deliveries/delivery';
import { attempted } from '../deliveries/delivery-steps';
import type { DeliveryStore } from '../ports';
import type { AfterAttempt } from './decide-after-attempt';

const MAX_WRITES = 5;

/**
 * Writes down how an attempt went. Where the row moved meanwhile: what was delivered or erased stays so, an attempt
 * that another worker recorded counts once, and a success outweighs whatever else the other worker found: what the
 * subscriber has taken must not come up for a resend.
 * @param row as it was before the attempt.
 * @returns the row that stands.
 */
export async function recordAttempt(
  row: Delivery,
  attempt: Attempt,
  decided: AfterAttempt,
  ports: { readonly deliveries: Pick<DeliveryStore, 'read' | 'write'>; readonly now: () => Date },
): Promise<Delivery> {
  let current = row;
  for (let writes = 0; writes < MAX_WRITES; writes += 1) {
    const next = attempted(current, attempt, decided, ports.now());
    if ((await ports.deliveries.write(next)) === 'written') {
      return next;
    }
    const found = await ports.deliveries.read(row);
    if (found === undefined) {
      throw new Error('the row of the delivery vanished during the attempt');
    }
    const stands =
      decided.outcome === 'delivered'
        ? found.state === 'delivered' || found.state === 'erased'
        : found.state !== 'pending' || found.attempt >= attempt.number;
    if (stands) {
      return found;
    }
    current = found;
  }
  throw new Error('the delivery keeps changing while its attempt is being recorded');
}
