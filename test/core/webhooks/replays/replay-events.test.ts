import fc from 'fast-check';
import { cancelReplay } from '../../../../core/webhooks/replays/cancel-replay';
import { memoryLiveGate } from '../../../support/memory-replays';
import { ReplayWorld } from '../../../support/replay-world';
import { aSubscription } from '../../../support/subscriptions';

const names = (prefix: string, count: number) =>
  Array.from({ length: count }, (_, index) => `${prefix}${index}`);

async function aWorldWithHistory(count = 5): Promise<ReplayWorld> {
  const world = new ReplayWorld();
  await world.publish(...names('old', count));
  world.time += 3600_000;
  return world;
}

const key = { subscriptionId: aSubscription().id, run: 1 };

function expectEachOnce(found: readonly string[], expected: readonly string[]): void {
  expect([...found].sort()).toEqual([...expected].sort());
}

describe('a subscription with a replay', () => {
  it('gets the history first, in its order, then what was published meanwhile, each once', async () => {
    const world = await aWorldWithHistory(250);
    await world.subscribeWithReplay();
    await world.publish(...names('new', 5));
    await world.pass(120);
    await world.publish('last');
    await world.rest();
    expect(world.received.map(({ id, run }) => `${run}:${id}`)).toEqual([
      ...names('1:old', 250),
      ...names('0:new', 5),
      '0:last',
    ]);
    expect(world.subscriptions.subscriptions.get(key.subscriptionId)).not.toHaveProperty('replaying');
    expect(world.replays.replays.get(`${key.subscriptionId}#1`)).toMatchObject({
      ...{ state: 'done', phase: 'over', found: 250, sent: 250 },
    });
    expect(world.replays.pointers.size).toBe(0);
  });

  it('holds live deliveries until what was sent last has been tried, but not for a target that is never tried', async () => {
    const world = await aWorldWithHistory();
    await world.subscribeWithReplay();
    const { read } = world.deliveries;
    world.deliveries.read = async () => undefined;
    await world.tick();
    await world.tick();
    const isHeld = () => world.subscriptions.subscriptions.get(key.subscriptionId)?.replaying === 1;
    expect(isHeld()).toBe(true);
    world.time += 10_000;
    await world.tick();
    expect(isHeld()).toBe(true);
    world.time += 301_000;
    await world.tick();
    expect(isHeld()).toBe(false);
    world.deliveries.read = read;
  });

  it('misses and doubles nothing that was under way in dispatch when it was made', async () => {
    const world = await aWorldWithHistory(2);
    // Planned before the subscription was there: history, however late it is kept.
    const late = [await world.plan('late0'), await world.plan('late1'), await world.plan('late2')];
    world.time += 1000;
    const before = await world.plan('before');
    await before();
    await world.subscribeWithReplay();
    // Of a batch that was begun before, but planned with the subscription in sight: live.
    world.time -= 500;
    const both = await world.plan('both');
    await both();
    world.time += 500;
    const expected = ['old0', 'old1', 'before', 'both', 'late0', 'late1', 'late2'];
    await late[0]?.();
    await world.pass(130);
    expect(world.subscriptions.subscriptions.get(key.subscriptionId)).not.toHaveProperty('replaying');
    await late[1]?.();
    await world.pass(400);
    // Dispatch crashed behind the plan, and was down for half a day.
    world.time += 12 * 3600_000;
    await late[2]?.();
    await world.rest();
    expectEachOnce(world.ids(), expected);
    expect(world.ids(0)).toEqual(['both']);
    // Not even a second message: what was sent is known by its row.
    expect(world.replays.replays.get(`${key.subscriptionId}#1`)).toMatchObject({ found: 6, sent: 6 });
    expect(world.replays.pointers.size).toBe(0);
  });

  it('begins at the time that was asked for', async () => {
    const world = await aWorldWithHistory(3);
    const from = world.at();
    await world.publish('a', 'b');
    await world.subscribeWithReplay(from);
    await world.rest();
    expect(world.ids()).toEqual(['a', 'b']);
  });

  it('that was never made is forgotten, and one that is being made is waited for', async () => {
    const world = await aWorldWithHistory();
    const { id } = await world.subscribeWithReplay();
    const row = world.subscriptions.subscriptions.get(id);
    world.subscriptions.subscriptions.delete(id);
    await world.tick();
    expect(world.replays.pointers.size).toBe(1);
    world.subscriptions.subscriptions.set(id, row!);
    await world.pass(120);
    expect(world.ids(1)).toHaveLength(5);

    const another = await aWorldWithHistory();
    await another.subscribeWithReplay();
    another.subscriptions.subscriptions.clear();
    await another.pass(420);
    expect(another.replays.pointers.size).toBe(0);
    expect(another.queue).toEqual([]);
  });
});

