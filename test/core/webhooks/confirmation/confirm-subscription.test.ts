import { type Confirmation, newConfirmation } from '../../../../core/topics/subscriptions/confirmation';
import type { Subscription } from '../../../../core/topics/subscriptions/subscription';
import { callbackHash } from '../../../../core/webhooks/confirmation/callback-hash';
import { HANDSHAKE_WAITS } from '../../../../core/webhooks/confirmation/confirm-subscription';
import { toConfirmationMessage } from '../../../../core/webhooks/confirmation/confirmation-message';
import { aDeliveryMessage, aSubscription } from '../../../support/deliveries';
import { makeWorld } from '../../../support/delivery-world';

const at = '2026-11-20T10:00:00.000Z';
const asking = (changes: Partial<Confirmation> = {}): Confirmation => ({
  ...newConfirmation({ baseUrl: 'https://api.example/prod', at, random: (count) => new Uint8Array(count) }),
  ...changes,
});
const id = asking().id;

function worldOf(
  handshakes: Parameters<typeof makeWorld>[0]['handshakes'],
  subscription: Partial<Subscription> = {},
  options: Partial<Parameters<typeof makeWorld>[0]> = {},
) {
  const world = makeWorld({
    answers: [200],
    ...(handshakes && { handshakes }),
    subscription: { format: 'cloudevents', confirmation: asking(), ...subscription },
    ...options,
  });
  return {
    ...world,
    ask: () =>
      world.asked.push({
        asking: toConfirmationMessage(world.subscription.current, { id, attempts: 0 }),
        at: world.now().getTime(),
        receives: 0,
      }),
    confirmation: () => world.subscription.current.confirmation,
    seconds: () => world.handshakes.map((one) => Math.round((one.at - Date.parse(at)) / 1000)),
  };
}

const granted = { status: 200, allowedOrigin: 'api.example' };
const withheld = { status: 200 };

