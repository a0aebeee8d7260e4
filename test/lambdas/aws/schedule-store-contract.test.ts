import { randomBytes } from 'node:crypto';
import { MAX_EVENT_BYTES } from '../../../core/events/event-size';
import { SCHEDULE_SHARDS, type ScheduleStore } from '../../../core/messages/schedule/schedule-ports';
import { makeDynamoScheduleStore } from '../../../lambdas/aws/dynamo-schedule-store';
import { useEmulatedTables } from '../../support/emulated-tables';
import { MemorySchedule } from '../../support/memory-schedule';
import { aScheduledMessage } from '../../support/scheduled-messages';

const at = '2026-11-20T12:00:00.000Z';
const emulated = useEmulatedTables();
let clock = Date.parse(at);

async function onDynamo(): Promise<ScheduleStore> {
  const table = (await emulated.fresh())['scheduled-messages'];
  return makeDynamoScheduleStore(emulated.client, table, () => clock);
}

async function allDue(store: ScheduleStore, by: string): Promise<number[]> {
  const shards = await Promise.all(
    Array.from({ length: SCHEDULE_SHARDS }, (_, shard) => store.due(shard, by, 100)),
  );
  return shards
    .flat()
    .map(({ id }) => id)
    .sort((a, b) => a - b);
}

