import { makeManageReplays, replayMethods } from '../../../../lambdas/manage/replays/manage-replays';
import { authenticate, type DoorCall, openManageDoor } from '../../../support/manage-door';
import { MemorySubscriptionStore } from '../../../support/memory-registry';
import { MemoryReplayStore, MemoryRunNumbers, memoryLiveGate } from '../../../support/memory-replays';
import { aSubscription } from '../../../support/subscriptions';

const now = '2026-11-20T12:00:00.000Z';
const { id } = aSubscription();
const foreign = 'sub_0000000000000009';

function makeDoor(differences: Parameters<typeof aSubscription>[0] = {}) {
  const subscriptions = new MemorySubscriptionStore();
  const replays = new MemoryReplayStore();
  subscriptions.subscriptions.set(id, aSubscription(differences));
  subscriptions.subscriptions.set(foreign, aSubscription({ id: foreign, owner: 'bob' }));
  const gate = memoryLiveGate(subscriptions);
  const ports = { subscriptions, replays, runs: new MemoryRunNumbers(), gate, authenticate };
  const handler = makeManageReplays({ ...ports, now: () => new Date(now) });
  const door = openManageDoor('manage-replays', replayMethods, handler, 'deliveries:read deliveries:write');
  const list = '/v1/subscriptions/{id}/replays';
  const call = (method: string, options: DoorCall & { run?: string; of?: string } = {}) =>
    door(method, options.run === undefined ? list : `${list}/{run}`, {
      ...options,
      parameters: { id: options.of ?? id, ...(options.run !== undefined && { run: options.run }) },
    });
  const start = (body: unknown, options: DoorCall & { of?: string } = {}) =>
    call('POST', { body, ...options });
  return { call, start, subscriptions, replays };
}

describe('POST /v1/subscriptions/{id}/replays', () => {
  it('starts one, whose run is the next, and says where to look', async () => {
    const { start, replays } = makeDoor();
    const started = await start({ from: 'start' });
    expect(started.status).toBe(202);
    expect(started.headers).toMatchObject({ location: 'replays/1' });
    expect(started.body).toEqual({
      ...{ subscription_id: id, run: 1, state: 'running', from: 'start', to: now, rate_per_second: 100 },
      ...{ holds_live: false, events_found: 0, sent: 0, created_at: now, updated_at: now },
    });
    const { version, ...replay } = (await replays.find({ subscriptionId: id, run: 1 }))!;
    await replays.write({ ...replay, state: 'done', version: version + 1 });
    const body = { from: '2026-11-19T12:00:00+01:00', to: '2026-11-20T00:00:00Z', rate_per_second: 0.5 };
    expect((await start(body)).body).toMatchObject({
      ...{ run: 2, from: '2026-11-19T11:00:00.000Z', to: '2026-11-20T00:00:00.000Z', rate_per_second: 0.5 },
    });
    expect(replays.pointers.size).toBe(2);
  });

  it('takes a time to come as now: what comes later is live', async () => {
    const { start } = makeDoor();
    const started = await start({ from: 'start', to: '2027-01-01T00:00:00Z' });
    expect(started.body).toMatchObject({ to: now });
  });

  it('refuses one to a target that was asked for its agreement in vain', async () => {
    const { start } = makeDoor({ format: 'cloudevents' });
    const refused = await start({ from: 'start' });
    expect(refused).toMatchObject({ status: 409, body: { code: 'conflict' } });
    expect(refused.text).toContain('/confirm');
  });

  it('refuses a second one while the first runs', async () => {
    const { start } = makeDoor();
    await start({ from: 'start' });
    const refused = await start({ from: 'start' });
    expect(refused).toMatchObject({ status: 409, body: { code: 'conflict' } });
    expect(refused.text).toContain('replay 1');
  });

  it('is repeatable under an Idempotency-Key, while it runs and after its end', async () => {
    const { start, replays } = makeDoor();
    const headers = { 'Idempotency-Key': 'key-1' };
    const first = await start({ from: 'start' }, { headers });
    const again = await start({ from: 'start' }, { headers });
    expect(again).toMatchObject({ status: 202, headers: { 'idempotent-replay': 'true' } });
    expect(again.body).toEqual(first.body);
    const replay = (await replays.find({ subscriptionId: id, run: 1 }))!;
    await replays.write({ ...replay, state: 'done', version: 2 });
    expect((await start({ from: 'start' }, { headers })).body).toMatchObject({ run: 1, state: 'done' });
    const another = await start({ from: '2026-11-19T00:00:00Z' }, { headers });
    expect(another).toMatchObject({ status: 409, body: { code: 'conflict' } });
    expect(replays.pointers.size).toBe(1);
    expect((await start({ from: 'start' })).body).toMatchObject({ run: 2 });
  });

  it.each([
    ['of one key', { 'Idempotency-Key': 'key-1' }],
    ['without a key', {}],
  ])('never starts two, of calls at the same moment %s, and lets them be repeated', async (_, headers) => {
    const { start, replays } = makeDoor();
    const calls = Array.from({ length: 4 }, () => start({ from: 'start' }, { headers }));
    const statuses = (await Promise.all(calls)).map(({ status }) => status);
    expect(statuses.filter((status) => status === 202).length).toBeLessThanOrEqual(1);
    const running = () => [...replays.replays.values()].filter(({ state }) => state === 'running');
    expect(running().length).toBe(statuses.filter((status) => status === 202).length);
    await start({ from: 'start' }, { headers });
    expect(running()).toHaveLength(1);
  });

  it.each([
    [{}],
    [[]],
    [{ from: 'yesterday' }],
    [{ from: '2026-11-20' }],
    [{ from: now }],
    [{ from: '2027-01-01T00:00:00Z' }],
    [{ from: '2026-11-19T00:00:00Z', to: '2026-11-18T00:00:00Z' }],
    [{ from: 'start', rate_per_second: 0 }],
    [{ from: 'start', rate_per_second: 1001 }],
    [{ from: 'start', rate_per_second: '5' }],
    [{ from: 'start', all: true }],
  ])('refuses %j', async (body) => {
    const { start, replays } = makeDoor();
    expect(await start(body)).toMatchObject({ status: 400, body: { code: 'body_invalid' } });
    expect(replays.pointers.size).toBe(0);
  });

  it.each(['paused', 'disabled'] as const)('refuses one to a subscription that is %s', async (state) => {
    const { start, replays } = makeDoor({ state });
    expect(await start({ from: 'start' })).toMatchObject({ status: 409 });
    expect(replays.pointers.size).toBe(0);
  });

  it("needs the scope of the system's topics for their history", async () => {
    const { start } = makeDoor({ topic: { door: 'system', name: 'profile.created' } });
    expect((await start({ from: 'start' })).status).toBe(403);
    const scope = 'deliveries:write subscriptions:system';
    expect((await start({ from: 'start' }, { scope })).status).toBe(202);
  });
});

