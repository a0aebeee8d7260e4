import * as z from 'zod';
import type { DocumentedDoor } from '../openapi/operation';
import { eventPageReply, eventReply, hourLedgerReply, ledgerReply, publishedReply } from './event-replies';
import { cloudEventSchema, eventQuery, hourQuery, plainEventSchema } from './event-requests';

const plainExample = { topic: 'orders', data: { total: 120 }, id: 'order-1', subject: 'ada' };
const cloudExample = {
  specversion: '1.0',
  id: 'order-1',
  source: '/shop',
  type: 'orders',
  data: { total: 120 },
};

const ofSystemTopics = 'Events of the system need `subscriptions:system`.';

/** What manage-events answers. */
export const eventOperations: DocumentedDoor = {
  tag: 'events',
  description: 'Published, read, and counted: where the deliveries of an event are.',
  requests: { EventRequest: plainEventSchema, CloudEvent: cloudEventSchema },
  replies: {
    PublishedEvents: publishedReply,
    Event: eventReply,
    EventPage: eventPageReply,
    EventLedger: ledgerReply,
    HourLedger: hourLedgerReply,
  },
  operations: [
    {
      id: 'listEvents',
      method: 'GET',
      path: '/v1/events',
      summary: 'Lists the events of a topic by their arrival.',
      description: ofSystemTopics,
      scopes: ['events:read'],
      scopesAtTimes: ['subscriptions:system'],
      query: eventQuery,
      success: { status: 200, description: 'A page of events', schema: eventPageReply },
      refusals: [400, 404],
    },
    {
      id: 'publishEvents',
      method: 'POST',
      path: '/v1/events',
      summary: 'Publishes one event, or up to 1000 at once: all or none.',
      description:
        'Plain JSON, or CloudEvents in structured, batch or binary mode: with the headers `ce-specversion`, `ce-id`, `ce-source`, `ce-type` and so on, the body is the data. Repeating is harmless for events with an `id`, and under an `Idempotency-Key`: the ids are the same, and the first event stays. A key that was used with another body is a conflict.',
      scopes: ['events:write'],
      body: {
        schema: z.union([plainEventSchema, z.array(plainEventSchema).max(1000)]),
        example: plainExample,
        otherTypes: {
          'application/cloudevents+json': { schema: cloudEventSchema, example: cloudExample },
          'application/cloudevents-batch+json': {
            schema: z.array(cloudEventSchema).max(1000),
            example: [cloudExample],
          },
        },
      },
      success: {
        status: 202,
        description: 'The stream has them',
        schema: publishedReply,
        headers: { deprecation: 'Since when the topic is deprecated (RFC 9745)' },
      },
      refusals: [400, 404, 409, 413, 415],
    },
    {
      id: 'readEvent',
      method: 'GET',
      path: '/v1/events/{id}',
      summary: 'Reads an event, its data as it came.',
      description: ofSystemTopics,
      scopes: ['events:read'],
      scopesAtTimes: ['subscriptions:system'],
      success: { status: 200, description: 'The event', schema: eventReply },
      refusals: [400, 404],
    },
    {
      id: 'readEventLedger',
      method: 'GET',
      path: '/v1/events/{id}/ledger',
      summary: 'Counts the deliveries of an event by their state.',
      description: ofSystemTopics,
      scopes: ['events:read'],
      scopesAtTimes: ['subscriptions:system'],
      success: { status: 200, description: 'The ledger', schema: ledgerReply },
      refusals: [400, 404],
    },
    {
      id: 'readHourLedger',
      method: 'GET',
      path: '/v1/ledger',
      summary: 'Counts the deliveries of the events of an hour; the pages are to be added up.',
      description: ofSystemTopics,
      scopes: ['events:read'],
      scopesAtTimes: ['subscriptions:system'],
      query: hourQuery,
      success: { status: 200, description: 'The sums of a page', schema: hourLedgerReply },
      refusals: [400, 404],
    },
  ],
};
