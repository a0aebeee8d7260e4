import { sliceElements, sliceMembers } from '../../core/json-slices';
import type { Api } from './api';

/** An event as the manage door shows it; its data is text, because parsing would cost digits of its numbers. */
export interface EventText {
  /** All of it, as it came. */
  readonly json: string;
  readonly data: string;
  readonly id: string;
  readonly topic: string;
  readonly client_id?: string;
  readonly source?: string;
  readonly subject?: string;
  readonly time?: string;
  readonly dispatched_at: string;
  readonly expires_at?: string;
}

export function readEventText(json: string): EventText {
  const event = JSON.parse(json) as Omit<EventText, 'json' | 'data'>;
  return { ...event, json, data: sliceMembers(json).get('data') ?? 'null' };
}

/** Page after page, until there are so many. */
export async function readEvents(
  api: Api,
  query: Readonly<Record<string, string | undefined>>,
  atMost: number,
): Promise<readonly EventText[]> {
  const found: EventText[] = [];
  let next: string | undefined;
  do {
    const limit = `${Math.min(atMost - found.length, MOST_OF_A_PAGE)}`;
    const page = sliceMembers(await api.read('/v1/events', { ...query, limit, next }));
    found.push(...sliceElements(page.get('events') ?? '[]').map(readEventText));
    next = page.has('next') ? (JSON.parse(page.get('next') ?? '') as string) : undefined;
  } while (next !== undefined && found.length < atMost);
  return found;
}

/** The API gives no more at once. */
const MOST_OF_A_PAGE = 100;
