import type { Subscription } from '../../../../core/topics/subscriptions/subscription';
import { deliverWebhook } from '../../../../core/webhooks/deliver-webhook';
import { aDelivery, aDeliveryMessage, aSubscription } from '../../../support/deliveries';
import { makeWorld } from '../../../support/delivery-world';

type World = ReturnType<typeof makeWorld>;

function policy(changes: Partial<Subscription['policy']>) {
  return { policy: { ...aSubscription().policy, ...changes } };
}

/** Puts so many deliveries on the queue, one after the other, each worked off before the next. */
async function deliverEach(world: World, count: number): Promise<void> {
  const done = world.deliveries.rows().length;
  for (let index = 0; index < count; index += 1) {
    world.put(aDeliveryMessage({ eventId: `evt_${done + index}` }));
    await world.run();
  }
}

const namesOf = (world: World) => world.told().map(({ topic }) => topic.name);
const dataOf = (world: World, name: string) =>
  world
    .told()
    .filter(({ topic }) => topic.name === name)
    .map(({ dataJson }) => JSON.parse(dataJson));

describe('the rule of ADS: five failures ever, one attempt each', () => {
  const ads = policy({ scheduleSeconds: [], success: '200', disable: { failures: 5, counts: 'ever' } });

  it('switches off at exactly the fifth failed event, and does not send the sixth', async () => {
    const world = makeWorld({ answers: [500], subscription: ads });
    await deliverEach(world, 4);
    expect(world.subscription.current).toMatchObject({ state: 'active', health: { failures: 4 } });
    await deliverEach(world, 1);
    expect(world.subscription.current).toMatchObject({ state: 'disabled', stateReason: 'failing' });
    expect(world.deadLetterQueue).toHaveLength(5);
    await deliverEach(world, 1);
    expect(world.posts).toHaveLength(5);
    expect(await world.deliveries.read(aDeliveryMessage({ eventId: 'evt_5' }))).toMatchObject({
      state: 'skipped',
      reason: 'subscription_disabled',
    });
  });

  it('counts failures with successes in between', async () => {
    const world = makeWorld({ answers: [500, 200, 500, 200, 500, 200, 201, 200, 500], subscription: ads });
    await deliverEach(world, 8);
    expect(world.subscription.current).toMatchObject({ state: 'active', health: { failures: 4 } });
    await deliverEach(world, 1);
    expect(world.subscription.current.state).toBe('disabled');
  });

  it('does not count what the stage’s own proxy fails', async () => {
    const world = makeWorld({ answers: ['proxy_failed'], subscription: ads });
    await deliverEach(world, 6);
    expect(world.posts).toHaveLength(6);
    expect(world.subscription.current).toMatchObject({ state: 'active' });
    expect(world.subscription.current.health?.failures ?? 0).toBe(0);
    expect(world.deadLetterQueue).toHaveLength(6);
  });

  it('does not hold anything back: one attempt, at once', async () => {
    const world = makeWorld({ answers: [429], subscription: ads });
    await deliverEach(world, 3);
    expect(world.posts).toHaveLength(3);
    expect(world.subscription.current.health).not.toHaveProperty('circuit');
  });

  it('counts each of five failed events once, wherever the worker crashes', async () => {
    const undisturbed = makeWorld({ answers: [500], subscription: ads });
    await deliverEach(undisturbed, 5);
    for (let effect = 1; effect <= undisturbed.effects(); effect += 1) {
      for (const when of ['before', 'after'] as const) {
        const world = makeWorld({ answers: [500], subscription: ads, crashAt: { effect, when } });
        await deliverEach(world, 4);
        const where = `crash ${when} effect ${effect}`;
        expect([where, world.subscription.current.state]).toEqual([where, 'active']);
        await deliverEach(world, 1);
        expect([where, world.subscription.current.state]).toEqual([where, 'disabled']);
        const ids = world.told().filter(({ topic }) => topic.name === 'subscription.disabled');
        expect([where, new Set(ids.map(({ id }) => id)).size]).toEqual([where, 1]);
      }
    }
  });
});

