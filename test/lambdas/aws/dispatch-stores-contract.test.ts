import { ScanCommand, UpdateCommand } from '@aws-sdk/lib-dynamodb';
import type {
  CallClaims,
  DuplicateClaims,
  EventHistoryReader,
  EventHistoryWriter,
  FanOutMarker,
  FanOutMarkers,
  NumberBlocks,
} from '../../../core/events/ports';
import { EVENT_RETENTION_DAYS } from '../../../core/events/retention';
import { encodeRecord } from '../../../core/stream-record';
import { makeDynamoCallClaims } from '../../../lambdas/aws/dynamo-call-claims';
import { eventMarkKey, makeDynamoCrashMarkers } from '../../../lambdas/aws/dynamo-crash-markers';
import { makeDynamoDuplicateClaims } from '../../../lambdas/aws/dynamo-duplicate-claims';
import { makeDynamoEventHistory } from '../../../lambdas/aws/dynamo-event-history';
import { makeDynamoFanOutMarkers } from '../../../lambdas/aws/dynamo-fan-out-markers';
import { makeDynamoNumberBlocks } from '../../../lambdas/aws/dynamo-number-blocks';
import { makeDynamoUnprocessableRecords } from '../../../lambdas/aws/dynamo-unprocessable-records';
import { useEmulatedTables } from '../../support/emulated-tables';
import {
  anEvent,
  aRecord,
  MemoryCallClaims,
  MemoryDuplicateClaims,
  MemoryEventHistory,
  MemoryFanOutMarkers,
  MemoryNumberBlocks,
} from '../../support/memory-dispatch';

const DAY = 24 * 3600 * 1000;
const start = Date.parse('2026-11-20T12:00:00.000Z');

const emulated = useEmulatedTables();

async function freshTable(): Promise<string> {
  return (await emulated.fresh()).events;
}

function aMarker(sequenceNumber: string, ids: readonly string[] = ['sub_a', 'sub_b']): FanOutMarker {
  return {
    eventId: 'e1',
    winner: { sequenceNumber, shardId: 'shard-0' },
    topic: 'manage/orders',
    order: `1763640000000.0000000000.${sequenceNumber}`,
    plan: ids.map((id) => ({ id })),
  };
}

const markerStores: [string, () => Promise<FanOutMarkers>][] = [
  ['in memory', async () => new MemoryFanOutMarkers()],
  ['on DynamoDB', async () => makeDynamoFanOutMarkers(emulated.client, await freshTable())],
];

describe.each(markerStores)('FanOutMarkers %s', (_, makeStore) => {
  it('lets the first claim stand, with its order and its plan', async () => {
    const store = await makeStore();
    await expect(store.claim(aMarker('1'))).resolves.toEqual(aMarker('1'));
    await expect(store.claim(aMarker('2', []))).resolves.toEqual(aMarker('1'));
    await expect(store.claim({ ...aMarker('1', ['sub_new']), order: 'later' })).resolves.toEqual(
      aMarker('1'),
    );
  });

  it('keeps plans of none and of 5 000', async () => {
    const store = await makeStore();
    const large = Array.from({ length: 5000 }, (_, index) => `sub_${index.toString(36).padStart(16, '0')}`);
    for (const [eventId, ids] of [
      ['none', []],
      ['many', large],
    ] as const) {
      await store.claim({ ...aMarker('1', ids), eventId });
      await expect(store.claim({ ...aMarker('1', ['other']), eventId })).resolves.toMatchObject({
        plan: ids.map((id) => ({ id })),
      });
    }
  });

  it('keeps the number of the first claim', async () => {
    const store = await makeStore();
    await expect(store.claim({ ...aMarker('1'), number: 7 })).resolves.toEqual({
      ...aMarker('1'),
      number: 7,
    });
    await expect(store.claim({ ...aMarker('1'), number: 8 })).resolves.toMatchObject({ number: 7 });
  });

  it('keeps by which pattern a subscription is in the plan', async () => {
    const store = await makeStore();
    const plan = [{ id: 'sub_a' }, { id: 'sub_b', via: 'manage:user.*' }, { id: 'sub_c', via: 'manage:*' }];
    await store.claim({ ...aMarker('1'), plan });
    await expect(store.claim(aMarker('2'))).resolves.toEqual({ ...aMarker('1'), plan });
  });

  it('lets one of many win that come at the same moment, and tells all of them which', async () => {
    const store = await makeStore();
    const claims = await Promise.all(['1', '2', '3', '4'].map((number) => store.claim(aMarker(number))));
    expect(new Set(claims.map((claim) => claim !== 'too_large' && claim.winner.sequenceNumber)).size).toBe(1);
  });
});

