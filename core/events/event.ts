/** The client families' surfaces that own topics, and `system` for what Changewire itself announces. */
export const doors = ['webhooks', 'topics', 'events', 'hub', 'manage', 'system'] as const;
export type Door = (typeof doors)[number];

/** A topic belongs to one door: its key is (door, name). */
export interface TopicKey {
  readonly door: Door;
  readonly name: string;
}

/** `system/profile.created`: the text form of a topic's key, used in stores and messages. */
export function topicKeyText({ door, name }: TopicKey): string {
  return `${door}/${name}`;
}

/** What a subscription listens to: one topic, or by a pattern those of a door whose names begin alike. */
export interface TopicSelector extends TopicKey {
  /** The name ends in `.*`, which stands for one or more further words, or is `*`, which is every name. */
  readonly isPattern?: true;
}

/** `manage/user.created` for a topic, `manage:user.*` for a pattern: names may hold both characters, doors none. */
export function selectorText({ isPattern, ...key }: TopicSelector): string {
  return isPattern ? `${key.door}:${key.name}` : topicKeyText(key);
}

/** The reverse of {@link selectorText}. */
export function parseSelector(text: string): TopicSelector {
  const end = text.search(/[/:]/);
  const key = { door: text.slice(0, end) as Door, name: text.slice(end + 1) };
  return text[end] === ':' ? { ...key, isPattern: true } : key;
}

/** The reverse of {@link topicKeyText}; the text comes from our own stores, so it is trusted. */
export function parseTopicKey(text: string): TopicKey {
  const slash = text.indexOf('/');
  return { door: text.slice(0, slash) as Door, name: text.slice(slash + 1) };
}

/** An immutable fact. */
export interface Event {
  /** Deterministic where the event is derived, so that a repeated step finds its earlier self. */
  readonly id: string;
  readonly topic: TopicKey;
  /** URI-reference of what the event happened in (CloudEvents `source`). */
  readonly source: string;
  readonly subject?: string;
  /** ISO 8601, UTC. */
  readonly time: string;
  /** The JSON text of the data, kept as it came: numbers are never re-written. */
  readonly dataJson: string;
  readonly attributes?: Readonly<Record<string, string>>;
  /** The JSON text of what a message of the topics door has for attributes, as it came: any value. */
  readonly attributesJson?: string;
  readonly actor?: { readonly type: string; readonly id: string };
  /** The id that the client gave it, where that one is not ours: ids of clients are unique per source only. */
  readonly clientId?: string;
  /** ISO 8601, UTC: a delivery that has not succeeded by then ends as `skipped(expired)`. */
  readonly expiresAt?: string;
  /** Unique and growing, for the doors whose clients know events by number; given by dispatch. */
  readonly number?: number;
  /** Of events with the same key within so many days the first one alone is dispatched. */
  readonly dedupe?: { readonly key: string; readonly days: number };
}

/** What one record of the events stream holds: all or nothing, in order. */
export interface EventRecord {
  readonly v: 1;
  readonly kind: 'events';
  readonly events: readonly Event[];
}
