import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { requestErasure } from '../../../core/erasure/request-erasure';
import { makeDynamoChangeStatusStore } from '../../../lambdas/aws/dynamo-change-status-store';
import { makeDynamoDeliveryStore } from '../../../lambdas/aws/dynamo-delivery-store';
import { makeDynamoErasureStore } from '../../../lambdas/aws/dynamo-erasure-store';
import { makeDynamoEventHistory } from '../../../lambdas/aws/dynamo-event-history';
import { makeDynamoFanOutMarkers } from '../../../lambdas/aws/dynamo-fan-out-markers';
import { makeDynamoPersonReader } from '../../../lambdas/aws/dynamo-person-reader';
import { makeDynamoProfileStore } from '../../../lambdas/aws/dynamo-profile-store';
import { handler as eraseSubject } from '../../../lambdas/erasure/erase-subject';
import { aTick } from '../../support/a-tick';
import {
  createTables,
  dynamodbClient,
  type Emulators,
  startEmulators,
  useEmulators,
} from '../../support/emulators';
import { anEvent } from '../../support/memory-dispatch';
import { storedProfile } from '../../support/stored-profile';

const subject = 'ad|Mozilla-LDAP|ada';

let emulators: Emulators;
let client: DynamoDBDocumentClient;

beforeAll(async () => {
  emulators = await startEmulators();
  client = DynamoDBDocumentClient.from(dynamodbClient(emulators.dynamodbUrl), {
    marshallOptions: { removeUndefinedValues: true },
  });
});

afterAll(async () => {
  client.destroy();
  await emulators.stop();
});

describe('erase-subject', () => {
  it('erases on the real tables in two passes, and leaves a receipt', async () => {
    useEmulators(emulators);
    const tables = await createTables(emulators.dynamodbUrl);
    Object.assign(process.env, {
      ERASURES_TABLE_NAME: tables.erasures,
      PROFILES_TABLE_NAME: tables.profiles,
      CHANGE_STATUSES_TABLE_NAME: tables['change-statuses'],
      EVENTS_TABLE_NAME: tables.events,
      DELIVERIES_TABLE_NAME: tables.deliveries,
      SETTLE_SECONDS: '0',
      STREAM_RETENTION_HOURS: '24',
      LOG_RETENTION_DAYS: '7',
      HAS_BACKUPS: 'false',
      LOG_LEVEL: 'SILENT',
    });
    const profiles = makeDynamoProfileStore(client, tables.profiles);
    const statuses = makeDynamoChangeStatusStore(client, tables['change-statuses']);
    const history = makeDynamoEventHistory(client, tables.events);
    const markers = makeDynamoFanOutMarkers(client, tables.events);
    const deliveries = makeDynamoDeliveryStore(client, tables.deliveries);
    await profiles.write(storedProfile(subject, { primary_email: 'ada@example.org' }), 0);
    const position = { sequenceNumber: '7', shardId: 'shardId-000000000000' };
    await statuses.record({
      ...position,
      state: 'noop',
      userId: subject,
      endedAt: '2026-11-20T10:00:00.000Z',
    });
    const place = { topic: 'manage/orders', order: 'order-1' };
    await markers.claim({ eventId: 'e1', winner: position, ...place, plan: [{ id: 'sub_1' }] });
    await history.keep(place.order, anEvent('e1', { subject }));

    const erasures = makeDynamoErasureStore(client, tables.erasures);
    const id = 'era_1';
    await requestErasure(subject, { id }, { erasures, now: () => new Date() });
    await eraseSubject(...aTick);

    const erasure = await erasures.read(id);
    expect(erasure).toMatchObject({
      state: 'completed',
      counts: { profiles: 1, changeStatuses: 1, events: 1, deliveries: 1 },
    });
    expect(await makeDynamoPersonReader(client, tables.profiles).readProfile(subject)).toBeUndefined();
    const stored = (await profiles.readMany([subject])).get(subject);
    expect(stored).toMatchObject({ profile: undefined, outbox: [], erased: { at: expect.any(String) } });
    expect(await statuses.find('7')).toEqual({
      ...position,
      state: 'noop',
      endedAt: '2026-11-20T10:00:00.000Z',
    });
    expect(await history.read({ ...place, eventId: 'e1' })).toBeUndefined();
    expect(await deliveries.read({ eventId: 'e1', subscriptionId: 'sub_1', run: 0 })).toMatchObject({
      state: 'erased',
      attempts: [],
    });
  });
});
