import { DEAD_LETTER_DAYS, EVENT_RETENTION_DAYS } from '../events/retention';
import type { ErasureCounts, ReceiptEntry } from './erasure';
import type { ErasureRule } from './ports';

/** A stream drops records a little after their time. */
export const STREAM_MARGIN_HOURS = 24;

/** How long an ended delivery, and the ending of a change, can be looked up. */
const DELIVERY_DAYS = 30;
const STATUS_DAYS = 30;

/** DynamoDB restores a table to any second of so many days (point-in-time recovery). */
const BACKUP_DAYS = 35;

/** What was erased of each store, what stays behind, and until when. It names nobody. */
export function makeReceipt(
  counts: ErasureCounts,
  { streamRetentionHours, logRetentionDays, hasBackups }: ErasureRule,
  completedAt: Date,
): readonly ReceiptEntry[] {
  const inHours = (hours: number) => new Date(completedAt.getTime() + hours * 3600_000).toISOString();
  const inDays = (days: number) => inHours(days * 24);
  const entry = (store: string, erased: number, remains: string, until?: string): ReceiptEntry => ({
    store,
    erased,
    remains,
    ...(until !== undefined && { until }),
  });
  return [
    entry(
      'profiles',
      counts.profiles,
      'a mark under the user_id: changes that were accepted before do not bring the person back',
      inHours(streamRetentionHours + STREAM_MARGIN_HOURS),
    ),
    entry(
      'change-statuses',
      counts.changeStatuses,
      'sequence numbers, outcomes and times, naming nobody',
      inDays(STATUS_DAYS),
    ),
    entry(
      'events',
      counts.events,
      'per event a marker without data: its id, which subscriptions it was for; the digest that ADS knows duplicates by',
      inDays(EVENT_RETENTION_DAYS),
    ),
    entry(
      'unprocessable-records',
      counts.unprocessableRecords,
      'that there was a record; one that cannot be unpacked is found by its key alone',
      inDays(EVENT_RETENTION_DAYS),
    ),
    entry(
      'deliveries',
      counts.deliveries,
      'ids, times and statuses of attempts, without answers; answers on dead deliveries whose event had expired belong to nobody known',
      inDays(DELIVERY_DAYS),
    ),
    entry(
      'changes-stream',
      0,
      'the changes as they were accepted; read again, they change nothing',
      inHours(streamRetentionHours),
    ),
    entry(
      'events-stream',
      0,
      'the events as they were published; read again, they are neither kept nor delivered. What still waited for its dispatch at this time is kept when that comes',
      inHours(streamRetentionHours),
    ),
    entry(
      'deliveries-queue',
      0,
      'messages of deliveries under way, small events inside; each is dropped unposted when it comes up',
      inDays(DEAD_LETTER_DAYS),
    ),
    entry(
      'dead-letter-queue',
      0,
      'pointers, which the tick drops, and messages that nobody could read',
      inDays(DEAD_LETTER_DAYS),
    ),
    entry(
      'scheduled-messages',
      0,
      'messages of the topics door that wait for their time: they have no subject, so whoever scheduled one cancels it',
    ),
    entry('registry', 0, 'nothing: the owners of subscriptions and accounts are no subjects'),
    entry('logs', 0, 'ids, codes and counts; they never hold a subject', inDays(logRetentionDays)),
    hasBackups
      ? entry('backups', 0, 'all tables as they were, restorable to any second', inDays(BACKUP_DAYS))
      : entry('backups', 0, 'nothing: this stage has none'),
    entry('erasures', 0, 'this receipt, with the SHA-256 of the subject'),
  ];
}
