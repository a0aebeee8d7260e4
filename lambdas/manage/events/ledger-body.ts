import type { EventLedger, HourLedger, Ledger } from '../../../core/events/ledger';
import type { BodyOf } from '../openapi/operation';
import type { hourLedgerReply, ledgerReply } from './event-replies';
import type { HourQuery } from './read-event-query';

export function toLedgerBody(eventId: string, ledger: EventLedger): BodyOf<typeof ledgerReply> {
  const { replays } = ledger;
  return { event_id: eventId, ...toCounts(ledger), ...(replays.length > 0 && { replays }) };
}

/** The sums of one page; those of all pages add up to the hour. */
export function toHourLedgerBody(
  { hour, topic }: HourQuery,
  ledger: HourLedger,
): BodyOf<typeof hourLedgerReply> {
  return { topic, hour, events: ledger.events, ...toCounts(ledger), next: ledger.next };
}

function toCounts({ fannedOut, delivered, dead, skipped, erased, pending, balanced }: Ledger) {
  return { fanned_out: fannedOut, delivered, dead, skipped, erased, pending, balanced };
}
