import { type DeliveryKey, deliveryId } from '../../../../core/webhooks/deliveries/delivery';
import { deliveryDigest } from '../../../../core/webhooks/deliveries/delivery-id';
import {
  deliveryMethods,
  makeManageDeliveries,
} from '../../../../lambdas/manage/deliveries/manage-deliveries';
import type { HttpRequest } from '../../../../lambdas/shared/http-message';
import { aDelivery, aSubscription } from '../../../support/deliveries';
import { openManageDoor, requireDocumented } from '../../../support/manage-door';
import { makeMemoryDeliveryStore } from '../../../support/memory-delivery-store';
import { MemorySubscriptionStore } from '../../../support/memory-registry';

const endedAt = '2026-11-20T09:30:00.000Z';

async function makeDoor(scopes = ['deliveries:read', 'deliveries:write'], subject = 'owner@clients') {
  const deliveries = makeMemoryDeliveryStore();
  const subscriptions = new MemorySubscriptionStore();
  await subscriptions.create(aSubscription());
  await subscriptions.create(aSubscription({ id: 'sub_2' }));
  await subscriptions.create(aSubscription({ id: 'sub_foreign', owner: 'somebody else' }));
  const sent: unknown[] = [];
  let runs = 0;
  const handle = makeManageDeliveries({
    deliveries,
    subscriptions,
    runs: { next: async () => ++runs, takeFirst: async () => undefined },
    queue: { send: async (messages) => void sent.push(...messages) },
    authenticate: async () => ({ subject, scopes: new Set(scopes) }),
    now: () => new Date('2026-11-20T10:00:00.000Z'),
  });
  const call = async (changes: Partial<HttpRequest>) => {
    const request = {
      method: 'GET',
      resource: '/v1/deliveries',
      path: '/v1/deliveries',
      baseUrl: 'https://api.test',
      parameters: {},
      query: {},
      headers: {},
      headerLines: {},
      body: Buffer.alloc(0),
      requestId: 'r',
      ...changes,
    };
    const reply = await handle(request);
    requireDocumented({
      method: request.method,
      path: request.resource,
      query: Object.keys(request.query),
      status: reply.status,
      contentType: 'application/json',
      text: JSON.stringify(reply.body),
    });
    return reply;
  };
  const resend = (body: unknown, headers: Record<string, string> = {}) => {
    const resource = '/v1/deliveries/resend';
    return call({
      method: 'POST',
      resource,
      path: resource,
      headers,
      body: Buffer.from(JSON.stringify(body)),
    });
  };
  const ask = openManageDoor('manage-deliveries', deliveryMethods, handle, '');
  return { deliveries, subscriptions, sent, call, resend, ask };
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
          topic: 'profile.created',
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
    [{ event_id: 'a', from: endedAt }],
    [{ event_id: 'a', subscription_id: 'sub_1' }],
    [{ state: 'dead', from: endedAt }],
    [{ subscription_id: '' }],
    [{ subscription_id: 'sub_1', day: 'today' }],
    [{ subscription_id: 'sub_1', day: '2026-13-20' }],
    [{ subscription_id: 'sub_1', day: '2026-11-20', from: endedAt }],
    [{ subscription_id: 'sub_1', from: 'yesterday' }],
    [{ subscription_id: 'sub_1', from: endedAt, to: endedAt }],
    [{ subscription_id: 'sub_1', state: 'gone' }],
    [{ state: 'dead', next: 'bm9uc2Vuc2U' }],
    [{ state: 'dead', next: Buffer.from('[1,2,3]').toString('base64url') }],
    [{ state: 'delivered' }],
    [{ state: 'dead', limit: '101' }],
    [{ state: 'dead', limit: '0' }],
  ])('refuses %j', async (query) => {
    const door = await makeDoor();
    const refused = door.call({ query: query as Record<string, string> });
    await expect(refused).rejects.toMatchObject({ code: 'parameter_invalid' });
  });

  it('shows a time of a subscription, over days, and of one state', async () => {
    const door = await makeDoor();
    const made = {
      a: '2026-11-18T23:00:00.000Z',
      b: '2026-11-19T10:00:00.000Z',
      c: '2026-11-20T08:00:00.000Z',
    };
    for (const [eventId, createdAt] of Object.entries(made)) {
      const state = eventId === 'b' ? ('skipped' as const) : ('dead' as const);
      await door.deliveries.write(aDelivery({ eventId, createdAt, state, endedAt }));
    }
    const list = async (query: Record<string, string>) =>
      ids(await door.call({ query: { subscription_id: 'sub_1', ...query } }));
    expect(await list({})).toEqual(['c', 'b', 'a']);
    expect(await list({ from: made.b })).toEqual(['c', 'b']);
    expect(await list({ from: made.a, to: '2026-11-20T09:00:00+01:00' })).toEqual(['b', 'a']);
    expect(await list({ state: 'skipped' })).toEqual(['b']);
    expect((await list({ state: 'dead' })).sort()).toEqual(['a', 'c']);
    expect(await list({ state: 'dead', to: made.b })).toEqual(['a']);
    expect(await list({ state: 'dead', from: made.b })).toEqual(['c']);
    expect(await list({ state: 'delivered' })).toEqual([]);
  });

  it('shows the dead of all subscriptions of the caller in pages that neither lose nor double', async () => {
    const door = await makeDoor();
    await bury(door, 'sub_1', 'a', 'b', 'c');
    await bury(door, 'sub_2', 'd', 'e', 'f');
    await bury(door, 'sub_foreign', 'g');
    for (const limit of ['1', '2', '4', '100']) {
      const found: string[] = [];
      let next: string | undefined;
      do {
        const query: Record<string, string> = { state: 'dead', limit, ...(next && { next }) };
        const reply = await door.call({ query });
        expect(ids(reply).length).toBeLessThanOrEqual(Number(limit));
        found.push(...ids(reply));
        next = (reply.body as { next?: string }).next;
      } while (next !== undefined);
      expect(found.sort()).toEqual(['a', 'b', 'c', 'd', 'e', 'f']);
    }
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

describe('GET /v1/deliveries/{id}', () => {
  const read = (door: Door, id: string, query = {}) =>
    door.call({ resource: '/v1/deliveries/{id}', path: `/v1/deliveries/${id}`, parameters: { id }, query });

  it.each([
    ['minted ids', `evt_${'a-B_'.repeat(6)}`, 3],
    ['any other id of an event', 'ü/#. ~evt_1', 0],
  ])('finds one by what the list shows, with %s', async (_, eventId, run) => {
    const door = await makeDoor();
    const row = { eventId, run, state: 'dead', reason: 'attempts_used_up', endedAt } as const;
    await door.deliveries.write(aDelivery(row));
    const list = await door.call({ query: { event_id: eventId } });
    const [{ id }] = (list.body as { deliveries: [{ id: string }] }).deliveries;
    expect(id).toMatch(/^dlv_[\w.~-]+$/);
    const { status, body } = await read(door, id);
    expect(status).toBe(200);
    expect(body).toMatchObject({ id, event_id: eventId, run, state: 'dead', reason: 'attempts_used_up' });
  });

  it('finds one by an id of the first form together with its event', async () => {
    const door = await makeDoor();
    await door.deliveries.write(aDelivery());
    const id = deliveryDigest(aDelivery());
    const found = await read(door, id, { event_id: 'evt_1' });
    expect(found.body).toMatchObject({ event_id: 'evt_1', subscription_id: 'sub_1' });
    await expect(read(door, id)).rejects.toThrow(/event_id/);
    await expect(read(door, id, { event_id: 'evt_2' })).rejects.toMatchObject({ code: 'not_found' });
  });

  it.each([
    deliveryId(aDelivery({ subscriptionId: 'sub_foreign' })),
    deliveryId(aDelivery({ eventId: 'evt_unknown' })),
    'dlv_',
    'evt_1',
    `${deliveryId(aDelivery())}0`,
    deliveryId(aDelivery()).replace(/0$/, '00'),
    `dlv_~${'A'.repeat(1500)}.~${'A'.repeat(1500)}.0`,
  ])('finds nothing for %s', async (id) => {
    const door = await makeDoor();
    await door.deliveries.write(aDelivery());
    await door.deliveries.write(aDelivery({ subscriptionId: 'sub_foreign' }));
    await expect(read(door, id)).rejects.toMatchObject({ code: 'not_found' });
  });
});

describe('POST /v1/deliveries/resend', () => {
  it('sends one delivery again', async () => {
    const door = await makeDoor();
    await bury(door, 'sub_1', 'evt_1', 'evt_2');
    const reply = await door.resend({ event_id: 'evt_1', subscription_id: 'sub_1' });
    expect(reply).toEqual({
      status: 200,
      body: { matched: 1, resent: 1, left: {}, delivery_id: deliveryId(aDelivery()) },
    });
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
    expect((await door.resend({ all: true, dry_run: true })).body).toEqual({
      matched: 3,
      resent: 0,
      left: {},
    });
    expect(door.sent).toEqual([]);
    expect((await door.resend({ subscription_id: 'sub_1' })).body).toEqual({
      matched: 2,
      resent: 2,
      left: {},
    });
    expect((await door.resend({ all: true })).body).toEqual({ matched: 1, resent: 1, left: {} });
    expect(
      (await door.deliveries.read(aDelivery({ eventId: 'd', subscriptionId: 'sub_foreign' })))?.state,
    ).toBe('dead');
  });

  it('sends what a filter finds, and counts the same in a dry run', async () => {
    const door = await makeDoor();
    const rows = [
      { eventId: 'old', createdAt: '2026-11-10T00:00:00.000Z' },
      { eventId: 'other', topic: 'manage/orders' },
      { eventId: 'gone', reason: 'gone' },
      { eventId: 'second', subscriptionId: 'sub_2' },
    ];
    for (const row of rows) {
      await door.deliveries.write(aDelivery({ state: 'dead', reason: 'final_status', endedAt, ...row }));
    }
    const dry = async (filter: object) => {
      const { matched } = (await door.resend({ ...filter, dry_run: true })).body as { matched: number };
      return matched;
    };
    expect(await dry({ all: true })).toBe(4);
    expect(await dry({ all: true, from: '2026-11-11T00:00:00Z' })).toBe(3);
    expect(await dry({ all: true, to: '2026-11-11T00:00:00Z' })).toBe(1);
    expect(await dry({ all: true, reason: 'gone' })).toBe(1);
    expect(await dry({ topic: 'profile.created' })).toBe(3);
    // By another topic than the subscription's own only a pattern could have brought it.
    expect(await dry({ topic: 'orders' })).toBe(0);
    expect(await dry({ subscription_id: 'sub_1', topic: 'orders' })).toBe(0);
    expect(await dry({ subscription_id: 'sub_2', topic: 'profile.created' })).toBe(1);
    expect(door.sent).toEqual([]);
    const { body } = await door.resend({ topic: 'profile.created', from: '2026-11-11T00:00:00Z' });
    expect(body).toEqual({ matched: 2, resent: 2, left: {} });
    expect(await dry({ all: true })).toBe(2);
  });

  it('finds by a filter what was skipped while its subscription was off, and nothing that ended otherwise', async () => {
    const door = await makeDoor();
    const skipped = [
      'subscription_paused',
      'subscription_disabled',
      'subscription_deleted',
      'expired',
      'erased',
    ];
    for (const reason of skipped) {
      await door.deliveries.write(aDelivery({ eventId: reason, state: 'skipped', reason, endedAt }));
    }
    for (const state of ['delivered', 'pending', 'erased'] as const) {
      await door.deliveries.write(aDelivery({ eventId: state, state, endedAt }));
    }
    expect((await door.resend({ all: true })).body).toMatchObject({ matched: 0 });
    const { body } = await door.resend({ subscription_id: 'sub_1', state: 'skipped' });
    expect(body).toEqual({ matched: 2, resent: 2, left: {} });
    const again = await door.resend({ subscription_id: 'sub_1', state: 'skipped' });
    expect(again.body).toEqual({ matched: 0, resent: 0, left: {} });
    expect(door.deliveries.rows().find(({ eventId }) => eventId === 'subscription_paused')).toMatchObject({
      state: 'pending',
      resends: 1,
    });
  });

  it.each(['paused', 'disabled', 'deleted'] as const)(
    'leaves what cannot go as it is, counted: the subscription is %s',
    async (state) => {
      const door = await makeDoor();
      await bury(door, 'sub_1', 'a', 'b');
      const reference = { id: 'sub_1', topic: { door: 'system', name: 'profile.created' } } as const;
      await door.subscriptions.changeState(reference, { from: ['active'], to: state, at: endedAt });
      const left = { [`subscription_${state}`]: 2 };
      const answer = { matched: 2, resent: 0, left };
      expect((await door.resend({ subscription_id: 'sub_1', dry_run: true })).body).toEqual(answer);
      expect((await door.resend({ subscription_id: 'sub_1' })).body).toEqual(answer);
      const one = await door.resend({ event_id: 'a', subscription_id: 'sub_1' });
      expect(one.body).toMatchObject({ matched: 1, resent: 0, left: { [`subscription_${state}`]: 1 } });
      expect(door.deliveries.rows().map((row) => row.state)).toEqual(['dead', 'dead']);
      expect(door.sent).toEqual([]);
    },
  );

  it('leaves what would go to a target that was asked for its agreement in vain', async () => {
    const door = await makeDoor();
    await bury(door, 'sub_1', 'a', 'b');
    const reference = { id: 'sub_1', topic: { door: 'system', name: 'profile.created' } } as const;
    await door.subscriptions.revise(reference, { format: 'cloudevents' }, endedAt);
    const answer = { matched: 2, resent: 0, left: { subscription_unconfirmed: 2 } };
    expect((await door.resend({ subscription_id: 'sub_1' })).body).toEqual(answer);
    const one = await door.resend({ event_id: 'a', subscription_id: 'sub_1' });
    expect(one.body).toMatchObject({ resent: 0, left: { subscription_unconfirmed: 1 } });
    expect(door.sent).toEqual([]);
  });

  it('leaves what has nothing to send any more, and what another caller started meanwhile', async () => {
    const door = await makeDoor();
    await bury(door, 'sub_1', 'a');
    await door.deliveries.write(aDelivery({ eventId: 'b', state: 'dead', reason: 'event_expired', endedAt }));
    const { write } = door.deliveries;
    door.deliveries.write = async (row) => (row.eventId === 'a' ? 'conflict' : write(row));
    expect((await door.resend({ subscription_id: 'sub_1' })).body).toEqual({
      matched: 2,
      resent: 0,
      left: { event_expired: 1, changed_meanwhile: 1 },
    });
  });

  it('sends one that was delivered once more when it is forced: as a new run, the old one stays', async () => {
    const door = await makeDoor();
    const delivered = aDelivery({ state: 'delivered', endedAt, attempt: 2 });
    await door.deliveries.write(delivered);
    const id = deliveryId(delivered);
    await expect(door.resend({ id })).rejects.toMatchObject({ code: 'conflict' });
    expect((await door.resend({ id, force: true, dry_run: true })).body).toMatchObject({ resent: 0 });
    const { body } = await door.resend({ id, force: true });
    const run = deliveryId({ ...delivered, run: 1 });
    expect(body).toEqual({ matched: 1, resent: 1, left: {}, delivery_id: run });
    const message = { eventId: 'evt_1', subscriptionId: 'sub_1', run: 1, attempt: 1, order: '0001' };
    expect(door.sent).toEqual([{ message: expect.objectContaining(message), delaySeconds: 0 }]);
    expect(door.deliveries.rows()).toEqual([delivered]);
  });

  it('forces it once for an Idempotency-Key: a repetition names the same run, and sends nothing when that was tried', async () => {
    const door = await makeDoor();
    await door.deliveries.write(aDelivery({ state: 'delivered', endedAt }));
    const one = { event_id: 'evt_1', subscription_id: 'sub_1', force: true };
    const ask = (key: string) => door.resend(one, { 'idempotency-key': key });
    const first = await ask('a');
    expect(first.body).toMatchObject({ matched: 1, resent: 1 });
    const { message } = door.sent[0] as { message: DeliveryKey };
    expect(message).toMatchObject({ eventId: 'evt_1', subscriptionId: 'sub_1', attempt: 1 });
    expect(message.run).toBeGreaterThanOrEqual(500_000_000);
    expect(message.run).toBeLessThan(1_000_000_000);
    const { delivery_id: id } = first.body as { delivery_id: string };
    await door.deliveries.write(aDelivery({ run: message.run, state: 'delivered', endedAt }));
    expect((await ask('a')).body).toEqual(first.body);
    expect(door.sent).toHaveLength(1);
    const found = await door.call({ resource: '/v1/deliveries/{id}', parameters: { id } });
    expect(found.body).toMatchObject({ id, run: message.run });
    expect((await ask('b')).body).not.toEqual(first.body);
    expect(door.sent).toHaveLength(2);
    await expect(ask('two words')).rejects.toMatchObject({ code: 'parameter_invalid' });
  });

  it.each(['pending', 'erased'] as const)('never sends what is %s, forced or not', async (state) => {
    const door = await makeDoor();
    await door.deliveries.write(aDelivery({ state }));
    const forced = door.resend({ event_id: 'evt_1', subscription_id: 'sub_1', force: true });
    await expect(forced).rejects.toMatchObject({ code: 'conflict' });
    expect(door.sent).toEqual([]);
  });

  it('goes through any number of dead ones', async () => {
    const door = await makeDoor();
    await bury(door, 'sub_1', ...Array.from({ length: 250 }, (_, index) => `e${index}`));
    expect((await door.resend({ all: true })).body).toEqual({ matched: 250, resent: 250, left: {} });
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
    [{ all: true, topic: 'orders' }],
    [{ state: 'dead' }],
    [{ subscription_id: 'sub_1', state: 'delivered' }],
    [{ subscription_id: 'sub_1', from: 'yesterday' }],
    [{ subscription_id: 'sub_1', from: endedAt, to: endedAt }],
    [{ subscription_id: 'sub_1', force: true }],
    [{ id: deliveryId(aDelivery()), subscription_id: 'sub_1' }],
    [{ id: deliveryId(aDelivery()), run: 1 }],
    [{ event_id: 'evt_1', subscription_id: 'sub_1', state: 'dead' }],
  ])('refuses %j', async (body) => {
    const door = await makeDoor();
    await expect(door.resend(body)).rejects.toMatchObject({ code: 'body_invalid' });
  });

  it.each([
    [{ subscription_id: 'sub_foreign' }],
    [{ subscription_id: 'sub_unknown' }],
    [{ id: 'dlv_unknown' }],
    [{ id: deliveryId(aDelivery({ subscriptionId: 'sub_foreign' })) }],
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
