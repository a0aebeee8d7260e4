import type { Subscription, TargetHealth } from '../../core/topics/subscriptions/subscription';
import type { TargetHealthStore } from '../../core/webhooks/health/target-ports';

/** Where the subscriptions lie. */
export interface Subscriptions {
  get(id: string): Subscription | undefined;
  set(id: string, subscription: Subscription): unknown;
}

/** The health of targets in memory: kept honest by the contract suite that the real one passes too. */
export function makeMemoryTargetHealth(subscriptions: Subscriptions): TargetHealthStore {
  const marks = new Set<string>();
  return {
    async countFailure({ id }, { mark, at, isUnavailable }) {
      const found = subscriptions.get(id);
      if (found?.state !== 'active' || found.updatedAt > at || (found.health && marks.has(mark))) {
        return undefined;
      }
      marks.add(mark);
      const { circuit, ...health } = found.health ?? { failures: 0, unavailable: 0 };
      return change(found, {
        ...health,
        failures: health.failures + 1,
        unavailable: isUnavailable ? health.unavailable + 1 : 0,
        failingSince: found.health?.failingSince ?? at,
        ...(circuit && isUnavailable && { circuit }),
      });
    },
    async clearFailures({ id }, { failingSince, keepsCount }) {
      const found = subscriptions.get(id);
      if (found && found.state !== 'deleted' && found.health?.failingSince === failingSince) {
        const { failures = 0, warnedPercent } = found.health ?? {};
        const kept = { failures, unavailable: 0, ...(warnedPercent !== undefined && { warnedPercent }) };
        change(found, keepsCount ? kept : undefined);
      }
    },
    async openCircuit({ id }, circuit, expected) {
      const found = subscriptions.get(id);
      if (found?.state !== 'active' || found.health?.circuit?.openUntil !== expected?.openUntil) {
        return false;
      }
      change(found, { ...(found.health ?? { failures: 0, unavailable: 0 }), circuit });
      return true;
    },
    async claimProbe({ id }, expected, { now, until }) {
      const found = subscriptions.get(id);
      const circuit = found?.health?.circuit;
      const isFree = (circuit?.probeUntil ?? '') <= now.toISOString();
      if (!found?.health || !circuit || circuit.openUntil !== expected.openUntil || !isFree) {
        return false;
      }
      change(found, { ...found.health, circuit: { ...circuit, probeUntil: until.toISOString() } });
      return found.state !== 'deleted';
    },
    async recordWarning({ id }, percent) {
      const found = subscriptions.get(id);
      const { failingSince, warnedPercent = 0 } = found?.health ?? {};
      if (found?.health && found.state === 'active' && failingSince && warnedPercent < percent) {
        change(found, { ...found.health, warnedPercent: percent });
      }
    },
  };

  function change(found: Subscription, health: TargetHealth | undefined): Subscription {
    const { health: _, ...rest } = found;
    const changed = { ...rest, ...(health && { health }) };
    subscriptions.set(found.id, changed);
    return structuredClone(changed);
  }
}
