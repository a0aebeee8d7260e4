import type { Circuit, TargetHealth } from '../../core/topics/subscriptions/subscription';
import type { Row } from './row';

/**
 * The health of a target lies flat on the subscription's row: a counter inside a map could not be added to
 * before somebody has made the map.
 */
export function toHealthAttributes(health: TargetHealth | undefined): Row {
  return {
    failures: health?.failures,
    unavailable: health?.unavailable,
    failing_since: health?.failingSince,
    warned_percent: health?.warnedPercent,
    circuit: health?.circuit && toCircuitAttribute(health.circuit),
  };
}

/** What takes all of it away, with the marks of the attempts that were counted. */
export const withoutHealth = {
  failures: null,
  unavailable: null,
  failing_since: null,
  warned_percent: null,
  circuit: null,
  counted_attempts: null,
} as const;

export function toCircuitAttribute({ openUntil, opens, probeUntil }: Circuit): Row {
  return { open_until: openUntil, opens, probe_until: probeUntil };
}

/** The row comes from our own store, so its shape is trusted; a target that never failed has no health. */
export function toHealth(row: Row): TargetHealth | undefined {
  const { failures, unavailable, failing_since, warned_percent, circuit } = row;
  if (failures === undefined && circuit === undefined) {
    return undefined;
  }
  return {
    failures: (failures as number | undefined) ?? 0,
    unavailable: (unavailable as number | undefined) ?? 0,
    ...(failing_since !== undefined && { failingSince: failing_since as string }),
    ...(warned_percent !== undefined && { warnedPercent: warned_percent as number }),
    ...(circuit !== undefined && { circuit: toCircuit(circuit as Row) }),
  };
}

function toCircuit({ open_until, opens, probe_until }: Row): Circuit {
  return {
    openUntil: open_until as string,
    opens: opens as number,
    ...(probe_until !== undefined && { probeUntil: probe_until as string }),
  };
}