describe('confirmSubscription', () => {
  it('asks the exact target, saying who asks and where to answer later', async () => {
    const target = 'https://subscriber.test/hook?code=1%20';
    const world = worldOf([granted], { target });
    world.ask();
    await world.run();
    const [{ request } = { request: undefined }] = world.handshakes;
    const key = Buffer.alloc(32, 1).toString('base64url');
    expect(request).toEqual({
      url: target,
      headers: {
        'webhook-request-origin': 'api.example',
        'webhook-request-callback': `https://api.example/prod/confirmations?id=sub_1&key=${key}`,
        'ce-awpsversion': '1.0',
      },
      timeoutSeconds: 15,
    });
    expect(world.confirmation()).toMatchObject({
      ...{ state: 'granted', grantedBy: 'answer', attempts: 1, lastStatus: 200 },
      callbackHashes: [callbackHash(key)],
    });
    expect(world.confirmation()).not.toHaveProperty('nextAt');
    expect(JSON.stringify(world.confirmation())).not.toContain(key);
  });

  it.each([
    [2, '120'],
    [0.01, '1'],
  ])('asks for the rate of the policy, %s a second, by the minute', async (ratePerSecond, asked) => {
    const policy = { ...aSubscription().policy, ratePerSecond };
    const world = worldOf([granted], { policy });
    world.ask();
    await world.run();
    expect(world.handshakes[0]?.request.headers['webhook-request-rate']).toBe(asked);
  });

  it('sends no header and no credential of the subscription to who has not agreed', async () => {
    const credentials = { type: 'bearer', token: 's3cret' } as const;
    const world = worldOf([granted], { headers: { 'x-key': 's3cret' }, credentials });
    world.ask();
    await world.run();
    expect(JSON.stringify(world.handshakes)).not.toContain('s3cret');
  });

  it('asks again for a day, ever more seldom, then gives up', async () => {
    const world = worldOf([withheld]);
    world.ask();
    await world.run();
    const waits = world.seconds().map((second, index, all) => second - (all[index - 1] ?? 0));
    expect(waits).toEqual([0, ...HANDSHAKE_WAITS]);
    expect(world.seconds().at(-1)).toBeLessThan(24 * 3600);
    expect(world.confirmation()).toMatchObject({ state: 'refused', attempts: 11, lastFailure: 'no_grant' });
    expect(world.confirmation()?.callbackHashes).toHaveLength(11);
    expect(new Set(world.confirmation()?.callbackHashes).size).toBe(11);
  });

  it('tells why it was not granted', async () => {
    const world = worldOf([
      { failure: 'timeout' },
      { status: 405 },
      { ...granted, allowedOrigin: 'evil' },
      granted,
    ]);
    world.ask();
    const seen: unknown[] = [];
    for (let attempt = 1; attempt <= 3; attempt += 1) {
      while (world.handshakes.length < attempt) {
        await world.step();
      }
      const { lastFailure, lastStatus } = world.confirmation() ?? {};
      seen.push([lastFailure, lastStatus]);
    }
    expect(seen).toEqual([
      ['timeout', undefined],
      ['status_405', 405],
      ['other_origin', 200],
    ]);
    await world.run();
    expect(world.confirmation()).toMatchObject({ state: 'granted', attempts: 4 });
    expect(world.confirmation()).not.toHaveProperty('lastFailure');
  });

  it.each([
    ['the target was changed', { confirmation: asking({ id: 'another' }) }],
    ['it was granted', { confirmation: asking({ state: 'granted' }) }],
    ['it is not asked any more', { confirmation: asking({ state: 'refused' }) }],
    ['it is deleted', { state: 'deleted' }],
    ['it gets no CloudEvents', { format: 'standard' }],
  ] as const)('asks nothing when %s', async (_, changes) => {
    const world = worldOf([granted], changes as Partial<Subscription>);
    world.ask();
    await world.run();
    expect(world.handshakes).toEqual([]);
  });

  it('asks once when two workers have the message, and lets a grant by callback stand', async () => {
    const world = worldOf([withheld]);
    world.ask();
    world.ask();
    await world.step();
    await world.step();
    expect(world.handshakes).toHaveLength(1);

    const raced = worldOf([withheld], {}, {});
    const { ask } = raced.ports.handshake;
    raced.ports.handshake.ask = async (request) => {
      const current = raced.confirmation() as Confirmation;
      const state = 'granted' as const;
      raced.subscription.current = {
        ...raced.subscription.current,
        confirmation: { ...current, state, grantedBy: 'callback', revision: current.revision + 1 },
      };
      return ask(request);
    };
    raced.ask();
    await raced.run();
    expect(raced.confirmation()).toMatchObject({ state: 'granted', grantedBy: 'callback' });
    expect(raced.handshakes).toHaveLength(1);
  });

  it('is asked by few messages, however many are sent because the queue was late', async () => {
    const world = worldOf([withheld]);
    world.advance(600_000);
    for (let index = 0; index < 50; index += 1) {
      world.put(aDeliveryMessage({ eventId: `evt_${index}` }));
    }
    for (let step = 0; step < 50; step += 1) {
      await world.deliver();
    }
    expect(world.asked).toHaveLength(50);
    world.queue.length = 0;
    world.advance(1);
    for (let step = 0; step < 100; step += 1) {
      await world.step();
    }
    expect(world.asked.length).toBeLessThanOrEqual(2);
    expect(world.confirmation()?.attempts).toBeGreaterThan(1);
  });

  it('ends the same wherever a worker crashes', async () => {
    const answers = [...Array(5).fill(withheld), granted];
    const count = worldOf(answers);
    count.ask();
    await count.run();
    for (let effect = 1; effect <= count.effects(); effect += 1) {
      for (const when of ['before', 'after'] as const) {
        const world = worldOf(answers, {}, { crashAt: { effect, when } });
        world.ask();
        await world.run();
        expect(world.confirmation()?.state).toBe('granted');
      }
    }
  });
});