describe('the disable rule', () => {
  it('warns at 50, 70 and 90 percent, once each, and tells when it has happened, in that order', async () => {
    const rule = policy({ scheduleSeconds: [], disable: { failures: 10, counts: 'in_a_row' } });
    const world = makeWorld({ answers: [404], subscription: rule });
    await deliverEach(world, 12);
    expect(namesOf(world).filter((name) => name.startsWith('subscription.'))).toEqual([
      'subscription.failing',
      'subscription.failing',
      'subscription.failing',
      'subscription.disabled',
    ]);
    expect(dataOf(world, 'subscription.failing')).toEqual(
      [50, 70, 90].map((percent) => ({
        subscription_id: 'sub_1',
        topic: 'system/profile.created',
        percent,
        failures: percent / 10,
        failing_since: expect.any(String),
        disabled_after: { failures: 10, counts: 'in_a_row' },
      })),
    );
    expect(dataOf(world, 'subscription.disabled')).toEqual([
      expect.objectContaining({ reason: 'failing', failures: 10 }),
    ]);
  });

  it('begins anew after a success, and says that it has recovered if there was a warning', async () => {
    const rule = policy({ scheduleSeconds: [], disable: { failures: 4, counts: 'in_a_row' } });
    const world = makeWorld({ answers: [500, 200, 500, 500, 200, 500, 500, 500], subscription: rule });
    await deliverEach(world, 2);
    expect(namesOf(world)).toEqual(['delivery.dead']);
    expect(world.subscription.current).not.toHaveProperty('health');
    await deliverEach(world, 3);
    expect(namesOf(world).slice(1)).toEqual([
      'delivery.dead',
      'subscription.failing',
      'delivery.dead',
      'subscription.recovered',
    ]);
    await deliverEach(world, 3);
    expect(world.subscription.current).toMatchObject({ state: 'active', health: { failures: 3 } });
  });

  it('switches off by time: failing for so many hours, with ten failures at least', async () => {
    const rule = policy({ scheduleSeconds: [], disable: { hours: 10, counts: 'in_a_row' } });
    const world = makeWorld({ answers: [500], subscription: rule });
    await deliverEach(world, 1);
    world.advance(11 * 3_600_000);
    await deliverEach(world, 8);
    expect(world.subscription.current).toMatchObject({ state: 'active', health: { failures: 9 } });
    await deliverEach(world, 1);
    expect(world.subscription.current).toMatchObject({ state: 'disabled', stateReason: 'failing' });
  });

  it('costs an ordinary success nothing but its row', async () => {
    const world = makeWorld({ answers: [200] });
    await deliverEach(world, 3);
    // A post and a row each.
    expect(world.effects()).toBe(6);
  });

  it('leaves a subscription alone that was changed while the attempt was under way', async () => {
    const rule = policy({ scheduleSeconds: [], disable: { failures: 1, counts: 'ever' } });
    const world = makeWorld({ answers: [500], subscription: rule });
    const { post } = world.ports.target;
    const target = {
      post: async (request: Parameters<typeof post>[0]) => {
        const updatedAt = new Date(world.now().getTime() + 1).toISOString();
        world.subscription.current = { ...world.subscription.current, updatedAt };
        return post(request);
      },
    };
    await deliverWebhook(aDeliveryMessage(), { ...world.ports, target });
    expect(world.subscription.current).toMatchObject({ state: 'active' });
    expect(world.subscription.current).not.toHaveProperty('health');
  });
});

