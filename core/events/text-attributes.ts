import { sliceMembers } from '../json-slices';
import type { Event } from './event';

/**
 * The attributes of an event as texts, for those who know no others: what a message of the topics door has for
 * attributes is any JSON. Of an object what is no text is its JSON text; anything else has none.
 */
export function textAttributes({
  attributes,
  attributesJson,
}: Pick<Event, 'attributes' | 'attributesJson'>): Readonly<Record<string, string>> | undefined {
  if (attributes !== undefined || !attributesJson?.trimStart().startsWith('{')) {
    return attributes;
  }
  const texts = [...sliceMembers(attributesJson)].map(
    ([name, text]) => [name, text.startsWith('"') ? (JSON.parse(text) as string) : text] as const,
  );
  return texts.length > 0 ? Object.fromEntries(texts) : undefined;
}
