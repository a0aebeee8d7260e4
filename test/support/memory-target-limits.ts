import type { Permit, TargetLimits } from '../../core/webhooks/health/target-ports';

/** Rate and cap of targets in memory: kept honest by the contract suite that the real ones pass too. */
export function makeMemoryTargetLimits(): TargetLimits {
  const next = new Map<string, number>();
  const leases = new Map<string, number[]>();
  return {
    async reserveSlot(id, { ratePerSecond, now, latest }) {
      const name = `${id}#${ratePerSecond}`;
      const slot = Math.max(next.get(name) ?? 0, now.getTime());
      if (slot > latest.getTime()) {
        return 'full';
      }
      next.set(name, slot + Math.ceil(1_000_000 / ratePerSecond) / 1000);
      return new Date(Math.ceil(slot));
    },
    async takePermit(id, { concurrency, leaseSeconds, now }) {
      const held = leases.get(id) ?? [];
      leases.set(id, held);
      const place = Array.from({ length: concurrency }, (_, index) => index).find(
        (index) => (held[index] ?? 0) <= now.getTime(),
      );
      if (place === undefined) {
        return undefined;
      }
      const leaseUntil = now.getTime() + leaseSeconds * 1000;
      held[place] = leaseUntil;
      return { subscriptionId: id, place, leaseUntil };
    },
    async returnPermit({ subscriptionId, place, leaseUntil }: Permit) {
      const held = leases.get(subscriptionId) ?? [];
      if (held[place] === leaseUntil) {
        held[place] = 0;
      }
    },
  };
}