describe('a door that crashed before it made the subscription, and is called again', () => {
  it.each([
    ['a minute later', 60],
    ['when the replayer has given the replay up', 900],
  ])('%s, leaves no gap between history and live', async (_, seconds) => {
    const world = await aWorldWithHistory(3);
    await world.prepare();
    await world.pass(seconds);
    await world.publish('between');
    await world.subscribeWithReplay();
    await world.publish('live');
    await world.rest();
    expect(world.received.map(({ id, run }) => `${run}:${id}`)).toEqual([
      ...names('1:old', 3),
      ...['1:between', '0:live'],
    ]);
    expect(world.replays.pointers.size).toBe(0);
  });

  it('by another call of the same key, which asks for none, sends nobody a history', async () => {
    const world = await aWorldWithHistory(3);
    await world.prepare();
    world.subscribe();
    await world.publish('live');
    await world.rest();
    expect(world.ids()).toEqual(['live']);
    expect(world.replays.replays.get(`${key.subscriptionId}#1`)).toMatchObject({
      ...{ state: 'cancelled', reason: 'subscription_made_without' },
    });
  });
});

describe('a replay to a subscription that is there', () => {
  it('sends the history once more, as a run of its own, beside the live deliveries', async () => {
    const world = new ReplayWorld();
    const subscription = world.subscribe();
    world.time += 86_400_000;
    await world.publish('a', 'b', 'c');
    await world.pass(5);
    await world.start(subscription);
    await world.publish('live');
    await world.pass(150);
    expect(world.ids(0)).toEqual(['a', 'b', 'c', 'live']);
    expect(world.ids(1)).toEqual(['a', 'b', 'c']);
    expect(world.replays.replays.get(`${subscription.id}#1`)).toMatchObject({ state: 'done', phase: 'over' });
    await world.start(subscription, { from: new Date(world.time - 3600_000).toISOString() });
    await world.pass(150);
    expect(world.ids(2)).toEqual(['a', 'b', 'c', 'live']);
  });

  it('sends no faster than it was asked to', async () => {
    const world = await aWorldWithHistory(400);
    const subscription = world.subscribe();
    await world.start(subscription, { ratePerSecond: 3 });
    await world.pass(300);
    const times = world.received.map(({ at }) => Math.floor(at / 1000));
    const most = Math.max(...times.map((second) => times.filter((other) => other === second).length));
    expect(most).toBeLessThanOrEqual(3);
    expect(world.ids().length).toBeGreaterThan(300);
    expect(world.ids()).toEqual(names('old', 400).slice(0, world.ids().length));
  });

  it('is never further ahead in the queue than a good minute', async () => {
    const world = await aWorldWithHistory(900);
    await world.start(world.subscribe(), { ratePerSecond: 4 });
    for (let ticks = 0; ticks < 5; ticks += 1) {
      await world.tick();
    }
    const furthest = Math.max(...world.queue.map(({ at }) => at));
    expect(furthest - world.time).toBeLessThan(140_000);
  });

  it('sends what the filter lets pass, of every topic that the pattern selects, one topic after the other', async () => {
    const world = new ReplayWorld();
    for (const name of ['user.created', 'user.deleted', 'users', 'order.made']) {
      await world.topics.create({
        key: { door: 'manage', name },
        createdAt: world.at(),
        revision: 1,
      } as never);
    }
    const publish = async (id: string, topic: string, dataJson: string) => {
      await (await world.plan(id, `manage/${topic}`, { dataJson }))();
      world.time += 10;
    };
    await publish('c1', 'user.created', '{"plan":"pro"}');
    await publish('d1', 'user.deleted', '{"plan":"pro"}');
    await publish('c2', 'user.created', '{"plan":"free"}');
    await publish('c3', 'user.created', '{"plan":"pro"}');
    await publish('u1', 'users', '{"plan":"pro"}');
    await publish('o1', 'order.made', '{"plan":"pro"}');
    const subscription = world.subscribe({
      topic: { door: 'manage', name: 'user.*', isPattern: true },
      filter: { data: { plan: ['pro'] } } as never,
    });
    await world.start(subscription);
    await world.pass(180);
    expect(world.ids()).toEqual(['c1', 'c3', 'd1']);
    expect(world.replays.replays.get(`${subscription.id}#1`)).toMatchObject({
      state: 'done',
      found: 4,
      sent: 3,
    });
  });

  it.each(['deleted', 'disabled'] as const)(
    'ends when its subscription is %s in the middle',
    async (state) => {
      const world = await aWorldWithHistory(400);
      const subscription = await world.subscribeWithReplay();
      world.replays.replays.set(`${subscription.id}#1`, {
        ...world.replays.replays.get(`${subscription.id}#1`)!,
        ratePerSecond: 1,
      });
      await world.pass(90);
      const { topic, id } = subscription;
      await world.subscriptions.changeState({ id, topic }, { from: ['active'], to: state, at: world.at() });
      await world.pass(400);
      expect(world.replays.replays.get(`${id}#1`)).toMatchObject({
        ...{ state: 'cancelled', reason: `subscription_${state}`, phase: 'over' },
      });
      expect(world.replays.pointers.size).toBe(0);
      // Once it is switched on again, live deliveries wait for nothing.
      expect(world.subscriptions.subscriptions.get(id)).not.toHaveProperty('replaying');
    },
  );

  it('waits while its subscription is paused, and goes on where it was', async () => {
    const world = await aWorldWithHistory(60);
    const subscription = world.subscribe();
    await world.start(subscription);
    const reference = { id: subscription.id, topic: subscription.topic };
    await world.subscriptions.changeState(reference, { from: ['active'], to: 'paused', at: world.at() });
    await world.pass(600);
    expect(world.queue).toEqual([]);
    await world.subscriptions.changeState(reference, { from: ['paused'], to: 'active', at: world.at() });
    await world.pass(180);
    expect(world.ids()).toEqual(names('old', 60));
  });

  it('ends when it is cancelled: the rest is not sent, and live deliveries go', async () => {
    const world = await aWorldWithHistory(500);
    const { id, owner } = await world.subscribeWithReplay();
    const replay = world.replays.replays.get(`${id}#1`)!;
    world.replays.replays.set(`${id}#1`, { ...replay, ratePerSecond: 1 });
    await world.publish('live');
    await world.pass(70);
    const principal = { subject: owner, scopes: new Set<string>() };
    const ports = { ...world, gate: memoryLiveGate(world.subscriptions) };
    await cancelReplay(key, principal, ports, world.at());
    await world.pass(300);
    expect(world.replays.replays.get(`${id}#1`)).toMatchObject({ state: 'cancelled', reason: 'requested' });
    expect(world.ids(0)).toEqual(['live']);
    expect(world.ids(1).length).toBeLessThan(250);
    expect(world.replays.pointers.size).toBe(0);
    await expect(cancelReplay(key, principal, ports, world.at())).rejects.toMatchObject({ code: 'conflict' });
  });

  it('is worked on by one replayer at a time, also when another tick comes in the middle', async () => {
    const world = await aWorldWithHistory(300);
    await world.start(world.subscribe());
    const { list } = world.history;
    world.history.list = async (range) => {
      world.history.list = list;
      await Promise.all([world.tick(), world.tick()]);
      return list.call(world.history, range);
    };
    await Promise.all([world.tick(), world.tick(), world.tick()]);
    const sent = world.queue.map(({ message }) => message.eventId);
    expect(new Set(sent).size).toBe(sent.length);
    expect(sent).toHaveLength(300);
  });

  it('ends as failed when nothing has worked for hours, and lets live deliveries go; an hour is survived', async () => {
    const world = await aWorldWithHistory();
    const { id } = await world.subscribeWithReplay();
    const { list } = world.history;
    const broken = async (): Promise<never> => {
      throw new Error('the store is down');
    };
    const fail = () => expect(world.tick()).rejects.toThrow('down');
    world.history.list = broken;
    await fail();
    world.time += 3600_000;
    await fail();
    world.history.list = list;
    await world.pass(70);
    expect(world.ids()).toHaveLength(5);

    const another = await aWorldWithHistory();
    await another.subscribeWithReplay();
    another.history.list = broken;
    await expect(another.tick()).rejects.toThrow('down');
    another.time += 7 * 3600_000;
    await expect(another.tick()).rejects.toThrow('down');
    expect(another.replays.replays.get(`${id}#1`)).toMatchObject({
      state: 'failed',
      reason: 'internal_error',
    });
    expect(another.subscriptions.subscriptions.get(id)).not.toHaveProperty('replaying');
    expect(another.replays.pointers.size).toBe(0);
  });

  it('of one subscription that fails holds no other one up', async () => {
    const world = await aWorldWithHistory();
    const [one, other] = [world.subscribe(), world.subscribe({ id: 'sub_0000000000000002' })];
    await world.start(one);
    await world.start(other);
    const { findMany } = world.subscriptions;
    world.subscriptions.findMany = async (references) => {
      if (references[0]?.id === one.id) {
        throw new Error('down');
      }
      return findMany.call(world.subscriptions, references);
    };
    await expect(world.tick()).rejects.toThrow('down');
    expect(new Set(world.queue.map(({ message }) => message.subscriptionId))).toEqual(new Set([other.id]));
  });
});

