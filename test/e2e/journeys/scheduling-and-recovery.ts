import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { call } from '../../support/http-call';
import { MemoryOrigin } from '../../support/memory-origin';
import { freshName, type JourneyOf, until } from './journey';

/** Messages of the topics door that go out at a time, and those that an application could not publish. */
export function schedulingAndRecovery(journey: JourneyOf): void {
  const ask = (endPoint: string, method: string, body?: unknown) =>
    call(journey().target.baseUrl, endPoint, {
      method,
      token: undefined,
      ...(body !== undefined && { body }),
    });
  const inSeconds = (seconds: number) => new Date(Date.now() + seconds * 1000).toISOString();

  async function makeTopic(originHost = 'http://app.test/', recovery_enabled = false) {
    const [name, at] = [freshName(), `/${freshName()}`];
    const topic = await ask('/api/topics/', 'POST', { name, origin_host: originHost, recovery_enabled });
    expect(topic.status).toBe(201);
    const target = `${journey().subscriber.url}${at}`;
    const consumer = { topic: name, target, type: 'http', active: true };
    expect((await ask('/api/publishers/', 'POST', consumer)).status).toBe(201);
    return { name, at, id: topic.json.data.id as number };
  }

  it('a message arrives at its time, under the id that it was accepted with', async () => {
    const { name, at } = await makeTopic();
    const schedule_at = inSeconds(3);
    const message = { topic: name, payload: { n: 1 }, attributes: { a: 'b' }, schedule_at };
    const accepted = await ask('/api/schedule_messages/', 'POST', message);
    expect(accepted).toMatchObject({ status: 201, json: { id: [expect.any(Number)] } });
    const [webhook] = await journey().subscriber.waitFor(1, at);
    expect(Date.now()).toBeGreaterThanOrEqual(Date.parse(schedule_at));
    expect(JSON.parse(webhook?.body ?? '')).toEqual({ n: 1, attributes: { a: 'b' } });
    expect(webhook?.headers['message-id']).toBe(String(accepted.json.id[0]));
    const late = await ask(`/api/schedule_messages/${accepted.json.id[0]}`, 'DELETE');
    expect(late.status).toBe(409);
  });

  it('a message that is cancelled never arrives', async () => {
    const { name, at } = await makeTopic();
    const message = { topic: name, payload: 'no', attributes: {}, schedule_at: inSeconds(2) };
    const { json } = await ask('/api/schedule_messages/', 'POST', message);
    expect((await ask(`/api/schedule_messages/${json.id[0]}/`, 'DELETE')).status).toBe(204);
    const after = { ...message, payload: 'yes', schedule_at: inSeconds(3) };
    await ask('/api/schedule_messages/', 'POST', after);
    const caught = await journey().subscriber.waitFor(1, at);
    expect(caught.map(({ body }) => body)).toEqual([expect.stringContaining('yes')]);
  });

  describe('recovery', () => {
    const origin = new MemoryOrigin();
    let server: Server;
    let topic: Awaited<ReturnType<typeof makeTopic>>;

    beforeAll(async () => {
      server = createServer(async ({ method, url }, response) => {
        const answer = await (method === 'DELETE' ? origin.remove : origin.list)(`http://app.test${url}`);
        const { status, text } = { status: 500, text: '', ...answer };
        response.writeHead(status).end(text);
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const { port } = server.address() as AddressInfo;
      topic = await makeTopic(`http://127.0.0.1:${port}/postoffice/messages/`, true);
    });

    afterAll(async () => {
      await ask(`/api/topics/${topic.id}`, 'PATCH', { recovery_enabled: false });
      server.close();
      server.closeAllConnections();
    });

    it('fetches single rows and bulks once, however often removing fails, and leaves what it cannot take', async () => {
      let refusals = 0;
      origin.removal = () => {
        refusals += 1;
        return refusals > 4 ? (undefined as never) : { status: 500 };
      };
      const stays = origin.add({ topic: 'nobody made it' });
      origin.add({ topic: topic.name, payload: { n: 0 } });
      const payload = [1, 2].map((n) => ({ topic: topic.name, payload: { n }, attributes: {} }));
      origin.add({ topic: topic.name, bulk: true, payload });
      await until(
        async () => origin.rows.length,
        (left) => left === 1,
      );
      expect(origin.rows.map(({ id }) => id)).toEqual([stays]);
      const caught = await journey().subscriber.waitFor(3, topic.at);
      expect(caught.map(({ body }) => JSON.parse(body).n).sort()).toEqual([0, 1, 2]);
    }, 60_000);
  });
}