describe.each([
  ['in memory', async (): Promise<ScheduleStore> => new MemorySchedule()],
  ['on DynamoDB', onDynamo],
] as const)('scheduled messages %s', (_, makeStore) => {
  const message = aScheduledMessage();
  let store: ScheduleStore;
  beforeEach(async () => {
    clock = Date.parse(at);
    store = await makeStore();
  });

  it('are found as they were parked, by each of their ids', async () => {
    expect(await store.park(message, [7, 8])).toBe('parked');
    for (const id of [message.id, 7, 8]) {
      expect(await store.find(id)).toEqual({ ...message, state: 'scheduled' });
    }
    expect(await store.find(9)).toBeUndefined();
  });

  it('share no id: what is refused is due never, and takes nothing away', async () => {
    await store.park(message, [7]);
    const other = aScheduledMessage({ id: 10, eventId: 'evt_000000000000000000000002' });
    expect(await store.park({ ...other, id: message.id }, [])).toBe('id_taken');
    expect(await store.park(other, [7])).toBe('id_taken');
    expect(await store.park(other, [11, message.id])).toBe('id_taken');
    expect(await allDue(store, '9999')).toEqual([message.id]);
    expect((await store.find(7))?.eventId).toBe(message.eventId);
    // The same call once more, answered too late the first time.
    expect(await store.park(message, [7])).toBe('parked');
  });

  it('stay as they have become when the call that made them is repeated', async () => {
    await store.park(message, [7]);
    await store.cancel(message.id, at);
    expect(await store.park(message, [7])).toBe('parked');
    expect(await store.find(7)).toMatchObject({ state: 'cancelled' });
    expect(await allDue(store, '9999')).toEqual([]);
  });

  it('take the largest event that there is, in which nothing can be compressed', async () => {
    const dataJson = JSON.stringify(randomBytes(MAX_EVENT_BYTES * 0.74).toString('base64'));
    const large = { ...message, event: { ...message.event, dataJson } };
    await store.park(large, []);
    expect(await store.claim(message.id)).toEqual({ event: large.event });
  });

  it('are claimed again and again until they have ended', async () => {
    await store.park(message, [7]);
    expect(await store.claim(message.id)).toEqual({ event: message.event });
    expect(await store.claim(message.id)).toEqual({ event: message.event });
    await store.endReleased(message.id, at);
    await store.endReleased(message.id, '2027-01-01T00:00:00.000Z');
    expect(await store.claim(message.id)).toBeUndefined();
    const { event: _event, ...rest } = message;
    expect(await store.find(7)).toEqual({ ...rest, state: 'released', endedAt: at });
    expect(await allDue(store, '9999')).toEqual([]);
  });

  it('are cancelled or claimed, never both', async () => {
    await store.park(message, []);
    expect(await store.cancel(message.id, at)).toBe(true);
    expect(await store.cancel(message.id, at)).toBe(false);
    expect(await store.claim(message.id)).toBeUndefined();
    await store.endReleased(message.id, at);
    expect(await store.find(message.id)).toMatchObject({ state: 'cancelled', endedAt: at });
    expect(await store.find(message.id)).not.toHaveProperty('event');
    const other = aScheduledMessage({ id: 2, eventId: 'evt_000000000000000000000002' });
    await store.park(other, []);
    await store.claim(2);
    expect(await store.cancel(2, at)).toBe(false);
    expect(await store.cancel(3, at)).toBe(false);
    expect(await store.claim(3)).toBeUndefined();
    expect(await allDue(store, '9999')).toEqual([2]);
  });

  it('are due at their time, and later when they were postponed from it', async () => {
    const [first, second] = ['2026-11-20T12:00:00.000Z', '2031-01-01T00:00:00.000Z'];
    await store.park(aScheduledMessage({ id: 16, eventId: 'evt_1', scheduledAt: first }), []);
    await store.park(aScheduledMessage({ id: 32, eventId: 'evt_2', scheduledAt: second }), []);
    expect(await allDue(store, '2026-11-20T11:59:59.999Z')).toEqual([]);
    expect(await allDue(store, first)).toEqual([16]);
    expect(await allDue(store, second)).toEqual([16, 32]);
    const [due] = await store.due(0, second, 1);
    expect(due).toEqual({ id: 16, topic: 'orders', scheduledAt: first, acceptedAt: at, dueAt: first });
    await store.postpone(due!, '2026-11-20T12:20:00.000Z');
    expect(await allDue(store, first)).toEqual([]);
    await store.postpone(due!, '2026-11-20T12:40:00.000Z');
    const [postponed] = await store.due(0, second, 1);
    expect(postponed).toEqual({ ...due, dueAt: '2026-11-20T12:20:00.000Z' });
    await store.claim(16);
    await store.endReleased(16, at);
    await store.postpone(postponed!, second);
    expect(await allDue(store, second)).toEqual([32]);
  });

  it('are listed until they are released, the next one first', async () => {
    const ids = Array.from({ length: 23 }, (_, index) => index + 1);
    for (const id of ids) {
      const minute = String(59 - (id % 12)).padStart(2, '0');
      const scheduledAt = `2026-12-01T12:${minute}:00.000Z`;
      await store.park(aScheduledMessage({ id, eventId: `evt_${id}`, scheduledAt }), [1000 + id]);
    }
    await store.cancel(5, at);
    const listed: { id: number; scheduledAt: string }[] = [];
    let after: string | undefined;
    do {
      const { messages, next } = await store.list({ limit: 4, after });
      expect(messages.length).toBeLessThanOrEqual(4);
      listed.push(...messages);
      after = next;
    } while (after !== undefined);
    expect(listed.map(({ id }) => id).sort((a, b) => a - b)).toEqual(ids.filter((id) => id !== 5));
    const times = listed.map(({ scheduledAt }) => scheduledAt);
    expect(times).toEqual([...times].sort());
    expect(await store.list({ limit: 22 })).not.toHaveProperty('next');
  });
});

describe('scheduled messages on DynamoDB', () => {
  it('are told of for 30 days after their end, and kept for years before it', async () => {
    clock = Date.parse(at);
    const store = await onDynamo();
    const message = aScheduledMessage({ scheduledAt: '2056-11-20T12:00:00.000Z' });
    await store.park(message, [7]);
    clock = Date.parse('2056-11-20T12:00:00.000Z');
    expect((await store.find(7))?.state).toBe('scheduled');
    await store.cancel(message.id, new Date(clock).toISOString());
    clock += 29 * 86_400_000;
    expect((await store.find(7))?.state).toBe('cancelled');
    clock += 2 * 86_400_000;
    expect(await store.find(7)).toBeUndefined();
  });

  it.each(['x', Buffer.from('2026').toString('base64url'), ''])('refuse the token %j', async (after) => {
    const store = await onDynamo();
    await expect(store.list({ limit: 1, after })).rejects.toMatchObject({ code: 'parameter_invalid' });
  });
});
