import * as z from 'zod';
import { doors } from '../../../core/events/event';
import { nextReply } from '../paging';

/** What publishing gives back. */
export const publishedReply = z
  .strictObject({
    events: z.array(
      z.strictObject({
        id: z.string(),
        client_id: z.string().describe("The caller's own id").optional(),
        topic: z.string(),
      }),
    ),
    warnings: z.array(z.string()).describe('Such as a topic that is deprecated').optional(),
  })
  .meta({ examples: [{ events: [{ id: 'evt_IPVG9tCs_IgZiLURBqiGfEVZ', topic: 'orders' }] }] });

/** An event as it is kept; the data as it came. */
export const eventReply = z
  .strictObject({
    id: z.string(),
    client_id: z.string().optional(),
    topic: z.string(),
    door: z.enum(doors),
    number: z.int().describe('Of doors that count their events').optional(),
    source: z.string(),
    subject: z.string().optional(),
    time: z.string(),
    dispatched_at: z.iso.datetime().describe('Its arrival: lists go by it'),
    expires_at: z.iso.datetime().optional(),
    actor: z.strictObject({ type: z.string(), id: z.string() }).optional(),
    attributes: z.record(z.string(), z.string()).optional(),
    data: z.unknown(),
  })
  .meta({
    examples: [
      {
        id: 'evt_IPVG9tCs_IgZiLURBqiGfEVZ',
        topic: 'orders',
        door: 'manage',
        source: '/v1/events',
        time: '2026-11-20T12:00:00.000Z',
        dispatched_at: '2026-11-20T12:00:00.250Z',
        data: { total: 120 },
      },
    ],
  });

export const eventPageReply = z.strictObject({ events: z.array(eventReply), next: nextReply });

const counts = {
  delivered: z.int(),
  dead: z.int(),
  skipped: z.int(),
  erased: z.int(),
  pending: z.int(),
};

const ledger = {
  fanned_out: z.int(),
  ...counts,
  balanced: z.boolean().describe('False would mean that more has ended than was begun'),
};

/** Where the deliveries of an event are. */
export const ledgerReply = z
  .strictObject({
    event_id: z.string(),
    ...ledger,
    replays: z.array(z.strictObject({ run: z.int(), ...counts })).optional(),
  })
  .meta({
    examples: [
      {
        event_id: 'evt_IPVG9tCs_IgZiLURBqiGfEVZ',
        fanned_out: 2,
        delivered: 1,
        dead: 0,
        skipped: 0,
        erased: 0,
        pending: 1,
        balanced: true,
      },
    ],
  });

/** The sums of one page of an hour. */
export const hourLedgerReply = z.strictObject({
  topic: z.string(),
  hour: z.string(),
  events: z.int(),
  ...ledger,
  next: nextReply,
});
