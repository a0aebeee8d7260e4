import { DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import type { NoticeMarks } from '../../../core/webhooks/notices/notify-owner';
import { makeDynamoNoticeMarks } from '../../../lambdas/aws/dynamo-notice-marks';
import { createTables, dynamodbClient, type Emulators, startEmulators } from '../../support/emulators';
import { makeMemoryNoticeMarks } from '../../support/memory-notice-marks';

let emulators: Emulators;
let client: DynamoDBDocumentClient;
let table: string;

beforeAll(async () => {
  emulators = await startEmulators();
  client = DynamoDBDocumentClient.from(dynamodbClient(emulators.dynamodbUrl));
  table = (await createTables(emulators.dynamodbUrl)).registry;
});

afterAll(async () => {
  client.destroy();
  await emulators.stop();
});

const now = new Date('2026-11-20T10:00:00.000Z');
const until = new Date('2026-11-20T10:01:00.000Z');
const before = new Date('2026-11-20T10:00:59.999Z');
const later = new Date('2026-11-20T10:02:00.000Z');

const stores: [string, () => NoticeMarks][] = [
  ['in memory', makeMemoryNoticeMarks],
  ['on DynamoDB', () => makeDynamoNoticeMarks(client, table)],
];

describe.each(stores)('marks of notices %s', (name, make) => {
  it('are taken by one at a time', async () => {
    const marks = make();
    const claims = await Promise.all([1, 2, 3].map(() => marks.claim(`evt_race ${name}`, now, until)));
    expect(claims.sort()).toEqual(['busy', 'busy', 'claimed']);
  });

  it('are free again when a claim has ended, and not before', async () => {
    const marks = make();
    expect(await marks.claim('evt_a', now, until)).toBe('claimed');
    expect(await marks.claim('evt_a', before, later)).toBe('busy');
    expect(await marks.claim('evt_a', until, later)).toBe('claimed');
  });

  it('stay sent, also when the claim has ended; others are not touched', async () => {
    const marks = make();
    await marks.claim('evt_b', now, until);
    await marks.recordSent('evt_b', now);
    expect(await marks.claim('evt_b', before, later)).toBe('sent');
    expect(await marks.claim('evt_b', later, later)).toBe('sent');
    expect(await marks.claim('evt_c', now, until)).toBe('claimed');
  });
});

it('the row expires after thirty days, and holds no address', async () => {
  const marks = makeDynamoNoticeMarks(client, table);
  await marks.claim('evt_row', now, until);
  await marks.recordSent('evt_row', now);
  const Key = { partition: 'notice#evt_row', sort: 'notice' };
  const { Item } = await client.send(new GetCommand({ TableName: table, Key }));
  expect(Item).toEqual({
    ...Key,
    claimed_until: until.toISOString(),
    sent_at: now.toISOString(),
    expires_at: now.getTime() / 1000 + 30 * 24 * 3600,
  });
});
