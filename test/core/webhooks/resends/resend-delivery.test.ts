import { resendDeliveries } from '../../../../core/webhooks/resends/resend-delivery';
import { aDelivery, aDeliveryMessage, aSubscription } from '../../../support/deliveries';
import { Crash, makeWorld } from '../../../support/delivery-world';

const once = { policy: { ...aSubscription().policy, scheduleSeconds: [5] } };

async function aDeadWorld(options: Partial<Parameters<typeof makeWorld>[0]> = {}) {
  const world = makeWorld({ answers: [500, 500, 500, 200], subscription: once, ...options });
  world.put(aDeliveryMessage());
  await world.run();
  expect(world.deliveries.rows()[0]).toMatchObject({ state: 'dead', attempt: 2 });
  return world;
}

describe('resendDeliveries', () => {
  it('starts a dead delivery again: attempts count on, the schedule begins anew', async () => {
    const world = await aDeadWorld();
    expect(await resendDeliveries(world.deliveries.rows(), world.ports)).toBe(1);
    const started = world.deliveries.rows()[0]!;
    expect(started).toMatchObject({ state: 'pending', attempt: 2, resends: 1, scheduleStart: 3 });
    expect(started.attempts).toHaveLength(2);
    expect(started).not.toHaveProperty('reason');
    expect(started).not.toHaveProperty('endedAt');
    await world.run();
    // Attempt 3 fails as attempt 1 did and waits as the schedule says; attempt 4 succeeds.
    expect(world.deliveries.rows()[0]).toMatchObject({ state: 'delivered', attempt: 4 });
    expect(await world.settleDeadLetters(0)).toMatchObject({ removed: 1 });
  });

  it.each(['pending', 'delivered', 'skipped', 'erased'] as const)(
    'leaves a %s delivery alone',
    async (state) => {
      const world = makeWorld({ answers: [200] });
      const row = aDelivery({ state });
      await world.deliveries.write(row);
      expect(await resendDeliveries([row], world.ports)).toBe(0);
      expect(world.deliveries.rows()).toEqual([row]);
      expect(world.queue).toEqual([]);
    },
  );

  it('starts a delivery once when two callers ask for it', async () => {
    const world = await aDeadWorld();
    const rows = world.deliveries.rows();
    const counts = await Promise.all([
      resendDeliveries(rows, world.ports),
      resendDeliveries(rows, world.ports),
    ]);
    expect(counts.sort()).toEqual([0, 1]);
    expect(world.queue).toHaveLength(1);
  });

  it('comes up again by itself when the crash comes between the row and the message', async () => {
    const undisturbed = await aDeadWorld();
    const world = await aDeadWorld({ crashAt: { effect: undisturbed.effects() + 2, when: 'before' } });
    await expect(resendDeliveries(world.deliveries.rows(), world.ports)).rejects.toThrow(Crash);
    expect(world.queue).toEqual([]);
    await world.run();
    expect(world.deliveries.rows()[0]).toMatchObject({ state: 'delivered', attempt: 4 });
  });
});
