import type { Subscription } from '../../../core/topics/subscriptions/subscription';
import type { Delivery } from '../../../core/webhooks/deliveries/delivery';
import { ended, newDelivery } from '../../../core/webhooks/deliveries/delivery-steps';
import { makeAdsDialect } from '../../../lambdas/shared/ads-dialect';
import { makeResendCallbacks } from '../../../lambdas/webhooks/resend-callbacks';
import { errorText, headerRefusals, openCallbackDoor, secretText } from '../../support/callback-doors';
import { anAccount, MemoryAccountStore } from '../../support/memory-accounts';
import { makeMemoryDeliveryStore } from '../../support/memory-delivery-store';
import { MemoryDeliveryQueue } from '../../support/memory-dispatch';
import { MemorySubscriptionStore } from '../../support/memory-registry';
import { aSubscription } from '../../support/subscriptions';

let accounts: MemoryAccountStore;
let subscriptions: MemorySubscriptionStore;
let deliveries: ReturnType<typeof makeMemoryDeliveryStore>;
let queue: MemoryDeliveryQueue;
let now: number;
let resend: ReturnType<typeof openCallbackDoor>;

beforeEach(() => {
  accounts = new MemoryAccountStore();
  subscriptions = new MemorySubscriptionStore();
  deliveries = makeMemoryDeliveryStore();
  queue = new MemoryDeliveryQueue();
  now = Date.parse('2026-11-20T12:00:00.000Z');
  const ports = { accounts, subscriptions, deliveries, queue, triggerToken: secretText('trigger-token') };
  resend = openCallbackDoor(
    {
      name: 'resend-callbacks',
      dialect: makeAdsDialect(401),
      methods: ['POST'],
      wire: () => makeResendCallbacks({ ...ports, now: () => new Date(now) }),
    },
    'trigger-token',
  );
});

async function aCallback(id: string, differences: Partial<Subscription> = {}): Promise<void> {
  const owner = `acc_${id.slice(4)}`;
  await accounts.write(anAccount({ id: owner }));
  const topic = { door: 'webhooks', name: 'relation_added' } as const;
  await subscriptions.create(aSubscription({ id, topic, owner, format: 'ads', ...differences }));
}

async function aDeadLetter(subscriptionId: string, eventId: string): Promise<Delivery> {
  const key = { eventId, subscriptionId, run: 0, topic: 'webhooks/relation_added', order: eventId };
  const pending = newDelivery({ v: 1, ...key, attempt: 1 }, new Date(now));
  const dead = ended({ ...pending, attempt: 1 }, 'dead', 'attempts_used_up', new Date(now));
  await deliveries.write(dead);
  return dead;
}

const answerOf = async (body?: unknown) => JSON.parse((await resend({ body })).text);
const sent = () =>
  queue.messages.map(({ message }) => `${message.eventId} → ${message.subscriptionId}`).sort();

describe('POST /webhooks/resend', () => {
  it('starts the dead letters of all active subscriptions again, each once', async () => {
    await aCallback('sub_a');
    await aCallback('sub_b');
    for (const [subscription, event] of [
      ['sub_a', 'e1'],
      ['sub_a', 'e2'],
      ['sub_b', 'e1'],
    ] as const) {
      await aDeadLetter(subscription, event);
    }
    expect(await resend({ body: undefined })).toMatchObject({ status: 200, text: '{"resent": 3}\n' });
    expect(sent()).toEqual(['e1 → sub_a', 'e1 → sub_b', 'e2 → sub_a']);
    expect(queue.messages[0]?.message).toMatchObject({
      attempt: 2,
      run: 0,
      order: expect.stringMatching(/^e/),
    });
    expect(await answerOf()).toEqual({ resent: 0 });
    expect(queue.messages).toHaveLength(3);
  });

  it('leaves what cannot go, and what is not of this door, as it is', async () => {
    await aCallback('sub_off', { state: 'disabled' });
    await aCallback('sub_paused', { state: 'paused' });
    await aCallback('sub_other', { format: 'standard' });
    for (const id of ['sub_off', 'sub_paused', 'sub_other']) {
      await aDeadLetter(id, 'e1');
    }
    expect(await answerOf()).toEqual({ resent: 0 });
    expect(deliveries.rows().map(({ state }) => state)).toEqual(['dead', 'dead', 'dead']);
    const off = (await subscriptions.find('sub_off'))!;
    await subscriptions.changeState(off, {
      from: ['disabled'],
      to: 'active',
      at: '2026-11-20T12:00:00.000Z',
    });
    expect(await answerOf()).toEqual({ resent: 1 });
  });

  it('does a bounded amount of work per call, and all of it over several', async () => {
    for (let index = 0; index < 130; index += 1) {
      await aCallback(`sub_${1000 + index}`);
      await aDeadLetter(`sub_${1000 + index}`, 'e1');
    }
    for (let index = 0; index < 250; index += 1) {
      await aDeadLetter('sub_1060', `x${index}`);
    }
    const list = deliveries.deadOf.bind(deliveries);
    deliveries.deadOf = (...call) => {
      now += 500;
      return list(...call);
    };
    let answer = await answerOf({});
    let [calls, total] = [1, answer.resent];
    while (answer.next !== undefined) {
      answer = await answerOf({ next: answer.next });
      [calls, total] = [calls + 1, total + answer.resent];
      expect(calls).toBeLessThan(100);
    }
    expect(calls).toBeGreaterThan(5);
    expect(total).toBe(380);
    expect(new Set(sent()).size).toBe(380);
  });

  it.each(['x', '', 'W10', Buffer.from('["a"]').toString('base64url')])(
    'refuses the place %j',
    async (next) => {
      expect(await resend({ body: { next } })).toMatchObject({ status: 400 });
    },
  );

  it.each(headerRefusals)('refuses the header %j', async (authorization, error) => {
    expect(await resend({ authorization })).toMatchObject({
      status: 401,
      text: errorText(error),
    });
  });

  it('asks for the trigger token', async () => {
    expect(await resend({ authorization: 'Bearer other' })).toMatchObject({
      status: 401,
      text: '{"error": "incorrect trigger token was provided"}\n',
    });
  });
});
