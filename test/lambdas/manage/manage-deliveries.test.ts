import { deliveryMethods, makeManageDeliveries } from '../../../lambdas/manage/manage-deliveries';
import type { HttpRequest } from '../../../lambdas/shared/http-message';
import { aDelivery, aSubscription } from '../../support/deliveries';
import { openManageDoor } from '../../support/manage-door';
import { makeMemoryDeliveryStore } from '../../support/memory-delivery-store';
import { MemorySubscriptionStore } from '../../support/memory-registry';

const endedAt = '2026-11-20T09:30:00.000Z';

async function makeDoor(scopes = ['deliveries:read', 'deliveries:write'], subject = 'owner@clients') {
  const deliveries = makeMemoryDeliveryStore();
  const subscriptions = new MemorySubscriptionStore();
  await subscriptions.create(aSubscription());
  await subscriptions.create(aSubscription({ id: 'sub_2' }));
  await subscriptions.create(aSubscription({ id: 'sub_foreign', owner: 'somebody else' }));
  const sent: unknown[] = [];
  const handle = makeManageDeliveries({
    deliveries,
    subscriptions,
    queue: { send: async (messages) => void sent.push(...messages) },
    authenticate: async () => ({ subject, scopes: new Set(scopes) }),
    now: () => new Date('2026-11-20T10:00:00.000Z'),
  });
  const call = (changes: Partial<HttpRequest>) =>
    handle({
      method: 'GET',
      resource: '/v1/deliveries',
      path: '/v1/deliveries',
      baseUrl: 'https://api.test',
      parameters: {},
      query: {},
      headers: {},
      body: Buffer.alloc(0),
      requestId: 'r',
      ...changes,
    });
  const resend = (body: unknown) =>
    call({ method: 'POST', resource: '/v1/deliveries/resend', body: Buffer.from(JSON.stringify(body)) });
  const ask = openManageDoor('manage-deliveries', deliveryMethods, handle, '');
  return { deliveries, sent, call, resend, ask };
}

type Door = Awaited<ReturnType<typeof makeDoor>>;

async function bury(door: Door, subscriptionId: string, ...eventIds: string[]) {
  for (const eventId of eventIds) {
    const dead = { eventId, subscriptionId, state: 'dead', reason: 'attempts_used_up', endedAt } as const;
    await door.deliveries.write(aDelivery(dead));
  }
}

function ids(reply: { body?: unknown }): string[] {
  return (reply.body as { deliveries: { event_id: string }[] }).deliveries.map(({ event_id }) => event_id);
}

describe('GET /v1/deliveries', () => {
  it('shows an event with its attempts, and nothing of the engine', async () => {
    const door = await makeDoor();
    const attempt = { number: 1, at: endedAt, milliseconds: 5, status: 500, failure: 'status_500' };
    await door.deliveries.write(
      aDelivery({ attempts: [attempt], claim: { attempt: 2, leaseUntil: endedAt }, nextAttemptAt: endedAt }),
    );
    const { status, body } = await door.call({ query: { event_id: 'evt_1' } });
    expect(status).toBe(200);
    expect(JSON.parse(JSON.stringify(body))).toEqual({
      deliveries: [
        {
          id: expect.stringMatching(/^dlv_/),
          event_id: 'evt_1',
          subscription_id: 'sub_1',
          run: 0,
          topic: 'system/profile.created',
          state: 'pending',
          attempt: 1,
          attempts: [attempt],
          resends: 0,
          next_attempt_at: endedAt,
          created_at: '2026-11-20T09:00:00.000Z',
          updated_at: '2026-11-20T09:00:00.000Z',
        },
      ],
    });
  });

  it("shows only deliveries of the caller's own subscriptions, by event and dead", async () => {
    const door = await makeDoor();
    await bury(door, 'sub_1', 'evt_1');
    await bury(door, 'sub_foreign', 'evt_1', 'evt_2');
    for (const query of [{ event_id: 'evt_1' }, { state: 'dead' }]) {
      expect(ids(await door.call({ query: query as Record<string, string> }))).toEqual(['evt_1']);
    }
    const foreign = { query: { subscription_id: 'sub_foreign', day: '2026-11-20' } };
    await expect(door.call(foreign)).rejects.toMatchObject({ code: 'not_found' });
  });

  it('shows a day of a subscription in pages', async () => {
    const door = await makeDoor();
    await bury(door, 'sub_1', 'a', 'b', 'c');
    const query = { subscription_id: 'sub_1', day: '2026-11-20', limit: '2' };
    const first = await door.call({ query });
    const { next } = first.body as { next: string };
    const second = await door.call({ query: { ...query, next } });
    expect([...ids(first), ...ids(second)].sort()).toEqual(['a', 'b', 'c']);
    expect((second.body as { next?: string }).next).toBeUndefined();
  });

  it.each([
    [{}],
    [{ event_id: '' }],
    [{ event_id: 'a', state: 'dead' }],
    [{ event_id: 'x'.repeat(513) }],
    [{ subscription_id: 'sub_1' }],
    [{ subscription_id: 'sub_1', day: 'today' }],
    [{ state: 'delivered' }],
    [{ state: 'dead', limit: '101' }],
    [{ state: 'dead', limit: '0' }],
  ])('refuses %j', async (query) => {
    const door = await makeDoor();
    const refused = door.call({ query: query as Record<string, string> });
    await expect(refused).rejects.toMatchObject({ code: 'parameter_invalid' });
  });

  it('needs the scope, and the right method', async () => {
    const door = await makeDoor(['deliveries:write']);
    await expect(door.call({ query: { state: 'dead' } })).rejects.toMatchObject({
      code: 'insufficient_scope',
    });
    expect(await door.ask('POST', '/v1/deliveries')).toMatchObject({
      status: 405,
      headers: { allow: 'GET, OPTIONS' },
    });
  });
});

