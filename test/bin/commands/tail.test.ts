import { type ApiCall, runCommand, startStubApi } from '../command-host';

interface Shown {
  readonly id: string;
  readonly topic: string;
  readonly at: number;
}

/** A stack whose history and deliveries a test fills in while it is followed. */
async function follow(
  words: readonly string[],
  stack: {
    readonly topics: readonly string[];
    /** What the n-th look at a topic finds. */
    readonly events: (topic: string, look: number, query: URLSearchParams) => readonly Shown[] | 'refused';
    readonly states?: (eventId: string, look: number) => readonly string[];
    readonly next?: (topic: string, look: number) => string | undefined;
  },
) {
  const looks = new Map<string, number>();
  const nth = (what: string) => {
    looks.set(what, (looks.get(what) ?? 0) + 1);
    return looks.get(what) as number;
  };
  const api = await startStubApi(({ path }: ApiCall) => {
    const { pathname, searchParams: query } = new URL(path, 'http://x');
    if (pathname === '/v1/topics') {
      return { status: 200, body: { topics: stack.topics.map((name) => ({ name })) } };
    }
    if (pathname === '/v1/deliveries') {
      const id = query.get('event_id') as string;
      const states = stack.states?.(id, nth(id)) ?? [];
      return { status: 200, body: { deliveries: states.map((state, index) => aDelivery(id, state, index)) } };
    }
    const topic = query.get('topic') as string;
    const look = nth(topic);
    const found = stack.events(topic, look, query);
    const next = stack.next?.(topic, look);
    return found === 'refused'
      ? { status: 403, body: { code: 'insufficient_scope', detail: 'not yours' } }
      : { status: 200, body: { events: found.map(anEvent), ...(next && { next }) } };
  });
  const connection = ['--base-url', api.url, '--token', 'secret-token'];
  const ran = await runCommand([...connection, 'tail', ...words]);
  await api.close();
  return {
    ...ran,
    lines: ran.printed.map((line) => JSON.parse(line)),
    calls: api.calls.map(({ path }) => path),
  };
}

const anEvent = ({ id, topic, at }: Shown) => ({
  id,
  topic,
  time: 'x',
  dispatched_at: new Date(at).toISOString(),
});

const aDelivery = (eventId: string, state: string, index: number) => ({
  id: `dlv_${eventId}_${index}`,
  event_id: eventId,
  subscription_id: 'sub_1',
  topic: 'orders',
  state,
  attempts: [{ number: 1, status: 200, milliseconds: 3 }],
});

const soon = () => Date.now() + 10;

describe('tail', () => {
  it('tells each event once, and a delivery whenever it has got further', async () => {
    const at = soon();
    const { exitCode, lines } = await follow(['--count', '4'], {
      topics: ['orders'],
      events: (topic, look) => [
        { id: 'e1', topic, at },
        ...(look > 2 ? [{ id: 'e2', topic, at: at + 1 }] : []),
      ],
      states: (id, look) => (id === 'e1' ? [look < 2 ? 'pending' : 'delivered'] : []),
    });
    expect(exitCode).toBe(0);
    expect(lines.map(({ kind, id, state }) => [kind, id, state])).toEqual([
      ['event', 'e1', undefined],
      ['delivery', 'dlv_e1_0', 'pending'],
      ['delivery', 'dlv_e1_0', 'delivered'],
      ['event', 'e2', undefined],
    ]);
  });

  it('follows the topics that match, and stops at those that the token may not read', async () => {
    const { lines, noted, calls } = await follow(['--topic', 'user.*', '--count', '1'], {
      topics: ['user.made', 'user.gone', 'orders'],
      events: (topic) => (topic === 'user.gone' ? 'refused' : [{ id: 'e1', topic, at: soon() }]),
    });
    expect(lines.map(({ topic }) => topic)).toEqual(['user.made']);
    expect(noted.join('\n')).toMatch(/user\.gone is not followed: .*not yours/);
    expect(calls.join('\n')).not.toContain('topic=orders');
  });

  it('goes on with the next page of a busy topic, and loses and doubles nothing', async () => {
    const at = soon();
    const page = (from: number, topic: string) =>
      Array.from({ length: 100 }, (_, index) => ({ id: `e${from + index}`, topic, at }));
    const { lines } = await follow(['--count', '250'], {
      topics: ['orders'],
      events: (topic, look, query) => {
        expect(query.get('next')).toBe(look === 2 ? 'second' : look === 3 ? 'third' : null);
        return look < 3 ? page(100 * look, topic) : page(300, topic).slice(0, 50);
      },
      next: (_, look) => [undefined, 'second', 'third'][look],
    });
    expect(lines.map(({ id }) => id)).toEqual(Array.from({ length: 250 }, (_, index) => `e${100 + index}`));
  });

  it('says so when no topic matches, and when none may be read', async () => {
    const none = await follow(['--topic', 'nothing'], { topics: ['orders'], events: () => [] });
    expect(none).toMatchObject({ exitCode: 1, noted: [expect.stringMatching(/no topic matches "nothing"/)] });
    const refused = await follow([], { topics: ['orders'], events: () => 'refused' });
    expect(refused.exitCode).toBe(3);
  });
});
