import { newDelivery, parkedForSlot } from '../../../core/webhooks/deliveries/delivery-steps';
import { aDeliveryMessage } from '../../support/deliveries';
import { makeWorld } from '../../support/delivery-world';
import { LawWorld, type Scenario, type Subscriber } from '../../support/law-world';

const well: Subscriber = { policy: {}, answers: [{ status: 200, milliseconds: 10 }] };
const hanging: Subscriber = {
  policy: { scheduleSeconds: [60], timeoutSeconds: 15, disable: { failures: 10_000, counts: 'ever' } },
  answers: ['timeout'],
};

const EVENTS = 20;
const WORKERS = 6;

/** Ten subscribers; twenty events, one a second. */
function tenSubscribers(first: Subscriber): Scenario {
  const publish = { do: 'publish', subject: 'ada', count: 1 } as const;
  return {
    subscribers: [first, ...Array.from({ length: 9 }, () => well)],
    steps: Array.from({ length: EVENTS }, () => ({ after: 1, act: publish })),
    ...{ faults: [], latencies: [], duplicates: [], lostTicks: [], workers: WORKERS, receives: 5 },
    resendAfterMinutes: 0,
  };
}

async function run(scenario: Scenario) {
  const world = new LawWorld(scenario);
  await world.run();
  const [first] = world.subscriptions.subscriptions.keys();
  return {
    toFirst: world.posts.filter(({ message }) => message.subscriptionId === first),
    toOthers: world.posts.filter(({ message }) => message.subscriptionId !== first),
  };
}

describe('a target that hangs until the time-out', () => {
  it('is left alone by its circuit: the workers wait for it a few times, and the nine others get everything', async () => {
    const { toFirst, toOthers } = await run(tenSubscribers(hanging));
    expect(toOthers).toHaveLength(9 * EVENTS);
    expect(toOthers.every(({ isSuccess }) => isSuccess)).toBe(true);
    const began = toFirst[0]?.startedAt ?? 0;
    // Five failures, whoever was under way by then, and a probe: not all twenty.
    const withinAMinute = toFirst.filter(({ startedAt }) => startedAt < began + 60_000);
    expect(withinAMinute.length).toBeLessThanOrEqual(5 + WORKERS + 1);
  });

  it('holds one worker at a time where its cap is one', async () => {
    const capped = { ...hanging, policy: { ...hanging.policy, concurrency: 1, circuit: false } };
    const { toFirst, toOthers } = await run(tenSubscribers(capped));
    const overlapping = toFirst.filter(
      (post, index) => index > 0 && post.startedAt < (toFirst[index - 1]?.endedAt ?? 0),
    );
    expect(overlapping).toEqual([]);
    expect(toOthers).toHaveLength(9 * EVENTS);
  });
});

describe('deliveries that are parked', () => {
  it('cost a fresh one nothing: 10 000 of them change neither its calls nor what the tick queues', async () => {
    const fresh = async (parked: number) => {
      const world = makeWorld({ answers: [200] });
      const inAnHour = new Date(world.now().getTime() + 3_600_000);
      for (let index = 0; index < parked; index += 1) {
        const row = newDelivery(aDeliveryMessage({ eventId: `evt_parked_${index}` }), world.now());
        await world.deliveries.write(parkedForSlot(row, inAnHour, world.now()));
      }
      await world.tick();
      expect(world.queue).toEqual([]);
      world.put(aDeliveryMessage());
      const queued = world.queue[0];
      expect(queued?.at).toBe(world.now().getTime());
      const before = world.effects();
      await world.deliver();
      expect(world.posts).toHaveLength(1);
      return world.effects() - before;
    };
    expect(await fresh(10_000)).toBe(await fresh(0));
  });
});
