import type { Event } from '../../../core/events/event';
import type { Topic } from '../../../core/topics/topic';
import { topicReferenceText } from '../../../core/topics/topic-reference';
import type { HttpReply } from '../../shared/http-message';

/**
 * 202: the events are in the stream, and not yet dispatched. With a deprecated topic, the header says since when
 * (RFC 9745), of the longest deprecated one, and the warnings what to use instead.
 */
export function toPublishedReply(
  published: readonly { readonly event: Event; readonly topic: Topic }[],
): HttpReply {
  const topics = [...new Set(published.map(({ topic }) => topic))].filter(({ deprecation }) => deprecation);
  const since = topics.map(({ deprecation }) => deprecation?.since ?? '').sort();
  return {
    status: 202,
    ...(since[0] !== undefined && {
      headers: { deprecation: `@${Math.floor(Date.parse(since[0]) / 1000)}` },
    }),
    body: {
      events: published.map(({ event }) => ({
        id: event.id,
        client_id: event.clientId,
        topic: topicReferenceText(event.topic),
      })),
      ...(topics.length > 0 && { warnings: topics.map(warningOf) }),
    },
  };
}

function warningOf({ key, deprecation }: Topic): string {
  const notice = deprecation?.notice === undefined ? '' : `: ${deprecation.notice}`;
  return `the topic "${topicReferenceText(key)}" is deprecated${notice}`;
}