describe('the circuit of a target', () => {
  const tries = policy({ scheduleSeconds: Array(20).fill(5), jitter: 0 });

  it('opens after five in a row, holds the next attempt back until it closes, and probes', async () => {
    const world = makeWorld({ answers: [500], subscription: tries });
    world.put(aDeliveryMessage());
    await world.run();
    const gaps = world.posts
      .slice(1)
      .map(({ at }, index) => Math.round((at - world.posts[index]!.at) / 1000));
    expect(gaps.slice(0, 4)).toEqual([5, 5, 5, 5]);
    // Held for 30, 60, 120, … s; what is more is the spread of those who come back.
    for (const [index, open] of [30, 60, 120, 240, 480, 900, 900].entries()) {
      expect(gaps[4 + index]).toBeGreaterThanOrEqual(open);
      expect(gaps[4 + index]).toBeLessThanOrEqual(1.2 * open + 12);
    }
    expect(world.deliveries.rows()[0]).toMatchObject({ state: 'dead', attempt: 21 });
  });

  it('writes no row for a first attempt that it holds back, and counts no attempt', async () => {
    const health = {
      failures: 5,
      unavailable: 5,
      circuit: { openUntil: '2026-11-20T10:00:30.000Z', opens: 1 },
    };
    const world = makeWorld({ answers: [200], subscription: { ...tries, health } });
    expect(await deliverWebhook(aDeliveryMessage(), world.ports)).toEqual({
      outcome: 'held',
      reason: 'circuit',
    });
    expect(world.deliveries.rows()).toEqual([]);
    expect(world.queue[0]!.message).toEqual({
      ...aDeliveryMessage(),
      holds: 1,
      heldBy: 'circuit',
      heldSince: '2026-11-20T10:00:00.000Z',
      circuitSince: '2026-11-20T10:00:00.000Z',
    });
    await world.run();
    expect(world.deliveries.rows()).toEqual([
      expect.objectContaining({ state: 'delivered', attempt: 1, heldSeconds: expect.any(Number) }),
    ]);
    expect(world.posts[0]!.at).toBeGreaterThanOrEqual(Date.parse('2026-11-20T10:00:30.000Z'));
    expect(world.subscription.current).not.toHaveProperty('health');
    expect(namesOf(world)).toEqual(['subscription.recovered']);
  });

  it('lets exactly one of many probe, and all of them through when it succeeded', async () => {
    const health = {
      failures: 5,
      unavailable: 5,
      failingSince: '2026-11-20T09:00:00.000Z',
      circuit: { openUntil: '2026-11-20T10:00:00.000Z', opens: 1 },
    };
    const world = makeWorld({ answers: [200], subscription: { ...tries, health } });
    const messages = Array.from({ length: 6 }, (_, index) => aDeliveryMessage({ eventId: `evt_${index}` }));
    // All have read the half-open circuit before the first of them claims it.
    const seen = structuredClone(world.subscription.current);
    const early = { ...world.ports, findSubscription: async () => seen };
    const outcomes = await Promise.all(messages.map((message) => deliverWebhook(message, early)));
    expect(outcomes.map(({ outcome }) => outcome).sort()).toEqual(['attempted', ...Array(5).fill('held')]);
    expect(world.posts).toHaveLength(1);
    await world.run();
    expect(world.deliveries.rows().map(({ state }) => state)).toEqual(Array(6).fill('delivered'));
  });

  it('probes again when the worker that probed has crashed', async () => {
    const health = {
      failures: 5,
      unavailable: 5,
      failingSince: '2026-11-20T09:00:00.000Z',
      circuit: {
        openUntil: '2026-11-20T09:59:00.000Z',
        opens: 1,
        probeUntil: '2026-11-20T10:00:20.000Z',
      },
    };
    const world = makeWorld({ answers: [200], subscription: { ...tries, health } });
    await deliverEach(world, 1);
    expect(world.posts[0]!.at).toBeGreaterThanOrEqual(Date.parse('2026-11-20T10:00:20.000Z'));
    expect(world.deliveries.rows()[0]).toMatchObject({ state: 'delivered' });
  });

  it('closes when a probe is answered, though the answer is a refusal', async () => {
    const world = makeWorld({ answers: [500, 500, 500, 500, 500, 404, 200], subscription: tries });
    await deliverEach(world, 1);
    const gaps = world.posts
      .slice(1)
      .map(({ at }, index) => Math.round((at - world.posts[index]!.at) / 1000));
    expect(gaps[4]).toBeGreaterThanOrEqual(30);
    expect(gaps[5]).toBe(5);
  });

  it('counts an attempt that it held back for an hour as one in vain, so that every delivery ends', async () => {
    const openUntil = '2027-01-01T00:00:00.000Z';
    const health = { failures: 5, unavailable: 5, circuit: { openUntil, opens: 9 } };
    const two = policy({ scheduleSeconds: [5], jitter: 0 });
    const world = makeWorld({ answers: [200], subscription: { ...two, health } });
    await deliverEach(world, 1);
    expect(world.posts).toEqual([]);
    const [row] = world.deliveries.rows();
    expect(row).toMatchObject({ state: 'dead', reason: 'attempts_used_up', attempt: 2 });
    expect(row!.attempts.map(({ failure }) => failure)).toEqual(['circuit_open', 'circuit_open']);
    const hours = (Date.parse(row!.endedAt!) - Date.parse('2026-11-20T10:00:00Z')) / 3_600_000;
    expect(hours).toBeGreaterThan(2);
    expect(hours).toBeLessThan(3);
    // Nothing was sent, so nothing says anything about the target: not when a message comes again, either.
    await deliverWebhook(aDeliveryMessage({ eventId: 'evt_0', attempt: 2 }), world.ports);
    expect(world.subscription.current.health).toEqual(health);
  });

  it('leaves a target alone that asks for it, at the first answer, and the delivery waits a minute', async () => {
    const world = makeWorld({
      answers: [{ status: 429, retryAfter: '40' }, 200],
      subscription: tries,
    });
    await deliverWebhook(aDeliveryMessage(), world.ports);
    await deliverWebhook(aDeliveryMessage({ eventId: 'evt_other' }), world.ports);
    expect(world.posts).toHaveLength(1);
    await world.run();
    const [first, second, third] = world.posts;
    expect(second!.at - first!.at).toBeGreaterThanOrEqual(40_000);
    expect(second!.at - first!.at).toBeLessThan(60_000);
    expect(third!.at - first!.at).toBeGreaterThanOrEqual(60_000);
    // A pause that was asked for is no outage: nobody is told.
    expect(namesOf(world)).toEqual([]);
  });

  it('takes a held attempt off the tick’s list, so that its messages do not pile up', async () => {
    const circuit = { openUntil: '2026-11-20T10:50:00.000Z', opens: 9 };
    const health = { failures: 9, unavailable: 9, failingSince: '2026-11-20T09:00:00.000Z', circuit };
    const world = makeWorld({ answers: [200], subscription: { ...tries, health } });
    const due = '2026-11-20T10:00:00.000Z';
    await world.deliveries.write(aDelivery({ nextAttemptAt: due, dueAt: due }));
    await deliverWebhook(aDeliveryMessage({ attempt: 2 }), world.ports);
    expect(world.deliveries.rows()[0]).not.toHaveProperty('dueAt');
    const writes = world.deliveries.writes.length;
    await deliverWebhook(world.queue.splice(0)[0]!.message, world.ports);
    expect(world.deliveries.writes).toHaveLength(writes);
    await world.run();
    expect(world.deliveries.rows()[0]).toMatchObject({ state: 'delivered', attempt: 2 });
    expect(world.queue).toEqual([]);
    expect(world.posts).toHaveLength(1);
  });
});

