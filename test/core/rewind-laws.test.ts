import fc from 'fast-check';
import type { Event } from '../../core/events/event';
import { deliveryId } from '../../core/webhooks/deliveries/delivery';
import { anEvent } from '../support/memory-dispatch';
import { aSubscription } from '../support/subscriptions';
import { WholeWorld } from '../support/whole-world';

const topic = { door: 'manage', name: 'orders' } as const;
const PEOPLE = 20;

/** Three subscribers: one that answers, one that fails now and then, one that never does. */
async function makeSubscribed(): Promise<WholeWorld> {
  const world = new WholeWorld();
  const { policy } = aSubscription();
  for (const [id, about, scheduleSeconds] of [
    ['sub_good000000000001', topic, [5]],
    ['sub_slow000000000001', topic, [60, 3600]],
    ['sub_profiles00000001', { door: 'system', name: 'profile.updated' }, [5]],
  ] as const) {
    await world.subscriptions.create(
      aSubscription({ id, topic: about, policy: { ...policy, scheduleSeconds } }),
    );
  }
  return world;
}

const order = (number: number): Event =>
  anEvent(`order-${number}`, { topic, subject: `customer ${number % 7}` });

/** Profiles and statuses as they are; the times of the statuses say when each was written. */
function vaultOf(world: WholeWorld): string {
  return JSON.stringify([[...world.vault.rows].sort(), [...world.vault.recorded].sort()]);
}

/** How often each delivery was posted that had been taken: once, or a subscriber was bothered again. */
function takenTwice(world: WholeWorld): string[] {
  const taken = world.posts.filter(({ status }) => status === 200).map((post) => post.deliveryId);
  return taken.filter((id, index) => taken.indexOf(id) !== index);
}

describe('reading the streams again', () => {
  it('changes nothing after 100 changes and 100 events, half of them under way', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 0, max: 100 }),
        fc.integer({ min: 0, max: 200 }),
        async (half, worked) => {
          const world = await makeSubscribed();
          for (let number = 0; number < 100; number += 1) {
            world.submit(`ad|Mozilla-LDAP|${number % PEOPLE}`, `name ${number}`);
            world.publish(order(number));
          }
          await world.integrate(world.changes.slice(0, half));
          await world.dispatch(world.events.slice(0, half));
          world.answers.set('sub_slow000000000001', 503);
          await world.deliver(worked);
          await world.rewind();
          world.answers.delete('sub_slow000000000001');
          await world.comeToRest();
          const settled = vaultOf(world);
          const posted = world.posts.length;
          await world.rewind();
          await world.comeToRest();
          expect(vaultOf(world)).toBe(settled);
          expect(world.posts).toHaveLength(posted);
          expect(takenTwice(world)).toEqual([]);
          // Every person has the newest name, in as many versions as there were batches with a change of theirs.
          for (const [userId, { profile, version }] of world.vault.rows) {
            expect(profile?.first_name.value).toBe(`name ${80 + Number(userId.split('|')[2])}`);
            expect(version).toBeLessThanOrEqual(5);
          }
          expect(world.deliveries.rows().filter(({ state }) => state !== 'delivered')).toEqual([]);
          expect(world.deliveries.rows()).toHaveLength(100 * 2 + 80);
        },
      ),
      { numRuns: 10 },
    );
  });

  it('brings back what was lost: an event of the history, and messages of the queue', async () => {
    const world = await makeSubscribed();
    world.publish(order(1), order(2), order(3));
    await world.dispatch();
    const [lost] = [...world.history.rows].find(([, { id }]) => id === 'order-2') ?? [];
    const event = world.history.rows.get(lost ?? '');
    world.history.rows.delete(lost ?? '');
    world.queue.splice(0, 4);
    await world.deliver();
    expect(world.deliveries.rows()).toHaveLength(2);
    await world.rewind();
    await world.comeToRest();
    expect(world.history.rows.get(lost ?? '')).toEqual(event);
    expect(world.deliveries.rows().map(({ state }) => state)).toEqual(Array(6).fill('delivered'));
    expect(new Set(world.posts.map((post) => post.deliveryId)).size).toBe(6);
    expect(world.posts).toHaveLength(6);
    expect(new Set(world.deliveries.rows().map(deliveryId)).size).toBe(6);
  });

  it('brings back a status and an announcement that were lost with the process', async () => {
    const world = await makeSubscribed();
    const { sequenceNumber } = world.submit('ad|Mozilla-LDAP|ada', 'Ada');
    await world.integrate();
    const before = await world.vault.statuses.find(sequenceNumber);
    (world.vault.recorded as Map<string, unknown>).clear();
    world.events.splice(0);
    world.time += 60_000;
    await world.rewind();
    expect(await world.vault.statuses.find(sequenceNumber)).toEqual(before);
    await world.dispatch(world.events);
    expect([...world.history.rows.values()].map(({ topic: { name } }) => name).sort()).toEqual([
      'change.integrated',
      'profile.created',
    ]);
    expect(world.vault.rows.get('ad|Mozilla-LDAP|ada')?.version).toBe(1);
  });
});
