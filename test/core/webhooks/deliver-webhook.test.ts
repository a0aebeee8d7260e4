import { deliverWebhook } from '../../../core/webhooks/deliver-webhook';
import type { Delivery } from '../../../core/webhooks/deliveries/delivery';
import { verifyWebhook } from '../../../core/webhooks/requests/signature';
import { aDelivery, aDeliveryMessage, anEvent, aSubscription } from '../../support/deliveries';
import { makeWorld } from '../../support/delivery-world';

type World = ReturnType<typeof makeWorld>;

function policy(scheduleSeconds: number[]) {
  return { subscription: { policy: { ...aSubscription().policy, scheduleSeconds } } };
}

async function runThrough(options: Parameters<typeof makeWorld>[0]): Promise<World> {
  const world = makeWorld(options);
  world.put(aDeliveryMessage());
  await world.run();
  return world;
}

function onlyRow(world: World): Delivery {
  expect(world.deliveries.rows()).toHaveLength(1);
  return world.deliveries.rows()[0]!;
}

describe('deliverWebhook', () => {
  it('writes a success once, and posts a signed body', async () => {
    const world = await runThrough({ answers: [200] });
    expect(onlyRow(world)).toMatchObject({ state: 'delivered', attempt: 1, version: 1 });
    expect(world.deliveries.writes).toHaveLength(1);
    const { request } = world.posts[0]!;
    const secrets = aSubscription().secrets.map(({ secret }) => secret);
    const nowSeconds = world.now().getTime() / 1000;
    expect(verifyWebhook({ ...request, secrets, nowSeconds })).toMatchObject({ verified: true, id: 'evt_1' });
  });

  it('tries again by its schedule, short waits by delay and long ones by parking, with the same id', async () => {
    const world = await runThrough({ answers: [500, 'timeout', 200], ...policy([5, 7200]) });
    expect(onlyRow(world)).toMatchObject({ state: 'delivered', attempt: 3 });
    expect(onlyRow(world).attempts.map(({ number, status, failure }) => [number, status, failure])).toEqual([
      [1, 500, 'status_500'],
      [2, undefined, 'timeout'],
      [3, 200, undefined],
    ]);
    const [first, second, third] = world.posts;
    expect(second!.at - first!.at).toBeGreaterThanOrEqual(5000);
    expect(second!.at - first!.at).toBeLessThan(7000);
    expect(third!.at - second!.at).toBeGreaterThanOrEqual(7_200_000);
    expect(third!.at - second!.at).toBeLessThan(7_320_000);
    expect(new Set(world.posts.map(({ request }) => request.headers['webhook-id'])).size).toBe(1);
    const parked = world.deliveries.writes.filter(({ dueAt }) => dueAt !== undefined);
    expect(parked.length).toBeGreaterThan(0);
  });

  it('buries what used up its attempts, saying why', async () => {
    const world = await runThrough({ answers: [500], ...policy([5]) });
    expect(onlyRow(world)).toMatchObject({ state: 'dead', reason: 'attempts_used_up', attempt: 2 });
    expect(onlyRow(world).endedAt).toBeDefined();
    expect(world.deadLetterQueue.map(({ body }) => body)).toEqual([
      { v: 1, eventId: 'evt_1', subscriptionId: 'sub_1', run: 0, reason: 'attempts_used_up' },
    ]);
  });

  it('honours Retry-After', async () => {
    const world = await runThrough({ answers: [{ status: 503, retryAfter: '600' }, 200], ...policy([5]) });
    const [first, second] = world.posts;
    expect(second!.at - first!.at).toBeGreaterThanOrEqual(600_000);
  });

  it('switches off the subscription after 410, tells so, and skips what comes later', async () => {
    const world = await runThrough({ answers: [410] });
    expect(onlyRow(world)).toMatchObject({ state: 'dead', reason: 'gone', attempt: 1 });
    expect(world.subscription.current).toMatchObject({ state: 'disabled', stateReason: 'gone' });
    expect(world.told().map(({ topic, subject }) => [topic, subject])).toEqual([
      [{ door: 'system', name: 'subscription.disabled' }, 'sub_1'],
      [{ door: 'system', name: 'delivery.dead' }, 'sub_1'],
    ]);
    world.put(aDeliveryMessage({ eventId: 'evt_2' }));
    await world.run();
    expect(await world.deliveries.read(aDeliveryMessage({ eventId: 'evt_2' }))).toMatchObject({
      state: 'skipped',
      reason: 'subscription_disabled',
    });
    expect(world.posts).toHaveLength(1);
  });

  it('leaves a subscription alone that its owner changed after the attempt began', async () => {
    const world = makeWorld({ answers: [410], subscription: { updatedAt: '2026-11-20T12:00:00.000Z' } });
    world.put(aDeliveryMessage());
    await world.run();
    expect(world.subscription.current.state).toBe('active');
    expect(world.subscription.current.health).toBeUndefined();
    expect(world.told().map(({ topic }) => topic.name)).toEqual(['delivery.dead']);
    expect(world.deadLetterQueue).toHaveLength(1);
  });

  it.each(['paused', 'disabled', 'deleted'] as const)(
    'skips a %s subscription, with a row',
    async (state) => {
      const world = await runThrough({ answers: [200], subscription: { state } });
      expect(onlyRow(world)).toMatchObject({ state: 'skipped', reason: `subscription_${state}`, attempt: 0 });
      expect(world.posts).toEqual([]);
    },
  );

  it('skips a subscription that is gone', async () => {
    const world = makeWorld({ answers: [200] });
    const ports = { ...world.ports, findSubscription: async () => undefined };
    await deliverWebhook(aDeliveryMessage(), ports);
    expect(onlyRow(world)).toMatchObject({ state: 'skipped', reason: 'subscription_deleted' });
  });

  it('buries a delivery whose event the history has lost', async () => {
    const world = await runThrough({ answers: [200], event: undefined });
    expect(onlyRow(world)).toMatchObject({ state: 'dead', reason: 'event_expired' });
    expect(world.deadLetterQueue).toHaveLength(1);
    expect(world.posts).toEqual([]);
  });

  it('takes the event from the message when it is in there', async () => {
    const world = makeWorld({ answers: [200], event: undefined });
    world.put(aDeliveryMessage({ event: anEvent() }));
    await world.run();
    expect(onlyRow(world)).toMatchObject({ state: 'delivered' });
  });

  it('never posts an ended delivery again, however often its messages come', async () => {
    for (const answers of [[200], [500]]) {
      const world = await runThrough({ answers, ...policy([]) });
      for (const attempt of [1, 1, 2, 7]) {
        world.put(aDeliveryMessage({ attempt }));
        await world.run();
      }
      expect(world.posts).toHaveLength(1);
      expect(world.deliveries.writes).toHaveLength(1);
    }
  });

  it('makes an attempt that two messages ask for once, from the second attempt on', async () => {
    const world = makeWorld({ answers: [500, 500, 200], ...policy([5, 5]) });
    world.put(aDeliveryMessage());
    world.put(aDeliveryMessage());
    await world.run();
    expect(onlyRow(world)).toMatchObject({ state: 'delivered', attempt: 3 });
    expect(world.posts).toHaveLength(3);
  });

  it('leaves an attempt to the worker that has claimed it, until its lease ends', async () => {
    const world = makeWorld({ answers: [200] });
    const leaseUntil = new Date(world.now().getTime() + 30_000).toISOString();
    await world.deliveries.write(aDelivery({ claim: { attempt: 2, leaseUntil } }));
    const message = aDeliveryMessage({ attempt: 2 });
    await expect(deliverWebhook(message, world.ports)).rejects.toThrow('another worker');
    expect(world.posts).toEqual([]);
    world.advance(30_000);
    await deliverWebhook(message, world.ports);
    expect(onlyRow(world)).toMatchObject({ state: 'delivered', attempt: 2 });
  });

  it('takes a parked attempt for itself before it posts: nothing is due any more', async () => {
    const world = makeWorld({ answers: [200] });
    await world.deliveries.write(
      aDelivery({ nextAttemptAt: world.now().toISOString(), dueAt: world.now().toISOString() }),
    );
    await deliverWebhook(aDeliveryMessage({ attempt: 2 }), world.ports);
    const [, claim, ended] = world.deliveries.writes;
    expect(claim).toMatchObject({
      state: 'pending',
      attempt: 1,
      claim: { attempt: 2, leaseUntil: '2026-11-20T10:00:30.000Z' },
    });
    expect(claim).not.toHaveProperty('dueAt');
    expect(ended).toMatchObject({ state: 'delivered', attempt: 2 });
    expect(ended).not.toHaveProperty('claim');
  });

  it.each([
    ['a failure', aDelivery({ attempt: 1 })],
    ['its death', aDelivery({ state: 'dead', reason: 'final_status', endedAt: '2026-11-20T10:00:00.000Z' })],
  ])('lets a success outweigh %s that a second worker recorded meanwhile', async (_, row) => {
    const world = makeWorld({ answers: [200] });
    await deliverWebhook(aDeliveryMessage(), recordedMeanwhile(world, row));
    expect(onlyRow(world)).toMatchObject({ state: 'delivered', attempt: 1 });
    expect(onlyRow(world)).not.toHaveProperty('reason');
  });

  it('brings nothing back that was erased meanwhile', async () => {
    const world = makeWorld({ answers: [200] });
    await deliverWebhook(aDeliveryMessage(), recordedMeanwhile(world, aDelivery({ state: 'erased' })));
    expect(onlyRow(world)).toMatchObject({ state: 'erased' });
  });

  it('drops a later attempt whose row is no more', async () => {
    const world = makeWorld({ answers: [200] });
    expect(await deliverWebhook(aDeliveryMessage({ attempt: 2 }), world.ports)).toEqual({
      outcome: 'vanished',
    });
    expect(world.posts).toEqual([]);
  });

  it('keeps no secret of the subscription, though the answer quotes it', async () => {
    const world = makeWorld({ answers: [500], subscription: { headers: { 'x-api-key': 'key-123456' } } });
    const target = {
      post: async ({ headers }: { headers: Readonly<Record<string, string>> }) => ({
        milliseconds: 1,
        status: 500,
        answer: JSON.stringify(headers),
      }),
    };
    await deliverWebhook(aDeliveryMessage(), { ...world.ports, target });
    expect(onlyRow(world).attempts[0]!.answer).toMatch(/"x-api-key":"\*\*\*"/);
    expect(JSON.stringify(world.deliveries.writes)).not.toContain('key-123456');
  });

  it('keeps the newest 20 attempts, and only the last answer in full', async () => {
    const world = await runThrough({ answers: [500], ...policy(Array(24).fill(5)) });
    const { attempts, attempt } = onlyRow(world);
    expect(attempt).toBe(25);
    expect(attempts.map(({ number }) => number)).toEqual(Array.from({ length: 20 }, (_, index) => index + 6));
    expect(attempts.map(({ answer }) => answer?.length)).toEqual([...Array(19).fill(256), 300]);
  });
});