describe('a delivery of CloudEvents', () => {
  it('waits until the target has agreed, and then names who asked', async () => {
    const world = worldOf([withheld, withheld, granted]);
    world.ask();
    world.put(aDeliveryMessage());
    await world.run();
    expect(world.posts).toHaveLength(1);
    expect(world.posts[0]?.at).toBeGreaterThan(world.handshakes[2]?.at as number);
    expect(world.posts[0]?.request.headers['webhook-request-origin']).toBe('api.example');
    expect(world.deliveries.rows()[0]).toMatchObject({ state: 'delivered', attempt: 1 });
    expect(world.deliveries.rows()[0]).not.toHaveProperty('heldSeconds');
  });

  it('comes a moment after the grant, when the target agrees at once', async () => {
    const world = worldOf([granted]);
    world.put(aDeliveryMessage());
    world.ask();
    await world.run();
    expect((world.posts[0]?.at as number) - (world.handshakes[0]?.at as number)).toBeLessThan(2000);
  });

  it('dies when it is not granted within a day, and says why', async () => {
    const world = worldOf([withheld]);
    world.ask();
    world.put(aDeliveryMessage());
    await world.run();
    expect(world.posts).toEqual([]);
    expect(world.deliveries.rows()[0]).toMatchObject({
      state: 'dead',
      reason: 'subscription_unconfirmed',
      attempt: 0,
    });
    expect(world.deadLetterQueue.map(({ body }) => body)).toEqual([
      expect.objectContaining({ reason: 'subscription_unconfirmed' }),
    ]);
    expect(world.told().map(({ topic }) => topic.name)).toEqual(['delivery.dead']);
  });

  it('dies at once when the target was asked in vain, or never', async () => {
    for (const confirmation of [asking({ state: 'refused' }), undefined]) {
      const world = worldOf([granted]);
      const { confirmation: _, ...rest } = world.subscription.current;
      world.subscription.current = { ...rest, ...(confirmation && { confirmation }) };
      world.put(aDeliveryMessage());
      await world.run();
      expect(world.deliveries.rows()[0]).toMatchObject({ state: 'dead', reason: 'subscription_unconfirmed' });
      expect(await world.settleDeadLetters(1)).toMatchObject({ resent: 0, kept: 1 });
      world.advance(120_000);
      expect(await world.settleDeadLetters(1)).toMatchObject({ resent: 0, kept: 1 });
      expect(world.deliveries.rows()[0]).toMatchObject({ keptReason: 'subscription_unconfirmed' });
    }
  });

  it('is held for two days at most, however often the target is asked anew', async () => {
    const world = worldOf([withheld], { confirmation: asking({ nextAt: '2027-01-01T00:00:00.000Z' }) });
    world.put(aDeliveryMessage());
    await world.run();
    expect(world.deliveries.rows()[0]).toMatchObject({ state: 'dead', reason: 'subscription_unconfirmed' });
    const held = world.now().getTime() - Date.parse(at);
    expect(held / 3600_000).toBeGreaterThanOrEqual(48);
    expect(held / 3600_000).toBeLessThan(48.1);
  });

  it('has the target asked whose message got lost', async () => {
    const world = worldOf([granted]);
    world.advance(61_000);
    world.put(aDeliveryMessage());
    await world.run();
    expect(world.deliveries.rows()[0]?.state).toBe('delivered');
  });

  it('of a replay waits as well', async () => {
    const world = worldOf([withheld, granted]);
    world.put(aDeliveryMessage({ run: 1 }));
    world.ask();
    await world.run();
    expect(world.posts[0]?.at).toBeGreaterThan(world.handshakes[1]?.at as number);
  });

  it('goes as fast as the target allows and the policy has it, whichever is less', async () => {
    const policy = { ...aSubscription().policy, ratePerSecond: 1 };
    const between = async (ratePerMinute: number | undefined, own: object) => {
      const confirmation = asking({ state: 'granted', ...(ratePerMinute && { ratePerMinute }) });
      const world = worldOf([], { confirmation, ...own });
      world.put(aDeliveryMessage());
      world.put(aDeliveryMessage({ eventId: 'evt_2' }));
      await world.run();
      return Math.round(((world.posts[1]?.at ?? 0) - (world.posts[0]?.at ?? 0)) / 1000);
    };
    expect(await between(6, { policy })).toBe(10);
    expect(await between(6, {})).toBe(10);
    expect(await between(600, { policy })).toBe(1);
    expect(await between(undefined, {})).toBe(0);
  });

  it('to an ARN asks nobody', async () => {
    const target = 'arn:aws:sqs:eu-central-1:123456789012:orders';
    const world = worldOf([], { target });
    const { confirmation: _, ...rest } = world.subscription.current;
    world.subscription.current = rest;
    world.put(aDeliveryMessage());
    await world.run();
    expect(world.posts[0]?.request.headers).not.toHaveProperty('webhook-request-origin');
  });
});
