import { deliveryOf, freshName, type JourneyOf, send, subscribe, unsubscribe, until } from './journey';

interface ReplayBody {
  readonly run: number;
  readonly state: string;
  readonly events_found: number;
  readonly sent: number;
}

/** The history of a topic, sent to one subscription. */
export function replays(journey: JourneyOf): void {
  let topic: string;
  const names = (prefix: string, count: number) =>
    Array.from({ length: count }, (_, index) => `${prefix}-${index}`);

  beforeAll(async () => {
    topic = freshName();
    expect((await send(journey(), '/v1/topics', { body: { name: topic } })).status).toBe(201);
  });

  const publish = async (ids: readonly string[]) => {
    const body = ids.map((id) => ({ topic, id, data: { id } }));
    expect((await send(journey(), '/v1/events', { body })).status).toBe(202);
  };
  const receivedAt = (path: string): string[] =>
    journey()
      .subscriber.caught.filter((webhook) => webhook.path === path)
      .map(({ body }) => JSON.parse(body).data.id);
  const endOf = (id: string, run: number) =>
    until(
      async () => (await send(journey(), `/v1/subscriptions/${id}/replays/${run}`)).json as ReplayBody,
      ({ state }) => state !== 'running',
      60_000,
    );

  it('comes first to a new subscription, then what is published meanwhile: every event once', async () => {
    const history = names('old', 50);
    await publish(history);
    // Dispatched, so that they are history for sure when the subscription is made.
    await until(
      async () => (await send(journey(), `/v1/events?topic=${topic}&limit=100`)).json.events as unknown[],
      (found) => found.length === history.length,
    );
    const path = `/${freshName()}`;
    const publishing = (async () => {
      for (const id of names('around', 30)) {
        await publish([id]);
      }
    })();
    const answer = await send(journey(), '/v1/subscriptions', {
      body: { topic, target: `${journey().subscriber.url}${path}`, replay_from: 'start' },
    });
    expect(answer).toMatchObject({ status: 201, json: { state: 'active', replaying: 1 } });
    await publishing;
    await publish(names('after', 5));
    const { id } = answer.json;
    expect(await endOf(id, 1)).toMatchObject({ state: 'done' });
    await journey().subscriber.waitFor(85, path, 40_000);
    const received = receivedAt(path);
    expect([...received].sort()).toEqual([...history, ...names('around', 30), ...names('after', 5)].sort());
    const lastOfHistory = Math.max(...history.map((name) => received.indexOf(name)));
    const firstLive = Math.min(...names('after', 5).map((name) => received.indexOf(name)));
    expect(lastOfHistory).toBeLessThan(firstLive);
    expect((await send(journey(), `/v1/subscriptions/${id}`)).json).not.toHaveProperty('replaying');
    await unsubscribe(journey(), answer.json);
  }, 120_000);

  it('comes once more to a subscription that is there, under the same ids, and can be cancelled', async () => {
    const path = `/${freshName()}`;
    const made = await subscribe(journey(), path, { topic });
    const start = (body: object) =>
      send(journey(), `/v1/subscriptions/${made.id}/replays`, { body: { from: 'start', ...body } });
    const slow = await start({ rate_per_second: 0.5 });
    expect(slow).toMatchObject({ status: 202, json: { state: 'running', run: 1 } });
    expect(await start({})).toMatchObject({ status: 409, json: { code: 'conflict' } });
    const cancelled = await send(journey(), `/v1/subscriptions/${made.id}/replays/1`, { method: 'DELETE' });
    expect(cancelled).toMatchObject({ status: 200, json: { state: 'cancelled' } });
    const again = await start({});
    expect(again).toMatchObject({ status: 202, json: { run: 2 } });
    expect(await endOf(made.id, 2)).toMatchObject({ state: 'done', events_found: 85, sent: 85 });
    const listed = (await send(journey(), `/v1/subscriptions/${made.id}/replays`)).json;
    expect(listed.replays.map(({ run }: ReplayBody) => run)).toEqual([2, 1]);
    await unsubscribe(journey(), made);
  }, 90_000);

  it('a delivery is read by its id, and sent once more when it is forced', async () => {
    const path = `/${freshName()}`;
    const made = await subscribe(journey(), path, { topic });
    await publish(['one-more']);
    const { event_id: eventId } = await deliveryOf(journey(), made.id, 'delivered');
    const list = await send(journey(), `/v1/deliveries?subscription_id=${made.id}&state=delivered`);
    const [{ id }] = list.json.deliveries;
    expect((await send(journey(), `/v1/deliveries/${id}`)).json).toMatchObject({
      ...{ id, event_id: eventId, state: 'delivered' },
    });
    expect(await send(journey(), '/v1/deliveries/resend', { body: { id } })).toMatchObject({ status: 409 });
    const forced = await send(journey(), '/v1/deliveries/resend', { body: { id, force: true } });
    expect(forced).toMatchObject({ status: 200, json: { matched: 1, resent: 1, left: {} } });
    const [first, second] = await journey().subscriber.waitFor(2, path);
    expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
    await unsubscribe(journey(), made);
  });

  it('what was skipped while the subscription was paused is found by a filter, and stays while it is off', async () => {
    const path = `/${freshName()}`;
    const made = await subscribe(journey(), path, { topic });
    const change = (state: string) =>
      send(journey(), `/v1/subscriptions/${made.id}`, { method: 'PATCH', body: { state } });
    await change('paused');
    await publish(['missed']);
    await deliveryOf(journey(), made.id, 'skipped');
    const resend = async (options: object = {}) =>
      (
        await send(journey(), '/v1/deliveries/resend', {
          body: { subscription_id: made.id, state: 'skipped', ...options },
        })
      ).json;
    const left = { subscription_paused: 1 };
    expect(await resend()).toEqual({ matched: 1, resent: 0, left });
    await change('active');
    expect(await resend({ dry_run: true })).toEqual({ matched: 1, resent: 0, left: {} });
    expect(await resend()).toEqual({ matched: 1, resent: 1, left: {} });
    await journey().subscriber.waitFor(1, path);
    expect(receivedAt(path)).toEqual(['missed']);
    expect(await resend()).toEqual({ matched: 0, resent: 0, left: {} });
    await unsubscribe(journey(), made);
  });
}