const duplicateStores: [string, () => Promise<DuplicateClaims>][] = [
  ['in memory', async () => new MemoryDuplicateClaims()],
  ['on DynamoDB', async () => makeDynamoDuplicateClaims(emulated.client, await freshTable())],
];

describe.each(duplicateStores)('DuplicateClaims %s', (_, makeStore) => {
  const aClaim = (eventId: string, arrivedAt = '2026-11-20T12:00:00.000Z') => ({
    key: { door: 'webhooks' as const, key: 'f492f02b6efce20a5ff97481ed9846cf' },
    eventId,
    winner: { sequenceNumber: `1${eventId.length}`, shardId: 'shard-0' },
    arrivedAt,
    until: '2026-12-20T12:00:00.000Z',
  });

  it('lets the first claim stand until its time is over', async () => {
    const store = await makeStore();
    const first = { eventId: 'e1', winner: aClaim('e1').winner };
    expect(await store.claim(aClaim('e1'))).toMatchObject(first);
    expect(await store.claim(aClaim('longer'))).toMatchObject(first);
    expect(await store.claim(aClaim('e1'))).toMatchObject(first);
    expect(await store.claim(aClaim('later', '2026-12-20T11:59:59.999Z'))).toMatchObject(first);
    const next = { ...aClaim('latest', '2026-12-20T12:00:00.000Z'), until: '2027-01-19T12:00:00.000Z' };
    expect(await store.claim(next)).toMatchObject({ eventId: 'latest' });
    expect(await store.claim(aClaim('e1'))).toMatchObject({ eventId: 'latest' });
  });

  it('tells doors and keys apart', async () => {
    const store = await makeStore();
    await store.claim(aClaim('e1'));
    const { key } = aClaim('e1');
    const others = [
      { ...key, door: 'topics' as const },
      { ...key, key: '0' },
    ];
    for (const [index, other] of others.entries()) {
      const claim = { ...aClaim(`other${index}`), key: other };
      expect(await store.claim(claim)).toMatchObject({ eventId: `other${index}` });
    }
  });

  it('lets one of many win that come at the same moment', async () => {
    const store = await makeStore();
    const ids = ['a', 'bb', 'ccc', 'dddd'];
    const claims = await Promise.all(ids.map((id) => store.claim(aClaim(id))));
    expect(new Set(claims.map(({ eventId }) => eventId)).size).toBe(1);
  });
});

const callStores: [string, () => Promise<CallClaims>][] = [
  ['in memory', async () => new MemoryCallClaims()],
  ['on DynamoDB', async () => makeDynamoCallClaims(emulated.client, await freshTable())],
];

describe.each(callStores)('CallClaims %s', (_, makeStore) => {
  const now = '2026-11-20T12:00:00.000Z';
  const later = '2026-11-21T12:00:00.000Z';
  const aClaim = (digest: string, seed = 'seed') => ({ seed, digest, until: later });

  it('lets the first digest stand, however often it comes, until its time is over', async () => {
    const store = await makeStore();
    expect(await store.claim(aClaim('a'), now)).toBe(true);
    expect(await store.claim(aClaim('a'), now)).toBe(true);
    expect(await store.claim(aClaim('b'), now)).toBe(false);
    expect(await store.claim(aClaim('b', 'other'), now)).toBe(true);
    expect(await store.claim(aClaim('b'), later)).toBe(true);
  });

  it('lets one of many win that come at the same moment', async () => {
    const store = await makeStore();
    const claims = await Promise.all(['a', 'b', 'c', 'd'].map((digest) => store.claim(aClaim(digest), now)));
    expect(claims.filter((isSame) => isSame)).toHaveLength(1);
  });
});

const numberStores: [string, () => Promise<NumberBlocks>][] = [
  ['in memory', async () => new MemoryNumberBlocks()],
  ['on DynamoDB', async () => makeDynamoNumberBlocks(emulated.client, await freshTable())],
];

describe.each(numberStores)('NumberBlocks %s', (_, makeStore) => {
  it('leases from 1 on, and no number twice', async () => {
    const store = await makeStore();
    expect(await store.lease('webhooks', 50)).toBe(1);
    const firsts = await Promise.all(Array.from({ length: 5 }, () => store.lease('webhooks', 10)));
    expect(firsts.sort((a, b) => a - b)).toEqual([51, 61, 71, 81, 91]);
    expect(await store.lease('topics', 50)).toBe(1);
  });
});

const histories: [string, () => Promise<EventHistoryReader & EventHistoryWriter>][] = [
  ['in memory', async () => new MemoryEventHistory()],
  ['on DynamoDB', async () => makeDynamoEventHistory(emulated.client, await freshTable())],
];