describe('a crash at any point', () => {
  const journeys = [
    { name: 'a success', answers: [200], ...policy([5]), state: 'delivered' },
    { name: 'a short wait, then a success', answers: [500, 200], ...policy([5]), state: 'delivered' },
    { name: 'a parked wait, then a success', answers: [500, 200], ...policy([7200]), state: 'delivered' },
    { name: 'used-up attempts', answers: [500], ...policy([5, 7200, 5]), state: 'dead' },
    { name: 'a subscriber that is gone', answers: [500, 410], ...policy([5]), state: 'dead' },
    { name: 'an expired event', answers: [200], event: undefined, state: 'dead' },
    {
      name: 'a paused subscription',
      answers: [200],
      subscription: { state: 'paused' as const },
      state: 'skipped',
    },
  ];

  it.each(journeys)(
    'of $name: it ends once, in the same state, and nothing is lost',
    async ({ state, ...options }) => {
      const undisturbed = await runThrough(options);
      const effects = undisturbed.effects();
      expect(onlyRow(undisturbed).state).toBe(state);
      for (let effect = 1; effect <= effects; effect += 1) {
        for (const when of ['before', 'after'] as const) {
          const world = makeWorld({ ...options, crashAt: { effect, when } });
          world.put(aDeliveryMessage());
          await world.run();
          const row = onlyRow(world);
          const where = `crash ${when} effect ${effect}`;
          expect([where, row.state]).toEqual([where, state]);
          const endings = world.deliveries.writes.filter((written) => written.state !== 'pending');
          expect([where, endings.length]).toEqual([where, 1]);
          expect(world.deliveries.writes.at(-1)!.state).toBe(state);
          // A crash between a post and its row costs one post more, never two, and none after the end.
          expect(world.posts.length).toBeLessThanOrEqual(undisturbed.posts.length + 1);
          expect(
            world.posts.every(({ stateBefore }) => stateBefore === undefined || stateBefore === 'pending'),
          ).toBe(true);
          expect(row.attempts.map(({ number }) => number)).toEqual(row.attempts.map((_, index) => index + 1));
          expect([where, world.deadLetterQueue.length > 0]).toEqual([where, state === 'dead']);
          if (row.reason === 'gone') {
            expect(world.subscription.current.state).toBe('disabled');
            const told = new Map(world.told().map(({ id, topic }) => [id, topic.name]));
            expect([where, [...told.values()].sort()]).toEqual([
              where,
              ['delivery.dead', 'subscription.disabled'],
            ]);
          }
        }
      }
    },
  );
});

