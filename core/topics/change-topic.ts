import { ServiceError } from '../errors';
import type { Door } from '../events/event';
import { findTopic } from './find-topics';
import type { SubscriptionStore, TopicStore } from './ports';
import type { TimeLimit } from './schemas/time-limit';
import type { Topic } from './topic';
import { topicReferenceText } from './topic-reference';
import { describeTopic, requireUsableSchema, type TopicChanges } from './topic-request';

/** Two who change a topic at the same moment meet once or twice; more is a fault. */
const MAX_TRIES = 4;

/** Whose topics are made here; see `keyOfNewTopic`. */
const changeableDoors: readonly Door[] = ['manage', 'events'];

export interface ChangeTopicPorts {
  readonly topics: Pick<TopicStore, 'find' | 'replace'>;
  readonly timeLimit: TimeLimit;
}

/**
 * Changes what is said of a topic; its next event is judged by the new schema.
 * @param at ISO 8601.
 * @throws ServiceError `not_found`, `forbidden` (of neither the manage nor the events door), `body_invalid` (the schema, or an
 *   example that does not fit it), `conflict`.
 */
export async function changeTopic(
  reference: string,
  changes: TopicChanges,
  { topics, timeLimit }: ChangeTopicPorts,
  at: string,
): Promise<Topic> {
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const {
      key,
      createdAt,
      createdBy,
      madeBy,
      revision = 0,
      ...earlier
    } = await findOwnTopic(reference, topics);
    const changed: Topic = {
      key,
      ...describeTopic(changes, earlier, at),
      ...(createdBy !== undefined && { createdBy }),
      ...(madeBy !== undefined && { madeBy }),
      createdAt,
      revision: revision + 1,
    };
    requireUsableSchema(changed, timeLimit);
    if ((await topics.replace(changed)) === 'replaced') {
      return changed;
    }
  }
  throw new ServiceError('conflict', 'others are changing this topic at the same time; try again');
}

/**
 * Takes a topic away that nobody subscribes to. What was published stays in the history for its time.
 * @throws ServiceError `not_found`, `forbidden` (of neither the manage nor the events door), `conflict` naming how many subscribe.
 */
export async function deleteTopic(
  reference: string,
  {
    topics,
    subscriptions,
  }: {
    readonly topics: Pick<TopicStore, 'find' | 'remove'>;
    readonly subscriptions: Pick<SubscriptionStore, 'ofTopic'>;
  },
): Promise<void> {
  const { key } = await findOwnTopic(reference, topics);
  const count = (await subscriptions.ofTopic(key)).filter(({ topic }) => !topic.isPattern).length;
  if (count > 0) {
    throw new ServiceError(
      'conflict',
      `the topic "${key.name}" has ${count} subscription${count === 1 ? '' : 's'}; delete them first`,
    );
  }
  await topics.remove(key);
}

async function findOwnTopic(reference: string, topics: Pick<TopicStore, 'find'>): Promise<Topic> {
  const topic = await findTopic(reference, topics);
  if (!changeableDoors.includes(topic.key.door) || !('createdAt' in topic)) {
    throw new ServiceError(
      'forbidden',
      `the topic "${topicReferenceText(topic.key)}" belongs to ${
        topic.key.door === 'system' ? 'the system' : `the door "${topic.key.door}"`
      } and cannot be changed here`,
    );
  }
  return topic;
}