describe('POST /v1/deliveries/resend', () => {
  it('sends one delivery again', async () => {
    const door = await makeDoor();
    await bury(door, 'sub_1', 'evt_1', 'evt_2');
    const reply = await door.resend({ event_id: 'evt_1', subscription_id: 'sub_1' });
    expect(reply).toEqual({ status: 200, body: { matched: 1, resent: 1 } });
    expect(door.sent).toEqual([
      { message: expect.objectContaining({ eventId: 'evt_1', attempt: 2 }), delaySeconds: 0 },
    ]);
    const again = door.resend({ event_id: 'evt_1', subscription_id: 'sub_1' });
    await expect(again).rejects.toMatchObject({ code: 'conflict' });
  });

  it('sends the dead of a subscription again, or all of the caller, and nothing of others', async () => {
    const door = await makeDoor();
    await bury(door, 'sub_1', 'a', 'b');
    await bury(door, 'sub_2', 'c');
    await bury(door, 'sub_foreign', 'd');
    expect((await door.resend({ all: true, dry_run: true })).body).toEqual({ matched: 3, resent: 0 });
    expect(door.sent).toEqual([]);
    expect((await door.resend({ subscription_id: 'sub_1' })).body).toEqual({ matched: 2, resent: 2 });
    expect((await door.resend({ all: true })).body).toEqual({ matched: 1, resent: 1 });
    expect(
      (await door.deliveries.read(aDelivery({ eventId: 'd', subscriptionId: 'sub_foreign' })))?.state,
    ).toBe('dead');
  });

  it('goes through any number of dead ones', async () => {
    const door = await makeDoor();
    await bury(door, 'sub_1', ...Array.from({ length: 250 }, (_, index) => `e${index}`));
    expect((await door.resend({ all: true })).body).toEqual({ matched: 250, resent: 250 });
  });

  it.each([
    [{}],
    [[]],
    ['all'],
    [{ all: false }],
    [{ all: true, subscription_id: 'sub_1' }],
    [{ event_id: 'evt_1' }],
    [{ subscription_id: 'sub_1', run: 1 }],
    [{ event_id: 'evt_1', subscription_id: 'sub_1', run: -1 }],
    [{ event_id: 'evt_1', subscription_id: 'sub_1', run: '0' }],
    [{ all: true, unknown: 1 }],
  ])('refuses %j', async (body) => {
    const door = await makeDoor();
    await expect(door.resend(body)).rejects.toMatchObject({ code: 'body_invalid' });
  });

  it.each([
    [{ subscription_id: 'sub_foreign' }],
    [{ subscription_id: 'sub_unknown' }],
    [{ event_id: 'evt_1', subscription_id: 'sub_foreign' }],
    [{ event_id: 'evt_unknown', subscription_id: 'sub_1' }],
    [{ event_id: 'evt_1', subscription_id: 'sub_1', run: 1 }],
  ])('finds nothing for %j', async (body) => {
    const door = await makeDoor();
    await bury(door, 'sub_1', 'evt_1');
    await bury(door, 'sub_foreign', 'evt_1');
    await expect(door.resend(body)).rejects.toMatchObject({ code: 'not_found' });
    expect(door.sent).toEqual([]);
  });

  it('needs the scope, and the right method', async () => {
    const door = await makeDoor(['deliveries:read']);
    await expect(door.resend({ all: true })).rejects.toMatchObject({ code: 'insufficient_scope' });
    expect(await door.ask('GET', '/v1/deliveries/resend')).toMatchObject({
      status: 405,
      headers: { allow: 'POST, OPTIONS' },
    });
  });
});
