import type { Event } from '../../events/event';
import { textAttributes } from '../../events/text-attributes';
import { type FieldValues, indexData } from './field-values';
import { type Matcher, matchesField, matchesText } from './matcher';

/** Field → what it may be: any of them. */
export type FieldMatchers = Readonly<Record<string, readonly Matcher[]>>;

/** Which of a topic's events a subscription gets: those of which every field named here matches. */
export interface EventFilter {
  /** Of the event's attributes; `subject`, `source` and `type` (the topic's name) are the event's own. */
  readonly attributes?: FieldMatchers;
  /** By path, `order.customer.id`; where a path comes to a list, any element may go on. */
  readonly data?: FieldMatchers;
}

/** Tells for one event after the other filter whether it passes; reads the data once, and only if a filter asks. */
export function makeFilterJudge(event: Event): (filter: EventFilter) => boolean {
  let index: ReadonlyMap<string, FieldValues> | undefined;
  return ({ attributes, data }) =>
    passes(attributes, (matcher, name) => matchesText(matcher, attributeOf(event, name))) &&
    passes(data, (matcher, path) => {
      index ??= indexData(JSON.parse(event.dataJson));
      return matchesField(matcher, index.get(path));
    });
}

function passes(
  fields: FieldMatchers | undefined,
  matches: (matcher: Matcher, field: string) => boolean,
): boolean {
  return Object.entries(fields ?? {}).every(([field, matchers]) =>
    matchers.some((matcher) => matches(matcher, field)),
  );
}

function attributeOf(event: Event, name: string): string | undefined {
  const { subject, source, topic } = event;
  switch (name) {
    case 'subject':
      return subject;
    case 'source':
      return source;
    case 'type':
      return topic.name;
    default: {
      const attributes = textAttributes(event) ?? {};
      return Object.hasOwn(attributes, name) ? attributes[name] : undefined;
    }
  }
}
