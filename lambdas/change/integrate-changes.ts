import { integrateBatch } from '../../core/change/integrate-batch';
import type { IntegrationPorts } from '../../core/change/integration-ports';
import { documentClient } from '../aws/document-client';
import { makeDynamoChangeStatusStore } from '../aws/dynamo-change-status-store';
import { changeMarkKey, makeDynamoCrashMarkers } from '../aws/dynamo-crash-markers';
import { makeDynamoProfileStore } from '../aws/dynamo-profile-store';
import { kinesisClient } from '../aws/kinesis-client';
import { makeKinesisEventStream } from '../aws/kinesis-event-stream';
import { secretsClient } from '../aws/secrets-client';
import { makeSecretText } from '../aws/secrets-manager-text';
import { readEnvironment } from '../shared/environment';
import { type BatchHandler, streamFunction } from '../shared/stream-function';
import { makeIntegrationContext } from './integration-context';
import { makeIntegrationObserver } from './integration-observer';

/**
 * Trigger: the changes stream.
 * Success: every change of the batch has ended; profiles, statuses and the events that follow are written.
 * Refusal: a change that is not allowed ends as rejected with its code, and is consumed.
 * Retry: the stream delivers the batch again when a store fails; what had ended stays as it is.
 */
export function makeIntegrateChanges(ports: IntegrationPorts): BatchHandler {
  return (records) => integrateBatch(records, ports);
}

export const handler = streamFunction({
  name: 'integrate-changes',
  wire: () => {
    const environment = readEnvironment('integrate-changes');
    const client = documentClient();
    const statuses = environment.CHANGE_STATUSES_TABLE_NAME;
    return makeIntegrateChanges({
      profiles: makeDynamoProfileStore(client, environment.PROFILES_TABLE_NAME),
      statuses: makeDynamoChangeStatusStore(client, statuses),
      markers: makeDynamoCrashMarkers(client, { name: statuses, keyOf: changeMarkKey }),
      events: makeKinesisEventStream(kinesisClient(), environment.EVENTS_STREAM_NAME),
      context: makeIntegrationContext(environment, {
        cisKey: makeSecretText(secretsClient(), environment.CIS_KEY_SECRET_ID),
        publishersJwks: makeSecretText(secretsClient(), environment.PUBLISHERS_JWKS_SECRET_ID),
        publisherRules: makeSecretText(secretsClient(), environment.PUBLISHER_RULES_SECRET_ID),
      }),
      observer: makeIntegrationObserver(),
      now: () => new Date(),
    });
  },
});