describe('operational events', () => {
  it('tell of a dead delivery by ids and facts, again when it died again, and never its data', async () => {
    const world = makeWorld({ answers: [500], subscription: policy({ scheduleSeconds: [] }) });
    await deliverEach(world, 1);
    world.advance(120_000);
    await world.settleDeadLetters(1);
    await world.run();
    const [first, second] = world.told();
    expect(first!.id).not.toBe(second!.id);
    expect(dataOf(world, 'delivery.dead')).toEqual(
      [1, 2].map((attempts) => ({
        delivery_id: expect.stringMatching(/^dlv_/),
        event_id: 'evt_0',
        subscription_id: 'sub_1',
        run: 0,
        topic: 'system/profile.created',
        reason: 'attempts_used_up',
        attempts,
        last_status: 500,
        last_failure: 'status_500',
      })),
    );
  });

  it.each(['delivery.dead', 'subscription.failing', 'subscription.disabled', 'subscription.recovered'])(
    'never follow from a delivery of %s, so that news of failures make no news',
    async (name) => {
      const rule = policy({ scheduleSeconds: [], disable: { failures: 2, counts: 'in_a_row' } });
      for (const answers of [[500], [410], [500, 200]]) {
        const world = makeWorld({ answers, subscription: rule });
        for (const eventId of ['evt_0', 'evt_1']) {
          world.put(aDeliveryMessage({ eventId, topic: `system/${name}` }));
          await world.run();
        }
        expect(world.told()).toEqual([]);
        expect(world.subscription.current.state).toBe(answers.length === 1 ? 'disabled' : 'active');
      }
    },
  );
});
