import { createHash } from 'node:crypto';
import { derivedId } from '../../derived-id';
import type { Event } from '../../events/event';
import { originName } from './origin-url';
import type { OriginState, RecoverPorts } from './recover-ports';
import type { OriginSweep } from './sweep-origin';

/** An application that is deployed anew is away for a while, too. */
const TOLD_AFTER_MILLISECONDS = 10 * 60_000;

/** Enough to look for; the count is there beside them. */
const ROWS_NAMED = 20;

/**
 * Tells operators of what stays at an origin, once for each new situation: rows that cannot be taken, or that the
 * origin has not been swept for ten minutes. The event's id follows from what it tells, so that telling twice is once.
 * @param originHost its URL, as it was given.
 * @returns what names the situation; `undefined` when there is nothing to tell.
 */
export async function tellUnrecovered(
  originHost: string,
  state: OriginState,
  sweep: OriginSweep,
  { events, now }: Pick<RecoverPorts, 'events' | 'now'>,
): Promise<string | undefined> {
  const situation = situationOf(state, sweep, now());
  if (situation === undefined) {
    // While it is failing for a short time, what was told of its rows still holds.
    return sweep.failure === undefined ? undefined : state.toldOf;
  }
  if (situation.name !== state.toldOf) {
    const event = toOperationalEvent(originHost, state, situation, now());
    await events.append([{ partitionKey: event.id, events: [event] }]);
  }
  return situation.name;
}

interface Situation {
  readonly name: string;
  readonly facts: Readonly<Record<string, unknown>>;
}

function situationOf(
  { failingSince }: OriginState,
  { failure, refused }: OriginSweep,
  now: Date,
): Situation | undefined {
  if (failure !== undefined && failingSince !== undefined) {
    const isLong = now.getTime() - Date.parse(failingSince) >= TOLD_AFTER_MILLISECONDS;
    return isLong
      ? { name: digestOf([failingSince]), facts: { reason: failure, failing_since: failingSince } }
      : undefined;
  }
  if (refused.length === 0) {
    return undefined;
  }
  const rows = refused.slice(0, ROWS_NAMED).map(({ id, reason }) => ({ ...(id && { id }), reason }));
  const name = digestOf(refused.map((row) => `${row.name} ${row.reason}`).sort());
  return { name, facts: { reason: 'rows_refused', refused: refused.length, rows } };
}

function digestOf(parts: readonly string[]): string {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
}

function toOperationalEvent(
  originHost: string,
  { origin }: OriginState,
  { name, facts }: Situation,
  now: Date,
): Event {
  return {
    id: derivedId('evt', 'delivery.unrecovered', origin, name),
    topic: { door: 'system', name: 'delivery.unrecovered' },
    source: '/api/topics',
    time: now.toISOString(),
    dataJson: JSON.stringify({ origin_host: originName(originHost), ...facts }),
  };
}
