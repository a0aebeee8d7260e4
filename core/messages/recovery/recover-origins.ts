import { inParallel } from '../../in-parallel';
import { originKey } from './origin-url';
import type { Origin, OriginState, RecoverPorts } from './recover-ports';
import { type OriginSweep, sweepOrigin } from './sweep-origin';
import { tellUnrecovered } from './tell-unrecovered';

/** Contract Postoffice, section 4. */
const ORIGINS_AT_A_TIME = 5;

/** One slow or endless origin leaves the time of a sweep to the others. */
const ORIGIN_SECONDS = 20;

/** Longer than an origin is at work, the last request included: who finds it over finds nobody at the origin. */
const LEASE_SECONDS = 30;

/** How the sweep of one origin ended; `busy`: another one is at it. */
export type OriginEnding =
  | { readonly outcome: 'busy' }
  | { readonly outcome: 'swept'; readonly sweep: OriginSweep; readonly state: OriginState };

/** The counts of one round. */
export interface RecoveryCounts {
  readonly origins: number;
  readonly messages: number;
  readonly refused: number;
  readonly unreachable: number;
  readonly complete: boolean;
}

/**
 * Recovers what applications could not publish, from every origin whose topics want it; in another order each time,
 * so that none is always the last.
 * @param report is told of each origin.
 * @param deadline no origin is begun after it; the next tick has another order.
 * @throws the first failure of a store or the stream, when all origins have been tried.
 */
export async function recoverOrigins(
  ports: RecoverPorts,
  report: (originHost: string, ending: OriginEnding) => void,
  deadline: Date,
): Promise<RecoveryCounts> {
  const origins = shuffled(await ports.directory.enabled(), ports.random);
  const failures: unknown[] = [];
  const counts = { origins: origins.length, messages: 0, refused: 0, unreachable: 0, complete: true };
  await inParallel(ORIGINS_AT_A_TIME, origins, async ({ originHost }) => {
    if (ports.now() >= deadline) {
      counts.complete = false;
      return;
    }
    try {
      const ending = await recoverOrigin(originHost, ports, deadline);
      report(originHost, ending);
      if (ending.outcome === 'swept') {
        counts.messages += ending.sweep.messages;
        counts.refused += ending.sweep.refused.length;
        counts.unreachable += ending.sweep.failure === undefined ? 0 : 1;
      }
    } catch (error) {
      failures.push(error);
    }
  });
  if (failures.length > 0) {
    throw failures[0];
  }
  return counts;
}

async function recoverOrigin(originHost: string, ports: RecoverPorts, deadline: Date): Promise<OriginEnding> {
  const { sweeps, now } = ports;
  const begun = now();
  const lease = { at: begun.toISOString(), until: inSeconds(begun, LEASE_SECONDS).toISOString() };
  const state = await sweeps.claim(originKey(originHost), lease);
  if (!state) {
    return { outcome: 'busy' };
  }
  const own = inSeconds(begun, ORIGIN_SECONDS);
  const sweep = await sweepOrigin(originHost, state, ports, own < deadline ? own : deadline);
  const next = stateAfter(state, sweep, begun);
  const toldOf = await tellUnrecovered(originHost, next, sweep, ports);
  const { toldOf: _, ...rest } = next;
  const told = { ...rest, ...(toldOf !== undefined && { toldOf }) };
  await sweeps.release(told, lease);
  return { outcome: 'swept', sweep, state: told };
}

/**
 * The epoch moves on when an origin has nothing left after a sweep that saw everything removed: an id that comes up
 * again belongs to another row then, for the origin has forgotten its numbers.
 */
function stateAfter(state: OriginState, sweep: OriginSweep, begun: Date): OriginState {
  const { failingSince = begun.toISOString(), ...rest } = state;
  const isSettled = sweep.rows > 0 ? sweep.unremoved === 0 : state.isSettled;
  const isOver = sweep.isEmpty && isSettled;
  return {
    ...rest,
    epoch: state.epoch + (isOver ? 1 : 0),
    isSettled: isSettled && !isOver,
    ...(sweep.failure !== undefined && { failingSince }),
  };
}

function inSeconds(from: Date, seconds: number): Date {
  return new Date(from.getTime() + seconds * 1000);
}

function shuffled(origins: readonly Origin[], random: () => number): readonly Origin[] {
  return origins
    .map((origin) => ({ origin, place: random() }))
    .sort((a, b) => a.place - b.place)
    .map(({ origin }) => origin);
}
