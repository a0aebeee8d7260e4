import type { AnyTopic } from '../../../core/topics/find-topics';
import type { Topic } from '../../../core/topics/topic';
import { topicReferenceText } from '../../../core/topics/topic-reference';
import type { TopicReply, TopicSummaryReply } from './topic-replies';

/** A topic with all that is said of it. */
export function toTopicBody(topic: AnyTopic): TopicReply {
  const { schema, examples }: Partial<Topic> = topic;
  return { ...toTopicSummary(topic), schema, examples };
}

/** As lists have it: a hundred schemas would not fit into one reply. */
export function toTopicSummary(topic: AnyTopic): TopicSummaryReply {
  const { schema, deprecation, createdAt }: Partial<Topic> = topic;
  return {
    name: topicReferenceText(topic.key),
    door: topic.key.door,
    description: topic.description,
    has_schema: schema !== undefined,
    deprecated: deprecation === undefined ? false : (deprecation.notice ?? true),
    deprecated_at: deprecation?.since,
    built_in: topic.key.door === 'system',
    created_at: createdAt,
  };
}
