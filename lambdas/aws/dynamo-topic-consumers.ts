import { type DynamoDBDocumentClient, paginateQuery } from '@aws-sdk/lib-dynamodb';
import type { ConsumerSubscription, TopicConsumers, TopicReader } from '../../core/messages/ports';
import type { Row } from './row';
import { subscriptionSortPrefix, topicPartition, toSubscription } from './subscription-row';
import { toTopic } from './topic-row';

const TOPIC_SORT = 'topic';

/** Topics of the topics door with their consumers: they lie side by side in the registry, so one query has both. */
export function makeDynamoTopicConsumers(client: DynamoDBDocumentClient, tableName: string): TopicReader {
  return { read };

  async function read(name: string): Promise<TopicConsumers | undefined> {
    const pages = paginateQuery(
      { client },
      {
        TableName: tableName,
        ConsistentRead: true,
        KeyConditionExpression: '#partition = :partition AND #sort BETWEEN :first AND :last',
        ExpressionAttributeNames: { '#partition': 'partition', '#sort': 'sort' },
        ExpressionAttributeValues: {
          ':partition': topicPartition({ door: 'topics', name }),
          ':first': subscriptionSortPrefix,
          ':last': TOPIC_SORT,
        },
      },
    );
    const rows: Row[] = [];
    for await (const { Items = [] } of pages) {
      rows.push(...Items);
    }
    const topicRow = rows.find(({ sort }) => sort === TOPIC_SORT);
    return topicRow && { topic: toTopic(topicRow), consumers: consumersIn(rows) };
  }
}

function consumersIn(rows: readonly Row[]): readonly ConsumerSubscription[] {
  return rows
    .filter(
      ({ sort, consumer, state }) => sort !== TOPIC_SORT && consumer !== undefined && state !== 'deleted',
    )
    .map((row) => toSubscription(row) as ConsumerSubscription)
    .sort((a, b) => b.consumer.number - a.consumer.number);
}
