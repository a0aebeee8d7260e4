import { inParallel } from '../../in-parallel';
import { rotated } from '../../rotated';
import type { SubscriptionReference, SubscriptionStore } from '../../topics/ports';
import type { SubscriptionState } from '../../topics/subscriptions/subscription';
import type { Delivery } from '../deliveries/delivery';
import { nextMessage, released } from '../deliveries/delivery-steps';
import type { DeliveryQueue, DeliveryStore } from '../ports';

/** Says that a consumer was resumed or deleted: what waits for it is to be let go. */
export interface Resumption extends SubscriptionReference {
  /** ISO 8601: when that was asked for. */
  readonly at: string;
}

/** Consistent. Whoever changes the state of a subscription notes it first. */
export interface Resumptions {
  list(after?: string): Promise<{ readonly resumptions: readonly Resumption[]; readonly next?: string }>;
  /** Unless it was noted again meanwhile. */
  forget(resumption: Resumption): Promise<void>;
}

export interface ReleasePorts {
  readonly resumptions: Resumptions;
  readonly subscriptions: Pick<SubscriptionStore, 'findMany'>;
  readonly deliveries: Pick<DeliveryStore, 'paused' | 'write'>;
  readonly queue: DeliveryQueue;
  readonly now: () => Date;
}

const PAGE = 100;

const RELEASED_SIDE_BY_SIDE = 4;

/**
 * For so long the list is looked through again: the index that has it lags, a worker may be about to add to it, and who
 * noted the resumption may be about to change the state.
 */
const SETTLE_MILLISECONDS = 5 * 60_000;

/**
 * Queues what waited for subscriptions that are active again, in the order of their topics' history; what waited for
 * one that is deleted, too, so that it ends. The message first, then the row, as with all that is parked.
 * @param deadline no page is begun after it; the next tick goes on.
 * @returns how many were queued.
 * @throws the first failure, when every subscription has had its turn: one holds no other one up.
 */
export async function releasePaused(ports: ReleasePorts, deadline: Date): Promise<number> {
  let count = 0;
  const failures: unknown[] = [];
  let after: string | undefined;
  do {
    const { resumptions, next } = await ports.resumptions.list(after);
    const subscriptions = await ports.subscriptions.findMany(resumptions);
    await inParallel(RELEASED_SIDE_BY_SIDE, rotated(resumptions, ports.now()), async (resumption) => {
      try {
        count += await follow(resumption, subscriptions.get(resumption.id)?.state, ports, deadline);
      } catch (error) {
        failures.push(error);
      }
    });
    after = next;
  } while (after !== undefined && ports.now() < deadline);
  if (failures.length > 0) {
    throw failures[0];
  }
  return count;
}

/** @returns how many were queued. */
async function follow(
  resumption: Resumption,
  state: SubscriptionState | undefined,
  ports: ReleasePorts,
  deadline: Date,
): Promise<number> {
  const sent = state === 'paused' ? 0 : await releaseAll(resumption, ports, deadline);
  const age = ports.now().getTime() - Date.parse(resumption.at);
  if (sent === 0 && age > SETTLE_MILLISECONDS && ports.now() < deadline) {
    await ports.resumptions.forget(resumption);
  }
  return sent;
}

async function releaseAll({ id }: Resumption, ports: ReleasePorts, deadline: Date): Promise<number> {
  let count = 0;
  let after: string | undefined;
  while (ports.now() < deadline) {
    const page = await ports.deliveries.paused(id, { limit: PAGE, ...(after !== undefined && { after }) });
    await release(page.deliveries, ports);
    count += page.deliveries.length;
    after = page.next;
    if (after === undefined) {
      break;
    }
  }
  return count;
}

async function release(rows: readonly Delivery[], { queue, deliveries, now }: ReleasePorts): Promise<void> {
  if (rows.length === 0) {
    return;
  }
  await queue.send(rows.map((row) => ({ message: nextMessage(row), delaySeconds: 0 })));
  // A conflict means that a worker is at it already.
  await Promise.all(rows.map((row) => deliveries.write(released(row, now()))));
}
