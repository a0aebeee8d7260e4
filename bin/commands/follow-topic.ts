import type { Api } from './api';

export interface ShownEvent {
  readonly id: string;
  readonly topic: string;
  readonly subject?: string;
  readonly time: string;
  readonly dispatched_at: string;
}

/** Dispatch decides an event's place before it keeps it: so long an earlier one may come up late. */
const OVERLAP_MILLISECONDS = 5000;

/**
 * Looks at a topic's history again and again, one page a look.
 * @param begin epoch milliseconds; what was dispatched before is not told.
 * @returns what is new with each look, oldest first.
 */
export function followTopic(api: Api, topic: string, begin: number): () => Promise<readonly ShownEvent[]> {
  let from = begin;
  let next: string | undefined;
  /** What the pages since `from` have shown. */
  let seen = new Set<string>();
  return async () => {
    const query = { topic, from: new Date(from).toISOString(), order: 'asc', limit: '100', next };
    const page = (await api.call('GET', '/v1/events', { query })) as Page;
    const fresh = page.events.filter(({ id }) => !seen.has(id));
    for (const { id } of fresh) {
      seen.add(id);
    }
    next = page.next;
    const last = page.events.at(-1);
    if (next === undefined && last) {
      from = Math.max(from, Date.parse(last.dispatched_at) - OVERLAP_MILLISECONDS);
      // The next look begins there: what lies before cannot be shown again.
      seen = new Set(page.events.map(({ id }) => id).concat([...seen].slice(-SEEN_KEPT)));
    }
    return fresh;
  };
}

/** Of earlier pages; what an overlap of a busy topic may hold. */
const SEEN_KEPT = 5000;

interface Page {
  readonly events: readonly ShownEvent[];
  readonly next?: string;
}
