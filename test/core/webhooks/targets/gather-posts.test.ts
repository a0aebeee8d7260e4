import fc from 'fast-check';
import type { WebhookRequest } from '../../../../core/webhooks/ports';
import { gatherPosts, LONGEST_GATHERING_MILLISECONDS } from '../../../../core/webhooks/targets/gather-posts';

/** A target that remembers its calls, and a clock that a test moves. */
function makeGathering() {
  const calls: string[][] = [];
  const timers: (() => void)[] = [];
  const seat = gatherPosts(
    {
      postChunk: async (requests) => {
        calls.push(requests.map(({ message }) => message?.id ?? ''));
        return requests.map(({ message }) => ({
          milliseconds: 1,
          status: 200,
          answer: `got ${message?.id}`,
        }));
      },
    },
    (milliseconds) => {
      expect(milliseconds).toBe(LONGEST_GATHERING_MILLISECONDS);
      return new Promise<void>((resolve) => timers.push(resolve));
    },
  );
  return { seat, calls, elapse: () => timers.splice(0).forEach((ring) => void ring()) };
}

function request(id: string, { subscription = 's', chunkSize = 20 } = {}): WebhookRequest {
  return {
    url: 'pubsub:orders',
    headers: {},
    body: Buffer.from('{}'),
    timeoutSeconds: 5,
    about: { eventId: id, type: 'orders', time: '2026-11-20T10:00:00.000Z', subscriptionId: subscription },
    message: { id, attributes: [], chunkSize },
  };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('gatherPosts', () => {
  it('sends what a batch has for a subscription in chunks, and gives each its own result', async () => {
    const { seat, calls } = makeGathering();
    const ids = Array.from({ length: 45 }, (_, index) => `m${index}`);
    const seats = ids.map(() => seat());
    const results = await Promise.all(ids.map((id, index) => seats[index]?.post(request(id))));
    expect(calls.map((call) => call.length)).toEqual([20, 20, 5]);
    expect(results.map((result) => result && 'answer' in result && result.answer)).toEqual(
      ids.map((id) => `got ${id}`),
    );
  });

  it('waits for those of the batch who have not posted, and not for those who left', async () => {
    const { seat, calls } = makeGathering();
    const [first, second, third] = [seat(), seat(), seat()];
    void first.post(request('a'));
    second.leave();
    second.leave();
    await turn();
    expect(calls).toEqual([]);
    void third.post(request('b'));
    await turn();
    expect(calls).toEqual([['a', 'b']]);
  });

  it('waits for nobody longer than half a second', async () => {
    const { seat, calls, elapse } = makeGathering();
    const [first, slow] = [seat(), seat()];
    void first.post(request('a'));
    elapse();
    await turn();
    expect(calls).toEqual([['a']]);
    void slow.post(request('b'));
    await turn();
    expect(calls).toEqual([['a'], ['b']]);
  });

  it('never sends two subscriptions in one call', async () => {
    const { seat, calls } = makeGathering();
    const seats = [seat(), seat()];
    void seats[0]?.post(request('a', { subscription: 's1' }));
    void seats[1]?.post(request('b', { subscription: 's2' }));
    await turn();
    expect(calls).toEqual([['a'], ['b']]);
  });

  it('fails each of a chunk whose target fails', async () => {
    const seat = gatherPosts({ postChunk: () => Promise.reject(new Error('no account')) }, turn);
    const seats = [seat(), seat()];
    const posts = ['a', 'b'].map((id, index) => seats[index]?.post(request(id)));
    await expect(posts[0]).rejects.toThrow('no account');
    await expect(posts[1]).rejects.toThrow('no account');
  });

  it('sends everything once, whoever posts, leaves or dawdles in whatever order', async () => {
    const steps = fc.array(
      fc.record({
        does: fc.constantFrom('post' as const, 'leave' as const, 'elapse' as const),
        subscription: fc.constantFrom('s1', 's2'),
      }),
      { maxLength: 30 },
    );
    await fc.assert(
      fc.asyncProperty(steps, async (given) => {
        const { seat, calls, elapse } = makeGathering();
        const seats = given.map(() => seat());
        const sent = given.flatMap(({ does, subscription }, index) => {
          const own = seats[index];
          if (does === 'post') {
            const chunkSize = subscription === 's1' ? 3 : 1;
            return [own?.post(request(`m${index}`, { subscription, chunkSize }))];
          }
          does === 'leave' ? own?.leave() : elapse();
          return [];
        });
        for (const own of seats) {
          own.leave();
        }
        const results = await Promise.all(sent);
        expect(calls.flat()).toHaveLength(sent.length);
        expect(new Set(calls.flat()).size).toBe(sent.length);
        expect(results.every((result) => result && 'answer' in result)).toBe(true);
        expect(calls.every((call) => call.length <= 3)).toBe(true);
      }),
    );
  });
});
