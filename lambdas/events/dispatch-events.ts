import { type CrashMarkerStore, guardAgainstCrashes } from '../../core/crash-guard';
import { type DispatchEnding, dispatchEvents } from '../../core/events/dispatch-events';
import type { DispatchPorts } from '../../core/events/dispatch-ports';
import { makeEventNumbers } from '../../core/events/event-numbers';
import type { StreamRecord } from '../../core/stream-record';
import { documentClient } from '../aws/document-client';
import { eventMarkKey, makeDynamoCrashMarkers } from '../aws/dynamo-crash-markers';
import { makeDynamoDuplicateClaims } from '../aws/dynamo-duplicate-claims';
import { makeDynamoEventHistory } from '../aws/dynamo-event-history';
import { makeDynamoFanOutMarkers } from '../aws/dynamo-fan-out-markers';
import { makeDynamoNumberBlocks } from '../aws/dynamo-number-blocks';
import { makeDynamoSubscriptionStore } from '../aws/dynamo-subscription-store';
import { makeDynamoUnprocessableRecords } from '../aws/dynamo-unprocessable-records';
import { sqsClient } from '../aws/sqs-client';
import { makeSqsDeliveryQueue } from '../aws/sqs-delivery-queue';
import { readEnvironment } from '../shared/environment';
import { makeLogger } from '../shared/logging';
import { makeMetrics } from '../shared/metrics';
import { type BatchHandler, streamFunction } from '../shared/stream-function';

/**
 * Trigger: the events stream.
 * Success: the history has every event of the batch, the deliveries queue one message per matching subscription.
 * Refusal: a record that cannot be read is kept as unprocessable, counted and consumed.
 * Retry: the stream delivers the batch again until the stores and the queue take it; doubles are the same deliveries.
 */
export function makeDispatchEvents(
  ports: DispatchPorts & { readonly crashMarkers: CrashMarkerStore },
  report: (endings: readonly DispatchEnding[]) => void,
  now: () => number,
): BatchHandler {
  return async (records) => {
    await guardAgainstCrashes(
      records,
      { markers: ports.crashMarkers, now: new Date(now()) },
      { process: async () => report(await dispatchEvents(records, ports, now())), giveUp },
    );
  };

  async function giveUp(record: StreamRecord): Promise<void> {
    const reason = 'the record took the function down every time it was tried';
    await ports.unprocessable.record(record, reason);
    report([{ record, state: 'unprocessable', reason }]);
  }
}

export const handler = streamFunction({
  name: 'dispatch-events',
  wire: () => {
    const environment = readEnvironment('dispatch-events');
    const client = documentClient();
    const events = environment.EVENTS_TABLE_NAME;
    return makeDispatchEvents(
      {
        subscriptions: makeDynamoSubscriptionStore(client, environment.REGISTRY_TABLE_NAME),
        duplicates: makeDynamoDuplicateClaims(client, events),
        numbers: makeEventNumbers(makeDynamoNumberBlocks(client, events), Date.now),
        markers: makeDynamoFanOutMarkers(client, events),
        history: makeDynamoEventHistory(client, events),
        queue: makeSqsDeliveryQueue(sqsClient(), environment.DELIVERIES_QUEUE_URL),
        unprocessable: makeDynamoUnprocessableRecords(client, events),
        crashMarkers: makeDynamoCrashMarkers(client, { name: events, keyOf: eventMarkKey }),
      },
      makeReport(),
      Date.now,
    );
  },
});

function makeReport(): (endings: readonly DispatchEnding[]) => void {
  const logger = makeLogger('dispatch-events');
  const metrics = makeMetrics('dispatch-events');
  return (endings) => {
    const totals = { events: 0, duplicates: 0, messages: 0 };
    const refused = endings.filter((ending) => ending.state === 'unprocessable');
    for (const ending of endings) {
      if (ending.state === 'dispatched') {
        totals.events += ending.events;
        totals.duplicates += ending.duplicates;
        totals.messages += ending.messages;
      }
    }
    for (const { record, reason } of refused) {
      const { sequenceNumber, shardId } = record;
      logger.error('record kept as unprocessable', {
        sequence_number: sequenceNumber,
        shard_id: shardId,
        reason,
      });
    }
    logger.info('dispatched', { records: endings.length, unprocessable: refused.length, ...totals });
    metrics.add('DispatchedEvents', 'Count', totals.events);
    metrics.add('FannedOutDeliveries', 'Count', totals.messages);
    metrics.add('UnprocessableEvents', 'Count', refused.length);
    metrics.publish();
  };
}
