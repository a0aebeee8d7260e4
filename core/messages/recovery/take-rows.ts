import { derivedId } from '../../derived-id';
import type { Event } from '../../events/event';
import { toEventBatches } from '../../events/event-batches';
import { eventBytes, MAX_EVENT_BYTES } from '../../events/event-size';
import { inParallel } from '../../in-parallel';
import { toEvent } from '../message';
import type { OriginRow } from './read-origin-row';
import type { OriginState, RecoverPorts } from './recover-ports';
import type { RefusedRow } from './sweep-origin';

type ReadRow = Extract<OriginRow, { outcome: 'read' }>;

const TOPICS_AT_A_TIME = 16;

/** Of one page: an application has some dozens, and a hostile one shall not have the registry searched for ever. */
const MAX_TOPICS = 1000;

/**
 * Puts the messages of rows into the stream, all messages of a row or none. Their ids follow from the row, so that a
 * row that is taken again, because it could not be removed, brings the same events.
 * @returns the ids of the rows that are in the stream, and those that cannot be taken.
 * @throws when the registry or the stream fails.
 */
export async function takeRows(
  rows: readonly OriginRow[],
  state: OriginState,
  { topics, events, now }: Pick<RecoverPorts, 'topics' | 'events' | 'now'>,
): Promise<{
  readonly ids: readonly string[];
  readonly messages: number;
  readonly refused: readonly RefusedRow[];
}> {
  const read = rows.filter((row): row is ReadRow => row.outcome === 'read');
  const known = await findKnownTopics(read, topics);
  const at = now().toISOString();
  const judged = rows.map((row) => judge(row, { state, known, at }));
  const taken = judged.filter((row) => 'events' in row);
  await events.append(taken.flatMap((row) => toEventBatches(row.events, row.events[0]?.id ?? '')));
  return {
    ids: taken.map(({ id }) => id),
    messages: taken.reduce((sum, row) => sum + row.events.length, 0),
    refused: judged.filter((row) => 'reason' in row),
  };
}

async function findKnownTopics(
  rows: readonly ReadRow[],
  topics: RecoverPorts['topics'],
): Promise<ReadonlySet<string>> {
  const names = [...new Set(rows.flatMap(({ messages }) => messages.map(({ topic }) => topic)))].slice(
    0,
    MAX_TOPICS,
  );
  const found = await inParallel(TOPICS_AT_A_TIME, names, (name) => topics.find({ door: 'topics', name }));
  return new Set(names.filter((_, index) => found[index] !== undefined));
}

type Judged = RefusedRow | { readonly id: string; readonly events: readonly Event[] };

function judge(
  row: OriginRow,
  {
    state: { origin, epoch },
    known,
    at,
  }: { readonly state: OriginState; readonly known: ReadonlySet<string>; readonly at: string },
): Judged {
  if (row.outcome === 'refused') {
    const { name, id, reason } = row;
    return { name, ...(id !== undefined && { id }), reason };
  }
  const { name, id, messages } = row;
  const unknown = messages.find(({ topic }) => !known.has(topic));
  if (unknown) {
    return { name, id, reason: 'topic: is invalid' };
  }
  const events = messages.map((message, index) =>
    toEvent(message, { id: derivedId('evt', 'recovered', origin, epoch, id, name, index), at }),
  );
  return events.some((event) => eventBytes(event) > MAX_EVENT_BYTES)
    ? { name, id, reason: `a message has more than ${MAX_EVENT_BYTES} bytes` }
    : { id, events };
}
