import * as z from 'zod';
import { type Event, selectorText } from '../../events/event';
import type { Subscription } from '../../topics/subscriptions/subscription';

const what = z.discriminatedUnion('kind', [
  /** `percent` of the way to being switched off. */
  z.object({ kind: z.literal('failing'), percent: z.number() }),
  z.object({ kind: z.literal('disabled'), reason: z.enum(['gone', 'failing']) }),
]);

const ownerNotice = z.object({
  v: z.literal(1),
  /** Of the operational event: one mail for each, however often the step that makes it is repeated. */
  eventId: z.string().min(1).max(128),
  owner: z.string(),
  subscriptionId: z.string(),
  topic: z.string(),
  /** ISO 8601. */
  at: z.string(),
  what,
});

/** What an owner is to be told by mail: ids and facts, never data, targets or addresses. */
export type OwnerNotice = Readonly<z.infer<typeof ownerNotice>>;

/** The way to the function that mails owners. */
export interface OwnerNotices {
  /** Returns when the notice is durable. */
  send(notice: OwnerNotice): Promise<void>;
}

/** Where the stage sends no mail, there is none. */
export interface NoticePorts {
  readonly notices?: OwnerNotices | undefined;
}

/** A message of the notices queue; `undefined` when it is none. */
export function parseOwnerNotice(body: unknown): OwnerNotice | undefined {
  return ownerNotice.safeParse(body).data;
}

/**
 * Has the owner of a subscription told by mail of what an operational event says. A subscription to such events
 * is told of, too: a mail causes no event.
 */
export async function noticeOwner(
  subscription: Pick<Subscription, 'id' | 'owner' | 'topic'>,
  event: Pick<Event, 'id' | 'time'>,
  facts: OwnerNotice['what'],
  { notices }: NoticePorts,
): Promise<void> {
  await notices?.send({
    v: 1,
    eventId: event.id,
    owner: subscription.owner,
    subscriptionId: subscription.id,
    topic: selectorText(subscription.topic),
    at: event.time,
    what: facts,
  });
}