describe('resends and dead letters', () => {
  it('turns a message that crashed the worker five times into a dead delivery', async () => {
    const world = makeWorld({ answers: [200] });
    world.deadLetterQueue.push({ body: aDeliveryMessage(), receipt: 'r' });
    expect(await world.settleDeadLetters(0)).toMatchObject({ removed: 1 });
    expect(onlyRow(world)).toMatchObject({ state: 'dead', reason: 'worker_crashed', attempt: 0 });
    expect(world.deadLetterQueue.map(({ body }) => body)).toEqual([
      expect.objectContaining({ reason: 'worker_crashed' }),
    ]);
    expect(await world.settleDeadLetters(0)).toMatchObject({ kept: 1, removed: 0 });
  });

  it('queues what follows when the message that was given up had recorded its attempt', async () => {
    const world = makeWorld({ answers: [200] });
    await world.deliveries.write(aDelivery({ attempt: 1 }));
    world.deadLetterQueue.push({ body: aDeliveryMessage({ attempt: 1 }), receipt: 'r' });
    await world.settleDeadLetters(0);
    await world.run();
    expect(onlyRow(world)).toMatchObject({ state: 'delivered', attempt: 2 });
    expect(world.deadLetterQueue).toEqual([]);
  });

  it('keeps what nobody can read, and removes pointers to what is no longer dead', async () => {
    const world = await runThrough({ answers: [200] });
    const { eventId, subscriptionId, run } = aDeliveryMessage();
    for (const body of [
      undefined,
      'text',
      {},
      { v: 2 },
      { v: 1, eventId, subscriptionId, run, reason: 'x' },
    ]) {
      world.deadLetterQueue.push({ body, receipt: JSON.stringify(body) ?? 'none' });
    }
    expect(await world.settleDeadLetters(0)).toEqual({ removed: 1, resent: 0, kept: 0, unreadable: 4 });
    expect(world.deadLetterQueue).toHaveLength(4);
  });

  it('sends the dead again by itself once they were dead for long enough, a bounded number of times', async () => {
    const world = await runThrough({ answers: [500], ...policy([5]) });
    expect(await world.settleDeadLetters(30)).toMatchObject({ kept: 1 });
    for (let round = 0; round < 15; round += 1) {
      world.advance(31 * 60_000);
      await world.settleDeadLetters(30);
      await world.run();
    }
    expect(onlyRow(world)).toMatchObject({ state: 'dead', resends: 10, attempt: 22 });
    expect(world.posts).toHaveLength(22);
  });

  it('settles the other letters when one fails, and fails then', async () => {
    const world = makeWorld({ answers: [200] });
    world.deadLetterQueue.push({ body: aDeliveryMessage({ eventId: 'broken' }), receipt: 'a' });
    world.deadLetterQueue.push({ body: aDeliveryMessage({ eventId: 'fine' }), receipt: 'b' });
    const { read } = world.ports.deliveries;
    world.ports.deliveries.read = async (key) => {
      if (key.eventId === 'broken') {
        throw new Error('the store is away');
      }
      return read(key);
    };
    await expect(world.settleDeadLetters(0)).rejects.toThrow('the store is away');
    expect(world.deliveries.rows()).toEqual([expect.objectContaining({ eventId: 'fine', state: 'dead' })]);
    expect(world.deadLetterQueue.map(({ receipt }) => receipt)).toContain('a');
  });

  it.each(['paused', 'disabled', 'deleted'] as const)(
    'keeps the dead of a %s subscription dead, says why, and sends them when it is active again',
    async (state) => {
      const world = await runThrough({ answers: [500, 200], ...policy([]) });
      world.subscription.current = { ...world.subscription.current, state };
      world.advance(31 * 60_000);
      expect(await world.settleDeadLetters(30)).toMatchObject({ kept: 1, resent: 0 });
      const writes = world.deliveries.writes.length;
      expect(await world.settleDeadLetters(30)).toMatchObject({ kept: 1, resent: 0 });
      expect(world.deliveries.writes).toHaveLength(writes);
      expect(onlyRow(world)).toMatchObject({
        state: 'dead',
        keptReason: `subscription_${state}`,
        resends: 0,
      });
      expect(world.deadLetterQueue).toHaveLength(1);
      world.subscription.current = { ...world.subscription.current, state: 'active' };
      expect(await world.settleDeadLetters(30)).toMatchObject({ resent: 1 });
      await world.run();
      expect(onlyRow(world)).toMatchObject({ state: 'delivered', resends: 1 });
      expect(onlyRow(world)).not.toHaveProperty('keptReason');
      expect(world.posts).toHaveLength(2);
    },
  );

  it('does not send again what has no hope', async () => {
    for (const options of [{ answers: [410] }, { answers: [200], event: undefined }]) {
      const world = await runThrough(options);
      world.advance(86_400_000);
      expect(await world.settleDeadLetters(1)).toMatchObject({ kept: 1, resent: 0 });
    }
  });
});

