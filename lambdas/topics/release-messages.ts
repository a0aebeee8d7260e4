import { setTimeout as pause } from 'node:timers/promises';
import {
  parseReleaseMessage,
  postponeRelease,
  type ReleaseOutcome,
  type ReleasePorts,
  releaseMessage,
} from '../../core/messages/schedule/release-message';
import type { ReleaseMessage } from '../../core/messages/schedule/scheduled-message';
import { documentClient } from '../aws/document-client';
import { makeDynamoScheduleStore } from '../aws/dynamo-schedule-store';
import { kinesisClient } from '../aws/kinesis-client';
import { makeKinesisEventStream } from '../aws/kinesis-event-stream';
import { sqsClient } from '../aws/sqs-client';
import { makeSqsReleaseQueue } from '../aws/sqs-release-queue';
import { readEnvironment } from '../shared/environment';
import { makeLogger } from '../shared/logging';
import { makeMetrics } from '../shared/metrics';
import { type MessageHandler, queueFunction } from '../shared/queue-function';

/**
 * Trigger: a message of the releases queue, at the time of a scheduled message or a moment before.
 * Success: the scheduled message is in the events stream and its row has ended, or had ended before.
 * Refusal: none; a body that names no message goes the way of messages that crash the worker.
 * Retry: sent again with a growing delay when a store or the stream fails, then found by the tick; the event has the
 *   same id every time, and dispatch takes it once.
 */
export function releaseMessages(ports: ReleasePorts, report: ReleaseReport): MessageHandler {
  return async (body) => {
    const message = parseReleaseMessage(body);
    if (!message) {
      throw new Error('the message names no scheduled message');
    }
    try {
      report.handled(await releaseMessage(message, ports), message);
    } catch (error) {
      const isSentAgain = await postponeRelease(message, ports);
      report.postponed(error, message, isSentAgain);
    }
  };
}

/** Is told what an operator must know of. */
export interface ReleaseReport {
  handled(outcome: ReleaseOutcome, message: ReleaseMessage): void;
  postponed(error: unknown, message: ReleaseMessage, isSentAgain: boolean): void;
}

export const handler = queueFunction({
  name: 'release-messages',
  wire: () => {
    const environment = readEnvironment('release-messages');
    return releaseMessages(
      {
        schedule: makeDynamoScheduleStore(documentClient(), environment.SCHEDULED_MESSAGES_TABLE_NAME),
        events: makeKinesisEventStream(kinesisClient(), environment.EVENTS_STREAM_NAME),
        queue: makeSqsReleaseQueue(sqsClient, environment.RELEASES_QUEUE_URL),
        pause,
        now: () => new Date(),
      },
      makeReport(),
    );
  },
});

function makeReport(): ReleaseReport {
  const logger = makeLogger('release-messages');
  const metrics = makeMetrics('release-messages');
  return {
    handled(result, { id, scheduledAt }) {
      logger.info('scheduled message handled', {
        message_number: id,
        scheduled_at: scheduledAt,
        ...facts(result),
      });
      if (result.outcome === 'released') {
        addLateness(result.lateMilliseconds);
      }
    },
    postponed(error, { id, scheduledAt, failures = 0 }, isSentAgain) {
      logger.error('a scheduled message could not be released; it is tried again', {
        message_number: id,
        failures: failures + 1,
        by_the_tick: !isSentAgain,
        error: error as Error,
      });
      addLateness(Date.now() - Date.parse(scheduledAt));
    },
  };

  function addLateness(milliseconds: number): void {
    metrics.add('ReleaseLateness', 'Milliseconds', milliseconds);
    metrics.publish();
  }
}

function facts(result: ReleaseOutcome) {
  return result.outcome === 'released'
    ? { outcome: result.outcome, event_id: result.eventId, late_milliseconds: result.lateMilliseconds }
    : { outcome: result.outcome };
}
