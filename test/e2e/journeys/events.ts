import { CloudEvent, HTTP } from 'cloudevents';
import type { CaughtWebhook } from '../../support/subscriber';
import { freshName, type Journey, type JourneyOf, send, subscribe, unsubscribe, until } from './journey';

interface EventBody {
  readonly id: string;
  readonly client_id?: string;
}

/** Publishing events, and what is told of them. */
export function events(journey: JourneyOf): void {
  let topic: string;
  let path: string;
  let subscription: Awaited<ReturnType<typeof subscribe>>;

  beforeAll(async () => {
    topic = freshName();
    path = `/${topic}`;
    const schema = { type: 'object', properties: { total: { type: 'number' } } };
    const made = await send(journey(), '/v1/topics', { body: { name: topic, schema } });
    expect(made.status).toBe(201);
    subscription = await subscribe(journey(), path, { topic });
  });
  afterAll(async () => unsubscribe(journey(), subscription));

  const publish = async (body: unknown, headers: Readonly<Record<string, string>> = {}) => {
    const answer = await send(journey(), '/v1/events', { body, headers, method: 'POST' });
    expect(answer).toMatchObject({ status: 202 });
    return answer.json.events as EventBody[];
  };
  const webhookOf = async (id: string): Promise<CaughtWebhook> => {
    const find = () =>
      journey().subscriber.caught.find(
        (webhook) => webhook.path === path && webhook.headers['webhook-id'] === id,
      );
    return (await until(
      async () => find(),
      (found) => found !== undefined,
    )) as CaughtWebhook;
  };

  it('come with every digit, and are read as they came', async () => {
    const [event] = await publish(`{"topic":"${topic}","data":{"total": 1.10,"n":12345678901234567890}}`);
    const { body } = await webhookOf(event?.id as string);
    expect(body).toContain('"data":{"total": 1.10,"n":12345678901234567890}}');
    const read = await send(journey(), `/v1/events/${event?.id}`);
    expect(read.text).toContain('"data":{"total": 1.10,"n":12345678901234567890}');
    expect(read.json).toMatchObject({ id: event?.id, topic });
  });

  it('come in every form of CloudEvents, as the SDK sends them', async () => {
    const base = { type: topic, source: '/e2e', subject: 's', data: { total: 7 } };
    const binary = HTTP.binary(new CloudEvent({ ...base, id: 'binary', tenant: 'a b%é' }));
    const structured = HTTP.structured(new CloudEvent({ ...base, id: 'structured' }));
    const published = [
      ...(await publish(binary.body, percentEncoded(binary.headers as Record<string, string>))),
      ...(await publish(structured.body, structured.headers as Record<string, string>)),
      ...(await publish(
        ['one', 'two'].map((id) => ({ specversion: '1.0', ...base, id })),
        { 'content-type': 'application/cloudevents-batch+json' },
      )),
    ];
    expect(published.map(({ client_id }) => client_id)).toEqual(['binary', 'structured', 'one', 'two']);
    for (const { id } of published) {
      expect(JSON.parse((await webhookOf(id)).body)).toMatchObject({ type: topic, data: { total: 7 } });
    }
    const read = await send(journey(), `/v1/events/${published[0]?.id}`);
    expect(read.json.attributes).toEqual({ tenant: 'a b%é' });
  });

  it('with an id of yours are published once, however often you send them', async () => {
    const id = freshName();
    const event = { topic, id, data: { total: 1 } };
    const [first] = await publish(event);
    const [again] = await publish(event);
    const keyed = { 'idempotency-key': id };
    const twice = [
      ...(await publish({ topic, data: {} }, keyed)),
      ...(await publish({ topic, data: {} }, keyed)),
    ];
    expect([again?.id, twice[0]?.id]).toEqual([first?.id, twice[1]?.id]);
    const other = await send(journey(), '/v1/events', {
      body: { topic, data: { total: 2 } },
      headers: keyed,
    });
    expect([other.status, other.json.code]).toEqual([409, 'conflict']);
    const [witness] = await publish({ topic, data: {} });
    for (const one of [first, twice[0], witness]) {
      await webhookOf(one?.id as string);
    }
    const listed = await list(journey(), topic, 'order=asc');
    expect(listed.filter((one) => one.id === first?.id || one.id === twice[0]?.id)).toHaveLength(2);
  });

  it('are skipped once their time is over', async () => {
    const [event] = await publish({ topic, data: {}, expires_at: '2026-01-01T00:00:00Z' });
    const ledger = await settled(journey(), event?.id as string);
    expect(ledger).toMatchObject({ fanned_out: 1, skipped: 1, delivered: 0, balanced: true });
    const { json } = await send(journey(), `/v1/deliveries?event_id=${event?.id}`);
    expect(json.deliveries).toMatchObject([{ state: 'skipped', reason: 'expired' }]);
  });

  it('are listed by topic and time, and counted by the hour', async () => {
    const name = freshName();
    await send(journey(), '/v1/topics', { body: { name } });
    const made = await subscribe(journey(), `/${name}`, { topic: name });
    const before = new Date(Date.now() - 60_000).toISOString();
    const published = await publish(['a', 'b', 'c'].map((data) => ({ topic: name, data, subject: 's' })));
    for (const { id } of published) {
      expect(await settled(journey(), id)).toMatchObject({ delivered: 1, pending: 0, balanced: true });
    }
    const ids = published.map(({ id }) => id);
    expect((await list(journey(), name, `order=asc&from=${before}`)).map(({ id }) => id)).toEqual(ids);
    expect((await list(journey(), name, 'limit=1')).map(({ id }) => id)).toEqual([...ids].reverse());
    expect(await list(journey(), name, `to=${before}`)).toEqual([]);
    const shown = await send(journey(), `/v1/events/${ids[0]}`);
    const hour = shown.json.dispatched_at.slice(0, 13);
    const sums = (await send(journey(), `/v1/ledger?topic=${name}&hour=${hour}`)).json;
    // The hour may have struck in between.
    expect(sums).toMatchObject({
      delivered: sums.events,
      fanned_out: sums.events,
      pending: 0,
      balanced: true,
    });
    expect(sums.events).toBeGreaterThan(0);
    await unsubscribe(journey(), made);
  });

  it('that do not fit the topic’s schema are refused without their values, and none of their call is published', async () => {
    const witness = freshName();
    const body = [
      { topic, data: { total: 1 }, id: witness },
      { topic, data: { total: 's3cret' } },
    ];
    const answer = await send(journey(), '/v1/events', { body });
    expect(answer).toMatchObject({ status: 400, json: { code: 'body_invalid' } });
    expect(answer.json.detail).toContain('event 1: data.total');
    expect(answer.text).not.toContain('s3cret');
    expect((await list(journey(), topic, '')).map(({ client_id }) => client_id)).not.toContain(witness);
  });

  it('keep a topic from being deleted while somebody subscribes', async () => {
    const refused = await send(journey(), `/v1/topics/${topic}`, { method: 'DELETE' });
    expect([refused.status, refused.json.detail]).toEqual([409, expect.stringContaining('1 subscription')]);
    const name = freshName();
    await send(journey(), '/v1/topics', { body: { name, deprecated: 'use another' } });
    const warned = await send(journey(), '/v1/events', { body: { topic: name, data: {} } });
    expect([warned.status, warned.headers.deprecation]).toEqual([202, expect.stringMatching(/^@\d+$/)]);
    expect((await send(journey(), `/v1/topics/${name}`, { method: 'DELETE' })).status).toBe(204);
    expect((await send(journey(), '/v1/events', { body: { topic: name, data: {} } })).status).toBe(404);
  });

  it('of the system are announced by nobody else', async () => {
    const answer = await send(journey(), '/v1/events', { body: { topic: 'profile.created', data: {} } });
    expect(answer).toMatchObject({ status: 403, json: { code: 'forbidden' } });
  });
}

/** The SDK leaves it to its users, and HTTP takes no such characters (HTTP binding, section 3.1.3.2). */
function percentEncoded(headers: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [
      name,
      value.replace(/[%\u0080-\uffff]/g, (character) => encodeURIComponent(character)),
    ]),
  );
}

/** All pages. */
async function list(journey: Journey, topic: string, query: string): Promise<EventBody[]> {
  const found: EventBody[] = [];
  let next: string | undefined;
  do {
    const token = next === undefined ? '' : `&next=${next}`;
    const answer = await send(journey, `/v1/events?topic=${topic}&${query}${token}`);
    expect(answer.status).toBe(200);
    found.push(...answer.json.events);
    next = answer.json.next;
  } while (next !== undefined);
  return found;
}

/** The ledger of an event, once nothing of it is pending. */
async function settled(journey: Journey, id: string) {
  return until(
    async () => (await send(journey, `/v1/events/${id}/ledger`)).json,
    (ledger) => ledger.pending === 0,
  );
}
