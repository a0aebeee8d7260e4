import { eraseSubjects } from '../../core/erasure/erase-subjects';
import type { ErasePorts } from '../../core/erasure/ports';
import { documentClient } from '../aws/document-client';
import { makeDynamoDeliveryStore } from '../aws/dynamo-delivery-store';
import { makeDynamoErasableEvents } from '../aws/dynamo-erasable-events';
import { makeDynamoErasableStatuses } from '../aws/dynamo-erasable-statuses';
import { makeDynamoErasureStore } from '../aws/dynamo-erasure-store';
import { makeDynamoProfileStore } from '../aws/dynamo-profile-store';
import { readEnvironment } from '../shared/environment';
import { scheduleFunction, type TickHandler } from '../shared/schedule-function';

/**
 * Trigger: the tick, every minute.
 * Success: the open erasures are further on, or complete with a receipt.
 * Refusal: none.
 * Retry: the next tick; it goes on after the last page that was saved, and every effect can be repeated.
 */
export function eraseSubject(ports: ErasePorts): TickHandler {
  return (deadline) => eraseSubjects(ports, deadline);
}

export const handler = scheduleFunction({
  name: 'erase-subject',
  wire: () => {
    const environment = readEnvironment('erase-subject');
    const client = documentClient();
    return eraseSubject({
      erasures: makeDynamoErasureStore(client, environment.ERASURES_TABLE_NAME),
      profiles: makeDynamoProfileStore(client, environment.PROFILES_TABLE_NAME),
      statuses: makeDynamoErasableStatuses(client, environment.CHANGE_STATUSES_TABLE_NAME),
      events: makeDynamoErasableEvents(client, environment.EVENTS_TABLE_NAME),
      deliveries: makeDynamoDeliveryStore(client, environment.DELIVERIES_TABLE_NAME),
      rule: {
        settleSeconds: Number(environment.SETTLE_SECONDS),
        streamRetentionHours: Number(environment.STREAM_RETENTION_HOURS),
        logRetentionDays: Number(environment.LOG_RETENTION_DAYS),
        hasBackups: environment.HAS_BACKUPS === 'true',
      },
      now: () => new Date(),
    });
  },
});
