import { freshName, type JourneyOf, send, until } from './journey';

/** What the unmodified `postoffice_django` sends, and what its consumers get. */
export function messages(journey: JourneyOf): void {
  const topic = `${freshName()}.orders`;
  const api = (method: string, path: string, body?: unknown) =>
    send(journey(), path, { method, ...(body !== undefined && { body }) });
  const publish = (payload: unknown, attributes: unknown = {}) =>
    api('POST', '/api/messages/', { topic, payload, attributes });
  const targetOf = (path: string) => `${journey().subscriber.url}${path}`;
  const aConsumer = (path: string, more: object = {}) => ({
    ...{ active: true, topic, target: targetOf(path), type: 'http', from_now: true },
    ...more,
  });
  const caught = (path: string) =>
    journey()
      .subscriber.caught.filter((webhook) => webhook.path === path)
      .map(({ headers, body }) => ({ id: String(headers['message-id']), body }));
  const arrived = (path: string, count: number) =>
    until(
      async () => caught(path),
      (found) => new Set(found.map(({ id }) => id)).size >= count,
      60_000,
    );
  const numberOf = async (path: string): Promise<number> => {
    const { json } = await api('GET', `/api/publishers?topic=${encodeURIComponent(topic)}`);
    return json.data.find(({ target }: { target: string }) => target === targetOf(path)).id;
  };

  it.each(['/api/health', '/api/health/'])('%s is equal to what the client compares with', async (path) => {
    expect(await api('GET', path)).toMatchObject({ status: 200, text: '{"status":"ok"}' });
  });

  it('topic and consumer are made once, and there the second time', async () => {
    const aTopic = { name: topic, origin_host: 'http://127.0.0.1:9/', recovery_enabled: false };
    const made = await api('POST', '/api/topics/', aTopic);
    expect(made).toMatchObject({ status: 201, json: { data: { id: expect.any(Number), name: topic } } });
    expect((await api('POST', '/api/topics', aTopic)).status).toBe(409);
    expect(await api('POST', '/api/publishers/', aConsumer('/first'))).toMatchObject({
      status: 201,
      text: '{"data":{}}',
    });
    expect((await api('POST', '/api/publishers', aConsumer('/first'))).status).toBe(409);
    const shown = await api('GET', `/v1/topics/${encodeURIComponent(`topics/${topic}`)}`);
    expect(shown).toMatchObject({ status: 200, json: { door: 'topics' } });
  });

  it.each([
    ['/api/messages/', { n: 1 }, '{"n":1,"attributes":{"a":"1"}}'],
    ['/api/messages', { attributes: 'own' }, '{"attributes":{"a":"1"}}'],
    ['/api/messages/', 'a text', '{"payload":"a text","attributes":{"a":"1"}}'],
    ['/api/messages/', [1, 2], '{"payload":[1,2],"attributes":{"a":"1"}}'],
    ['/api/messages/', null, '{"payload":null,"attributes":{"a":"1"}}'],
  ])('by %s the payload %j arrives, under the id of the reply', async (path, payload, body) => {
    const reply = await api('POST', path, { topic, payload, attributes: { a: '1' } });
    expect(reply).toMatchObject({ status: 201, json: { id: [expect.any(Number)] } });
    const id = String(reply.json.id[0]);
    const found = await until(
      async () => caught('/first').find((message) => message.id === id),
      (message) => message !== undefined,
    );
    expect(found?.body).toBe(body);
  });

  it('the largest message arrives; a larger one is refused with a status that loses nothing', async () => {
    const reply = await publish({ text: 'x'.repeat(255_000) });
    expect(reply.status).toBe(201);
    const id = String(reply.json.id[0]);
    await until(
      async () => caught('/first'),
      (found) => found.some((message) => message.id === id && message.body.length > 255_000),
    );
    expect((await publish({ text: 'x'.repeat(270_000) })).status).toBe(413);
  });

  it.each([
    [{ topic: 'nothing', payload: 1 }, { topic: ['is invalid'] }],
    [{ payload: 1 }, { topic: ["can't be blank"] }],
    ['{"topic"', expect.any(String)],
  ])('what is wrong with %j is told where the client looks', async (body, errors) => {
    const reply = await api('POST', '/api/messages/', body);
    expect(reply).toMatchObject({ status: 400, json: { data: { errors } } });
  });

  it('a bulk of 3000 arrives whole, and one of 3001 not at all', async () => {
    expect((await api('POST', '/api/publishers/', aConsumer('/bulk'))).status).toBe(201);
    await api('DELETE', `/api/publishers/${await numberOf('/first')}/`);
    const list = (count: number) => Array.from({ length: count }, (_, n) => ({ n }));
    const tooMany = await api('POST', '/api/bulk_messages/', { topic, payload: list(3001), attributes: {} });
    expect(tooMany).toMatchObject({
      status: 406,
      json: { data: { errors: 'Exceed max messages to ingest in bulk' } },
    });
    const reply = await api('POST', '/api/bulk_messages/', { topic, payload: list(3000), attributes: {} });
    expect(reply.status).toBe(201);
    const found = await until(
      async () => new Map(caught('/bulk').map(({ id, body }) => [id, JSON.parse(body).n])),
      (bodies) => bodies.size >= 3000,
      240_000,
    );
    expect(reply.json.result.map((id: number) => found.get(String(id)))).toEqual(
      list(3000)
        .map(({ n }) => n)
        .reverse(),
    );
    await api('DELETE', `/api/publishers/${await numberOf('/bulk')}/`);
  }, 300_000);

  it('a paused consumer gets nothing until it is resumed, and then everything', async () => {
    await api('POST', '/api/publishers/', aConsumer('/paused', { active: false }));
    const ids = [];
    for (const n of [1, 2, 3]) {
      ids.push(String((await publish({ n })).json.id[0]));
    }
    expect(caught('/paused')).toEqual([]);
    const number = await numberOf('/paused');
    const resumed = await api('PATCH', `/api/publishers/${number}/`, { active: true });
    expect(resumed).toMatchObject({ status: 200, json: { data: { active: true } } });
    const found = await arrived('/paused', 3);
    expect(new Set(found.map(({ id }) => id))).toEqual(new Set(ids));
    expect((await api('DELETE', `/api/publishers/${number}/`)).status).toBe(204);
    expect((await api('DELETE', `/api/publishers/${number}/`)).status).toBe(400);
  }, 90_000);

  it('a consumer made again with from_now false gets the history first, then what is live, each once', async () => {
    const count = 20;
    for (let n = 0; n < count; n += 1) {
      await publish({ history: n });
    }
    const isMade = api('POST', '/api/publishers/', aConsumer('/again', { from_now: false }));
    const live = Array.from({ length: 20 }, (_, n) => publish({ history: count + n }));
    expect((await isMade).status).toBe(201);
    await Promise.all(live);
    const ours = () =>
      caught('/again').flatMap(({ id, body }) => {
        const { history } = JSON.parse(body);
        return history === undefined ? [] : [{ id, history: Number(history) }];
      });
    const found = await until(
      async () => ours(),
      (messages) => new Set(messages.map(({ history }) => history)).size >= 2 * count,
      120_000,
    );
    expect(new Set(found.map(({ id }) => id)).size).toBe(2 * count);
    const first = [...new Set(found.map(({ history }) => history))].slice(0, count);
    expect(first.every((history) => history < count)).toBe(true);
    await api('DELETE', `/api/publishers/${await numberOf('/again')}/`);
  }, 180_000);

  it.each(['/api/nothing/', '/api/messages/1', '/api/'])(
    '%s is not found, without a redirect',
    async (path) => {
      expect(await api('GET', path)).toMatchObject({
        status: 404,
        json: { errors: { detail: 'Not Found' } },
      });
    },
  );
}
