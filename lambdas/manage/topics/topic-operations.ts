import { topicChangesSchema, topicSchema } from '../../../core/topics/topic-request';
import type { DocumentedDoor } from '../openapi/operation';
import { pagingQuery } from '../paging';
import { topicPageReply, topicReply, topicSummaryReply } from './topic-replies';

/** What manage-topics answers. */
export const topicOperations: DocumentedDoor = {
  tag: 'topics',
  description: 'What events are published under, and the JSON Schema that their data fits.',
  requests: { TopicRequest: topicSchema, TopicChanges: topicChangesSchema },
  replies: { Topic: topicReply, TopicSummary: topicSummaryReply, TopicPage: topicPageReply },
  operations: [
    {
      id: 'listTopics',
      method: 'GET',
      path: '/v1/topics',
      summary: 'Lists topics, those of the system first.',
      scopes: ['topics:read'],
      query: pagingQuery,
      success: { status: 200, description: 'A page of topics', schema: topicPageReply },
      refusals: [400],
    },
    {
      id: 'createTopic',
      method: 'POST',
      path: '/v1/topics',
      summary: 'Makes a topic.',
      description:
        'The name makes it repeatable: the same request of the same caller finds what it has made. Under an `Idempotency-Key` it does so after changes of the topic, too.',
      scopes: ['topics:write'],
      body: {
        schema: topicSchema,
        example: {
          name: 'orders',
          schema: { type: 'object', required: ['total'] },
          examples: [{ total: 1 }],
        },
      },
      success: { status: 201, description: 'It is made', schema: topicReply },
      otherSuccess: { status: 200, description: 'The same call has made it before', schema: topicReply },
      refusals: [400, 409, 413],
    },
    {
      id: 'readTopic',
      method: 'GET',
      path: '/v1/topics/{name}',
      summary: 'Reads a topic with its schema.',
      description: 'A topic of another door is named `door/name`, percent-encoded.',
      scopes: ['topics:read'],
      success: { status: 200, description: 'The topic', schema: topicReply },
      refusals: [400, 404],
    },
    {
      id: 'changeTopic',
      method: 'PATCH',
      path: '/v1/topics/{name}',
      summary: 'Changes what is given; `null` removes.',
      scopes: ['topics:write'],
      body: { schema: topicChangesSchema, example: { deprecated: 'use orders.v2' } },
      success: { status: 200, description: 'The topic as it is now', schema: topicReply },
      refusals: [400, 404, 409, 413],
    },
    {
      id: 'deleteTopic',
      method: 'DELETE',
      path: '/v1/topics/{name}',
      summary: 'Deletes a topic that nobody subscribes to.',
      scopes: ['topics:write'],
      success: { status: 204, description: 'It is deleted' },
      refusals: [400, 404, 409],
    },
  ],
};
