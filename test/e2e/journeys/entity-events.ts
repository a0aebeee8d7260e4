import { randomBytes } from 'node:crypto';
import { type JourneyOf, send, subscribe, unsubscribe, until } from './journey';

/** What the unmodified `bc-events` sends, and what its subscribers get. */
export function entityEvents(journey: JourneyOf): void {
  const category = `e${randomBytes(8).toString('hex').replace(/\d/g, 'x')}`;
  const path = `/${category}`;
  let subscription: Awaited<ReturnType<typeof subscribe>>;

  beforeAll(async () => {
    subscription = await subscribe(journey(), path, { topic: `events/${category}.*` });
  });
  afterAll(async () => unsubscribe(journey(), subscription));

  const anEvent = (data: unknown, actor = { id: 'USER-1', type: 'user' }) => ({
    ...{ action: 'Created', category, entity: 'MyEntity', data, actor },
  });
  const post = (to: string, body: unknown, headers: Readonly<Record<string, string>> = {}) =>
    send(journey(), to, { body, headers, method: 'POST' });
  /** The bodies of the webhooks whose data has that mark, by event id: a webhook may come twice. */
  const caught = (mark: string) => {
    const ours = journey().subscriber.caught.filter((webhook) => webhook.path === path);
    const bodies = ours.map(
      ({ headers, body }) => [String(headers['webhook-id']), JSON.parse(body)] as const,
    );
    return new Map(bodies.filter(([, body]) => body.data.mark === mark));
  };
  const arrived = (mark: string, count: number) =>
    until(
      async () => caught(mark),
      (found) => found.size >= count,
    );

  it.each(['/events', '/events/', '//events', '//events/'])('come by %s, with job and actor', async (to) => {
    const headers = { 'x-britecore-job-id': 'job-7' };
    const answer = await post(to, anEvent({ mark: to }), headers);
    expect(answer).toMatchObject({ status: 201, json: { jobId: 'job-7' } });
    const webhooks = await arrived(to, 1);
    expect(webhooks.get(answer.json.eventId)).toMatchObject({
      type: `${category}.MyEntityCreated`,
      data: { mark: to },
      ...{ category, entity: 'MyEntity', action: 'Created' },
      ...{ jobid: 'job-7', actorid: 'USER-1', actortype: 'user' },
    });
  });

  it.each(['/events/bulk', '/events/bulk/', '//events/bulk/'])(
    'come 250 at once by %s',
    async (to) => {
      const actor = { id: 'a-service', type: 'service' };
      const list = Array.from({ length: 250 }, (_, n) => anEvent({ mark: to, n }, actor));
      const answer = await post(to, list);
      expect(answer).toMatchObject({ status: 201, json: { failedRecords: 0 } });
      expect(answer.json.records).toEqual(list.map(() => 'Success'));
      const webhooks = await arrived(to, 250);
      const numbers = answer.json.eventIds.map((id: string) => webhooks.get(id)?.data.n);
      expect(numbers).toEqual(list.map((_, n) => n));
    },
    60_000,
  );

  it('are held against the schema of their topic, once it is registered', async () => {
    const name = `events/${category}.OrderPaid`;
    const schema = {
      $schema: 'http://json-schema.org/draft-04/schema#',
      properties: { id: { type: 'string', format: 'uuid' } },
    };
    expect((await send(journey(), '/v1/topics', { body: { name, schema } })).status).toBe(201);
    const paid = (data: unknown) => ({ ...anEvent(data), entity: 'Order', action: 'Paid' });
    const answer = await post('/events/bulk/', [paid({ id: 7 }), paid({ id: 'no uuid', mark: 'judged' })]);
    expect(answer.json).toMatchObject({ failedRecords: 1, records: ['ValidationException', 'Success'] });
    expect((await arrived('judged', 1)).size).toBe(1);
    const path = `/v1/topics/${encodeURIComponent(name)}`;
    expect((await send(journey(), path, { method: 'DELETE' })).status).toBe(204);
  });

  it('are published once for one id, and refused with a status that the client reads', async () => {
    const id = `${category}-1`;
    const [first, again] = [
      await post('/events', { ...anEvent({ mark: 'once' }), id }),
      await post('/events/bulk/', [{ ...anEvent({ mark: 'once' }), id }, anEvent({ mark: 'witness' })]),
    ];
    expect(again?.json.eventIds[0]).toBe(first?.json.eventId);
    await arrived('witness', 1);
    const ledger = await until(
      async () => (await send(journey(), `/v1/events/${first?.json.eventId}/ledger`)).json,
      ({ pending }) => pending === 0,
    );
    expect(ledger).toMatchObject({ fanned_out: 1, delivered: 1, balanced: true });
    const refused = await post('/events', anEvent({}));
    expect(refused).toMatchObject({ status: 400, json: { errorType: 'ValidationException' } });
    for (const [to, method] of [
      ['/events', 'GET'],
      ['/events/nothing', 'GET'],
      ['/events/nothing', 'POST'],
    ] as const) {
      expect(await send(journey(), to, { method })).toMatchObject({
        status: 400,
        json: { errorType: expect.any(String) },
      });
    }
  });
}
