import { randomBytes } from 'node:crypto';
import { EventClient } from '../../../sdk/events';
import { quiet } from '../../support/event-definitions';
import { type JourneyOf, subscribe, unsubscribe, until } from './journey';

/** What our own client sends, and what its subscribers get. */
export function eventSessions(journey: JourneyOf): void {
  const category = `s${randomBytes(8).toString('hex').replace(/\d/g, 'x')}`;
  const path = `/${category}`;
  let subscription: Awaited<ReturnType<typeof subscribe>>;

  beforeAll(async () => {
    subscription = await subscribe(journey(), path, { topic: `events/${category}.*` });
  });
  afterAll(async () => unsubscribe(journey(), subscription));

  const publish = async (count: number, idempotencyKey: string) => {
    const client = new EventClient({
      apiUrl: journey().target.baseUrl,
      token: journey().token,
      serviceName: 'testing-service',
      topicDefinitions: {
        DefaultCategory: category,
        Topics: [{ Entity: 'MyEntity', Action: 'Created', Schema: { type: 'object' } }],
      },
      logger: quiet,
    });
    await client.userSession('user-1', 'job-7', { idempotencyKey }).run((session) => {
      for (let number = 0; number < count; number += 1) {
        session.publish({ entity: 'MyEntity', action: 'Created', data: { mark: idempotencyKey, number } });
      }
    });
  };
  /** By event id: a webhook may come twice. */
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

  it.each([
    ['single', 1],
    ['list', 300],
  ])(
    'publish a %s, and nothing new when they are run again',
    async (mark, count) => {
      await publish(count, mark);
      await publish(count, mark);
      await publish(1, `after ${mark}`);
      await arrived(`after ${mark}`, 1);
      const bodies = [...(await arrived(mark, count)).values()];
      const numbers = bodies.map(({ data }) => data.number).sort((one, other) => one - other);
      expect(numbers).toEqual(Array.from({ length: count }, (_, number) => number));
      expect(bodies[0]).toMatchObject({ jobid: 'job-7', actorid: 'user-1', actortype: 'user' });
    },
    60_000,
  );
}
