import type { AfterAttempt } from '../../../../core/webhooks/attempts/decide-after-attempt';
import { recordAttempt } from '../../../../core/webhooks/attempts/record-attempt';
import type { Delivery } from '../../../../core/webhooks/deliveries/delivery';
import { newDelivery } from '../../../../core/webhooks/deliveries/delivery-steps';
import { aDelivery, aDeliveryMessage } from '../../../support/deliveries';
import { makeMemoryDeliveryStore } from '../../../support/memory-delivery-store';

const now = () => new Date('2026-11-20T10:00:00.000Z');
const attempt = { number: 1, at: now().toISOString(), milliseconds: 20 };
const delivered: AfterAttempt = { outcome: 'delivered' };
const dead: AfterAttempt = { outcome: 'dead', reason: 'attempts_used_up' };

/** Two workers have the same first attempt; the other one has written its row meanwhile. */
async function recordAfter(other: Partial<Delivery>, decided: AfterAttempt): Promise<Delivery> {
  const deliveries = makeMemoryDeliveryStore();
  await deliveries.write(aDelivery({ ...other, version: 1 }));
  return recordAttempt(newDelivery(aDeliveryMessage(), now()), attempt, decided, { deliveries, now });
}

describe('recordAttempt where another worker made the same attempt', () => {
  it.each([
    { state: 'pending', nextAttemptAt: now().toISOString() },
    {
      state: 'dead',
      reason: 'attempts_used_up',
      keptReason: 'subscription_paused',
      endedAt: now().toISOString(),
    },
    { state: 'skipped', reason: 'subscription_paused', endedAt: now().toISOString() },
  ] as const)('lets a success outweigh $state', async (other) => {
    const row = await recordAfter(other, delivered);
    expect(row).toMatchObject({ state: 'delivered', version: 2 });
    expect(row).not.toHaveProperty('reason');
    expect(row).not.toHaveProperty('keptReason');
  });

  it.each(['delivered', 'erased'] as const)('leaves what is %s as it is', async (state) => {
    expect(await recordAfter({ state, endedAt: now().toISOString() }, delivered)).toMatchObject({
      state,
      version: 1,
    });
  });

  it.each(['pending', 'dead', 'delivered', 'skipped', 'erased'] as const)(
    'lets no failure change what is %s after that attempt',
    async (state) => {
      expect(await recordAfter({ state }, dead)).toMatchObject({ state, version: 1 });
    },
  );
});