describe('GET and DELETE of replays', () => {
  it('list them, the newest first, and show how far one is', async () => {
    const { call, start, replays } = makeDoor();
    await start({ from: 'start' });
    const replay = (await replays.find({ subscriptionId: id, run: 1 }))!;
    await replays.write({
      ...replay,
      ...{
        found: 12,
        sent: 11,
        place: { topics: ['manage/orders'], after: '1795165200250.0000000003.a1b2c3d4' },
      },
      ...{ sendingUntil: now, leaseUntil: now, lastSent: ['evt_1'], version: 2 },
    });
    const shown = await call('GET', { run: '1' });
    expect(shown.body).toMatchObject({
      ...{ state: 'running', events_found: 12, sent: 11, sending_until: now },
      position: { topic: 'orders', at: '2026-11-20T09:00:00.250Z' },
    });
    for (const internal of ['lease', 'last_sent', 'version', 'phase']) {
      expect(shown.text).not.toContain(internal);
    }
    expect((await call('GET')).body.replays).toEqual([shown.body]);
  });

  it('cancel one, once, and let the live deliveries go that wait for it', async () => {
    const { call, start, subscriptions } = makeDoor({ replaying: 1 });
    await start({ from: 'start' });
    expect(await call('DELETE', { run: '1' })).toMatchObject({
      status: 200,
      body: { state: 'cancelled', reason: 'requested', ended_at: now },
    });
    expect(subscriptions.subscriptions.get(id)).not.toHaveProperty('replaying');
    expect(await call('DELETE', { run: '1' })).toMatchObject({ status: 409 });
  });

  it.each(['0', '2', '01', '-1', '1.0', 'x', '9'.repeat(20)])('find no run %s', async (run) => {
    const { call, start } = makeDoor();
    await start({ from: 'start' });
    expect((await call('GET', { run })).status).toBe(404);
    expect((await call('DELETE', { run })).status).toBe(404);
  });

  it("find nothing of another's subscriptions", async () => {
    const { call, start, replays } = makeDoor();
    await start({ from: 'start' }, { of: foreign, subject: 'bob' });
    for (const [method, run] of [['GET'], ['GET', '1'], ['DELETE', '1'], ['POST']] as const) {
      const body = method === 'POST' ? { body: { from: 'start' } } : {};
      const answer = await call(method, { of: foreign, ...(run && { run }), ...body });
      expect(answer).toMatchObject({ status: 404, body: { code: 'not_found' } });
    }
    expect((await replays.find({ subscriptionId: foreign, run: 1 }))?.state).toBe('running');
  });

  it('need the scopes, a token, and the right method', async () => {
    const { call, start } = makeDoor();
    expect((await start({ from: 'start' }, { scope: 'deliveries:read' })).status).toBe(403);
    expect((await call('DELETE', { run: '1', scope: 'deliveries:read' })).status).toBe(403);
    expect((await call('GET', { scope: 'deliveries:write' })).status).toBe(403);
    expect((await call('GET', { scope: null })).status).toBe(401);
    expect((await call('PUT', { run: '1' })).status).toBe(405);
  });
});

describe('GET /v1/subscriptions/{id}/replays, page by page', () => {
  it('shows every replay once, the newest first', async () => {
    const { call, start, replays } = makeDoor();
    for (let run = 1; run <= 5; run += 1) {
      await start({ from: 'start' });
      const { version, ...replay } = (await replays.find({ subscriptionId: id, run }))!;
      await replays.write({ ...replay, state: 'done', version: version + 1 });
    }
    const seen: number[] = [];
    let next: string | undefined;
    do {
      const query: Record<string, string> = { limit: '2', ...(next !== undefined && { next }) };
      const { body } = await call('GET', { query });
      seen.push(...body.replays.map(({ run }: { run: number }) => run));
      next = body.next;
    } while (next !== undefined);
    expect(seen).toEqual([5, 4, 3, 2, 1]);
  });

  it.each(['x', '', Buffer.from('0').toString('base64url'), Buffer.from('1 ').toString('base64url')])(
    'refuses the token %j',
    async (next) => {
      const { call } = makeDoor();
      const refused = await call('GET', { query: { next } });
      expect(refused).toMatchObject({ status: 400, body: { code: 'parameter_invalid' } });
    },
  );
});
