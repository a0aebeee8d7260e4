import type { DocumentedDoor } from '../openapi/operation';
import { pagingQuery } from '../paging';
import { replayPageReply, replayReply } from './replay-replies';
import { replaySchema } from './replay-requests';

/** What manage-replays answers. */
export const replayOperations: DocumentedDoor = {
  tag: 'replays',
  description: "A topic's history, sent to one subscription.",
  requests: { ReplayRequest: replaySchema },
  replies: { Replay: replayReply, ReplayPage: replayPageReply },
  operations: [
    {
      id: 'listReplays',
      method: 'GET',
      path: '/v1/subscriptions/{id}/replays',
      summary: 'Lists the replays of a subscription, the newest first.',
      scopes: ['deliveries:read'],
      query: pagingQuery,
      success: { status: 200, description: 'A page of replays', schema: replayPageReply },
      refusals: [400, 404],
    },
    {
      id: 'startReplay',
      method: 'POST',
      path: '/v1/subscriptions/{id}/replays',
      summary: 'Starts a replay; live deliveries go on meanwhile.',
      description: 'Of topics of the system it needs `subscriptions:system`.',
      scopes: ['deliveries:write'],
      scopesAtTimes: ['subscriptions:system'],
      body: { schema: replaySchema, example: { from: '2026-11-19T00:00:00Z', rate_per_second: 20 } },
      success: {
        status: 202,
        description: 'It is taken on, and begins within a minute',
        schema: replayReply,
        headers: { location: 'Where it is, relative to the path that was called' },
      },
      refusals: [400, 404, 409, 413],
    },
    {
      id: 'readReplay',
      method: 'GET',
      path: '/v1/subscriptions/{id}/replays/{run}',
      summary: 'Reads how far a replay is.',
      scopes: ['deliveries:read'],
      success: { status: 200, description: 'The replay', schema: replayReply },
      refusals: [400, 404],
    },
    {
      id: 'cancelReplay',
      method: 'DELETE',
      path: '/v1/subscriptions/{id}/replays/{run}',
      summary: 'Cancels a replay; what is queued already still arrives.',
      scopes: ['deliveries:write'],
      success: { status: 200, description: 'The replay as it ended', schema: replayReply },
      refusals: [400, 404, 409],
    },
  ],
};
