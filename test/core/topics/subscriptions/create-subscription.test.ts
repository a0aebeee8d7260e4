import { createSubscription } from '../../../../core/topics/subscriptions/create-subscription';
import { MemoryDeliveryQueue } from '../../../support/memory-dispatch';
import { MemorySubscriptionStore, MemoryTopicStore } from '../../../support/memory-registry';

const at = '2026-11-20T11:00:00.000Z';

/** Who was registered at the ADS door, with the access token that this gives. */
const registered = {
  subject: 'acc_a',
  scopes: new Set(['subscriptions:read', 'subscriptions:write', 'subscriptions:system']),
  door: 'webhooks',
} as const;

async function subscribe(topic: string) {
  const topics = new MemoryTopicStore();
  await topics.create({ key: { door: 'manage', name: 'orders' }, createdAt: at });
  const ports = {
    ...{
      topics,
      subscriptions: new MemorySubscriptionStore(),
      privateTargets: true,
      ownTargets: { account: '000000000000', region: 'us-east-1', arns: [] },
    },
    replays: undefined as never,
    confirmations: new MemoryDeliveryQueue(),
    baseUrl: 'https://api.example',
    random: (count: number) => new Uint8Array(count),
  };
  return createSubscription({ topic, target: 'https://hooks.example/' }, registered, ports, at);
}

describe('credentials of one door', () => {
  it.each(['orders', '*', 'ord.*', 'manage/*', 'events/*', 'system/*', 'profile.*', 'profile.created'])(
    'do not subscribe to %s of another',
    async (topic) => {
      await expect(subscribe(topic)).rejects.toMatchObject({
        code: 'insufficient_scope',
        message: expect.stringContaining('webhooks/NAME'),
      });
    },
  );

  it('subscribe to the topics of their own', async () => {
    expect((await subscribe('webhooks/relation.*')).topic).toEqual({
      ...{ door: 'webhooks', name: 'relation.*', isPattern: true },
    });
  });
});