describe('a subscription that waits for a replay', () => {
  it('has its live deliveries held, for longer the longer it takes, and those of the replay made', async () => {
    const world = makeWorld({ answers: [200], subscription: { replaying: 1 } });
    const delays: number[] = [];
    let message = aDeliveryMessage();
    for (const waited of [0, 1, 60, 3600]) {
      world.advance(waited * 1000);
      expect(await deliverWebhook(message, world.ports)).toEqual({ outcome: 'held', reason: 'replaying' });
      const queued = world.queue.pop()!;
      message = queued.message;
      delays.push(Math.round((queued.at - world.now().getTime()) / 1000));
    }
    expect(delays).toEqual([1, 1, 16, 120]);
    expect(world.deliveries.rows()).toEqual([]);
    await deliverWebhook(aDeliveryMessage({ run: 1 }), world.ports);
    expect(world.deliveries.rows()).toEqual([expect.objectContaining({ run: 1, state: 'delivered' })]);
    const { replaying: _, ...open } = world.subscription.current;
    world.subscription.current = open;
    await deliverWebhook(message, world.ports);
    expect(world.posts).toHaveLength(2);
  });
});

/** The world's ports with a target during whose answer somebody else writes the row. */
function recordedMeanwhile(world: World, row: Delivery) {
  return {
    ...world.ports,
    target: {
      post: async (request: Parameters<typeof world.ports.target.post>[0]) => {
        await world.deliveries.write(row);
        return world.ports.target.post(request);
      },
    },
  };
}