describe('a replayer that crashes', () => {
  it('at any effect, before or after it, loses and doubles nothing, and lets live deliveries go', async () => {
    const undisturbed = await story();
    expect(undisturbed.effects).toBeGreaterThan(10);
    for (let effect = 1; effect <= undisturbed.effects; effect += 1) {
      for (const when of ['before', 'after'] as const) {
        const world = await story({ effect, when });
        expect(world.crashAt).toBeUndefined();
        expectEachOnce(world.ids(), [...names('old', 250), ...names('new', 3)]);
        expect(world.ids().indexOf('new0')).toBeGreaterThanOrEqual(250);
        expect(world.subscriptions.subscriptions.get(key.subscriptionId)).not.toHaveProperty('replaying');
        expect(world.replays.pointers.size).toBe(0);
      }
    }
  });

  async function story(crashAt?: { effect: number; when: 'before' | 'after' }): Promise<ReplayWorld> {
    const world = await aWorldWithHistory(250);
    await world.subscribeWithReplay();
    await world.publish(...names('new', 3));
    world.crashAt = crashAt;
    await world.rest();
    return world;
  }
});

describe('law: whatever is planned and kept around the making of a subscription', () => {
  it('is received once', async () => {
    const moves = fc.constantFrom('publish', 'plan', 'keep', 'tick', 'wait');
    await fc.assert(
      fc.asyncProperty(
        fc.array(moves, { maxLength: 12 }),
        fc.array(moves, { maxLength: 12 }),
        fc.nat(40),
        async (before, after, crash) => {
          const world = new ReplayWorld();
          const open: (() => Promise<void>)[] = [];
          let made = 0;
          const act = async (move: string) => {
            if (move === 'publish' || move === 'plan') {
              made += 1;
              const keep = await world.plan(`e${made}`);
              await (move === 'plan' ? open.push(keep) : keep());
            } else if (move === 'keep') {
              await open.shift()?.();
            } else if (move === 'tick') {
              await world.tick();
            }
            world.time += move === 'wait' ? 20_000 : 7;
          };
          for (const move of before) {
            await act(move);
          }
          await world.subscribeWithReplay();
          world.crashAt = { effect: crash, when: crash % 2 ? 'before' : 'after' };
          for (const move of after) {
            await act(move);
          }
          await Promise.all(open.map((keep) => keep()));
          await world.rest();
          expectEachOnce(world.ids(), names('e', made + 1).slice(1));
          expect(world.replays.pointers.size).toBe(0);
        },
      ),
      { numRuns: 60 },
    );
  }, 60_000);
});
