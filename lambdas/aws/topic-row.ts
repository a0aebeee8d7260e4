import { parseTopicKey, topicKeyText } from '../../core/events/event';
import type { Json, JsonObject } from '../../core/json';
import type { Deprecation, Topic } from '../../core/topics/topic';
import type { Row } from './row';

/** Where a topic lies. @param keyText `door/name`. */
export function topicRowKey(keyText: string): { partition: string; sort: string } {
  return { partition: `topic#${keyText}`, sort: 'topic' };
}

/** What is JSON lies there as text: the store's own numbers are others. */
export function toTopicRow(topic: Topic): Row {
  const { key, description, schema, examples, deprecation, createdBy, madeBy, createdAt, revision } = topic;
  const { number, recovery } = topic;
  const text = topicKeyText(key);
  return {
    ...topicRowKey(text),
    topic: text,
    created_at: createdAt,
    ...(description !== undefined && { description }),
    ...(schema !== undefined && { schema: JSON.stringify(schema) }),
    ...(examples !== undefined && { examples: JSON.stringify(examples) }),
    ...(deprecation !== undefined && { deprecation }),
    ...(number !== undefined && { number }),
    ...(recovery && { origin_host: recovery.originHost, recovery_enabled: recovery.enabled }),
    ...(createdBy !== undefined && { created_by: createdBy }),
    ...(madeBy !== undefined && { made_by: madeBy }),
    ...(revision !== undefined && { revision }),
  };
}

/** The row comes from our own store, so its shape is trusted. */
export function toTopic(row: Row): Topic {
  return {
    key: parseTopicKey(String(row.topic)),
    createdAt: String(row.created_at),
    ...(row.description !== undefined && { description: String(row.description) }),
    ...(row.schema !== undefined && { schema: JSON.parse(String(row.schema)) as JsonObject }),
    ...(row.examples !== undefined && { examples: JSON.parse(String(row.examples)) as Json[] }),
    ...(row.deprecation !== undefined && { deprecation: row.deprecation as Deprecation }),
    ...(row.number !== undefined && { number: Number(row.number) }),
    ...(row.origin_host !== undefined && {
      recovery: { originHost: String(row.origin_host), enabled: row.recovery_enabled === true },
    }),
    ...(row.created_by !== undefined && { createdBy: String(row.created_by) }),
    ...(row.made_by !== undefined && { madeBy: String(row.made_by) }),
    ...(row.revision !== undefined && { revision: Number(row.revision) }),
  };
}