describe.each(histories)('EventHistory %s', (_, makeStore) => {
  it('gives an event back as it was, small, large and strange', async () => {
    const history = await makeStore();
    const events = [
      anEvent('small'),
      anEvent('full', {
        subject: 's',
        attributes: { a: '' },
        actor: { type: 'user', id: 'ü\ud800' },
        dataJson: '{"n":1.10, "big":12345678901234567890}',
      }),
      anEvent('large', { dataJson: JSON.stringify('x'.repeat(250_000)) }),
    ];
    for (const event of events) {
      await history.keep(`order-${event.id}`, event);
      await history.keep(`order-${event.id}`, event);
      const key = { topic: 'manage/orders', order: `order-${event.id}`, eventId: event.id };
      await expect(history.read(key)).resolves.toEqual(event);
    }
  });

  it('knows no other event at that place', async () => {
    const history = await makeStore();
    await history.keep('order', anEvent('e1'));
    const key = { topic: 'manage/orders', order: 'order', eventId: 'e1' };
    await expect(history.read({ ...key, order: 'orders' })).resolves.toBeUndefined();
    await expect(history.read({ ...key, eventId: 'e2' })).resolves.toBeUndefined();
  });
});

describe('the events table', () => {
  it('forgets an event at the end of its retention, before the store removes it', async () => {
    let now = start;
    const history = makeDynamoEventHistory(emulated.client, await freshTable(), () => now);
    const key = { topic: 'manage/orders', order: 'order', eventId: 'e1' };
    await history.keep('order', anEvent('e1'));
    now = start + (EVENT_RETENTION_DAYS - 1) * DAY;
    await expect(history.read(key)).resolves.toEqual(anEvent('e1'));
    now = start + EVENT_RETENTION_DAYS * DAY;
    await expect(history.read(key)).resolves.toBeUndefined();
  });

  it('takes an event id anew once its marker has expired', async () => {
    let now = start;
    const store = makeDynamoFanOutMarkers(emulated.client, await freshTable(), () => now);
    await store.claim(aMarker('1'));
    now = start + (EVENT_RETENTION_DAYS + 1) * DAY;
    await expect(store.claim(aMarker('2'))).resolves.toEqual(aMarker('2'));
  });

  it('reads the plans of rows that hold ids alone', async () => {
    const table = await freshTable();
    const store = makeDynamoFanOutMarkers(emulated.client, table);
    await store.claim(aMarker('1'));
    const key = { partition: 'event#e1', sort: 'marker' };
    await emulated.client.send(
      new UpdateCommand({
        TableName: table,
        Key: key,
        UpdateExpression: 'SET #plan = :plan',
        ExpressionAttributeNames: { '#plan': 'plan' },
        ExpressionAttributeValues: { ':plan': encodeRecord(['sub_x', 'sub_y']) },
      }),
    );
    await expect(store.claim(aMarker('2'))).resolves.toMatchObject({
      plan: [{ id: 'sub_x' }, { id: 'sub_y' }],
    });
  });

  it('tells a plan that no item can hold, and keeps nothing of it', async () => {
    const table = await freshTable();
    const store = makeDynamoFanOutMarkers(emulated.client, table);
    const plan = Array.from({ length: 60_000 }, () => `sub_${Math.random().toString(36).slice(2, 18)}`);
    await expect(store.claim(aMarker('1', plan))).resolves.toBe('too_large');
    expect((await emulated.client.send(new ScanCommand({ TableName: table }))).Count).toBe(0);
  });

  it('keeps an unprocessable record with its first reason, and its bytes while they fit', async () => {
    const table = await freshTable();
    const store = makeDynamoUnprocessableRecords(emulated.client, table, () => start);
    const small = aRecord(Buffer.from('poison'));
    const large = aRecord(Buffer.alloc(900_000, 1));
    await store.record(small, 'not JSON');
    await store.record(small, 'another reason');
    await store.record(large, 'not JSON');
    const { Items } = await emulated.client.send(new ScanCommand({ TableName: table }));
    const rows = Items!.sort((a, b) => a.bytes - b.bytes);
    expect(rows).toEqual([
      expect.objectContaining({
        partition: `unprocessable#${small.shardId}`,
        sort: small.sequenceNumber,
        reason: 'not JSON',
        record: new Uint8Array(small.data),
      }),
      expect.not.objectContaining({ record: expect.anything() }),
    ]);
  });

  it('counts tries across processes until they are cleared', async () => {
    const table = await freshTable();
    const position = { sequenceNumber: '1', shardId: 'shard-0' };
    const other = { ...position, shardId: 'shard-1' };
    const markers = () => makeDynamoCrashMarkers(emulated.client, { name: table, keyOf: eventMarkKey });
    const [one, two] = [markers(), markers()];
    expect([await one.mark(position), await two.mark(position), await one.mark(other)]).toEqual([1, 2, 1]);
    await one.clear(position);
    await expect(two.mark(position)).resolves.toBe(1);
  });
});
