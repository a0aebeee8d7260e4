import type { TargetLimits } from '../health/target-ports';

/** The way of a worker to its targets' limits, which knows what this worker itself has under way. */
export interface SharedLimits extends TargetLimits {
  /**
   * Waits for a place that this worker gives back; those who wait get their turn in the order of their coming.
   * @returns whether one was given back in time; false at once when this worker holds none of the target's places.
   */
  awaitPlace(subscriptionId: string, milliseconds: number): Promise<boolean>;
}

/**
 * Lets the messages of one worker hand a target's places on: the batch that it was given is often of one
 * subscription, and a message that went back to the queue for want of a place comes after a second at the earliest.
 * @param pause waits that many milliseconds.
 */
export function sharePlaces(
  limits: TargetLimits,
  pause: (milliseconds: number) => Promise<unknown>,
): SharedLimits {
  const held = new Map<string, number>();
  const waiting = new Map<string, (() => void)[]>();
  return {
    reserveSlot: limits.reserveSlot,
    async takePermit(subscriptionId, options) {
      const permit = await limits.takePermit(subscriptionId, options);
      if (permit) {
        count(subscriptionId, 1);
      }
      return permit;
    },
    async returnPermit(permit) {
      try {
        await limits.returnPermit(permit);
      } finally {
        count(permit.subscriptionId, -1);
        waiting.get(permit.subscriptionId)?.shift()?.();
      }
    },
    async awaitPlace(subscriptionId, milliseconds) {
      if (!held.has(subscriptionId)) {
        return false;
      }
      const queue = waiting.get(subscriptionId) ?? [];
      waiting.set(subscriptionId, queue);
      let turn: () => void = () => undefined;
      const given = new Promise<boolean>((resolve) => {
        turn = () => resolve(true);
        queue.push(turn);
      });
      const inTime = await Promise.race([given, pause(milliseconds).then(() => false)]);
      leave(subscriptionId, queue, turn);
      return inTime;
    },
  };

  function count(subscriptionId: string, by: 1 | -1): void {
    const places = (held.get(subscriptionId) ?? 0) + by;
    if (places > 0) {
      held.set(subscriptionId, places);
    } else {
      held.delete(subscriptionId);
    }
  }

  /** What nobody waits for any more takes no memory: a worker serves many subscriptions. */
  function leave(subscriptionId: string, queue: (() => void)[], turn: () => void): void {
    const index = queue.indexOf(turn);
    if (index >= 0) {
      queue.splice(index, 1);
    }
    if (queue.length === 0 && waiting.get(subscriptionId) === queue) {
      waiting.delete(subscriptionId);
    }
  }
}

/** Limits under which nobody waits for a place. */
export function withoutWaiting(limits: TargetLimits): SharedLimits {
  return { ...limits, awaitPlace: async () => false };
}
