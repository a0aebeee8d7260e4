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
  readonly actor?: { readonly type: string; readonly id: string };
}

/** What one record of the events stream holds: all or nothing, in order. */
export interface EventRecord {
  readonly v: 1;
  readonly kind: 'events';
  readonly events: readonly Event[];
}
