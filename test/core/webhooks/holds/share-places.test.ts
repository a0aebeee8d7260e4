import { sharePlaces } from '../../../../core/webhooks/holds/share-places';
import { aDeliveryMessage, aSubscription } from '../../../support/deliveries';
import { makeFleet } from '../../../support/delivery-fleet';
import { makeMemoryTargetLimits } from '../../../support/memory-target-limits';

const SUBSCRIPTION = 'sub_0000000000000001';
const never = () => new Promise<never>(() => undefined);
const atOnce = async () => undefined;

function permitOptions(concurrency: number) {
  return { concurrency, leaseSeconds: 30, now: new Date('2026-11-20T10:00:00.000Z') };
}

describe('sharePlaces', () => {
  it('does not wait where this worker has nothing under way: nobody here would give a place back', async () => {
    expect(await sharePlaces(makeMemoryTargetLimits(), never).awaitPlace(SUBSCRIPTION, 5000)).toBe(false);
  });

  it('gives those who wait their turn one by one, in the order of their coming', async () => {
    const limits = sharePlaces(makeMemoryTargetLimits(), never);
    const first = await limits.takePermit(SUBSCRIPTION, permitOptions(2));
    const second = await limits.takePermit(SUBSCRIPTION, permitOptions(2));
    expect(await limits.takePermit(SUBSCRIPTION, permitOptions(2))).toBeUndefined();
    const turns: string[] = [];
    const waits = ['a', 'b', 'c'].map(async (name) => {
      expect(await limits.awaitPlace(SUBSCRIPTION, 5000)).toBe(true);
      turns.push(name);
    });
    await limits.returnPermit(first as NonNullable<typeof first>);
    await waits[0];
    expect(turns).toEqual(['a']);
    const third = await limits.takePermit(SUBSCRIPTION, permitOptions(2));
    await limits.returnPermit(second as NonNullable<typeof second>);
    await waits[1];
    await limits.returnPermit(third as NonNullable<typeof third>);
    await waits[2];
    expect(turns).toEqual(['a', 'b', 'c']);
  });

  it('ends a wait that takes too long, and the turn goes to the next one', async () => {
    let isPatient = false;
    const limits = sharePlaces(makeMemoryTargetLimits(), () => (isPatient ? never() : atOnce()));
    const permit = await limits.takePermit(SUBSCRIPTION, permitOptions(1));
    expect(await limits.awaitPlace(SUBSCRIPTION, 5000)).toBe(false);
    isPatient = true;
    const wait = limits.awaitPlace(SUBSCRIPTION, 5000);
    await limits.returnPermit(permit as NonNullable<typeof permit>);
    expect(await wait).toBe(true);
  });

  it('gives the turn on although the place could not be given back: its lease ends by itself', async () => {
    const store = makeMemoryTargetLimits();
    const limits = sharePlaces({ ...store, returnPermit: () => Promise.reject(new Error('away')) }, never);
    const permit = await limits.takePermit(SUBSCRIPTION, permitOptions(1));
    const wait = limits.awaitPlace(SUBSCRIPTION, 5000);
    await expect(limits.returnPermit(permit as NonNullable<typeof permit>)).rejects.toThrow('away');
    expect(await wait).toBe(true);
  });
});

describe('a cap of two, a batch of many', () => {
  const MILLISECONDS = 100;

  async function deliver(events: number, workers: number) {
    const policy = { ...aSubscription().policy, concurrency: 2 };
    const fleet = makeFleet({
      workers,
      subscriptions: [aSubscription({ policy })],
      answer: () => ({ status: 200, milliseconds: MILLISECONDS }),
    });
    fleet.put(...Array.from({ length: events }, (_, index) => aDeliveryMessage({ eventId: `evt_${index}` })));
    const passed = await fleet.run(() => fleet.deliveries.rows().length === events);
    return { passed, fleet };
  }

  it('works the batch off in place: the messages need not go back to the queue', async () => {
    const { passed, fleet } = await deliver(40, 1);
    expect(passed).toBeLessThan((40 / 2) * MILLISECONDS * 1.5);
    expect(fleet.handled()).toBe(40);
  });

  it.each([1, 3])('never has more than two requests under way, with %i workers', async (workers) => {
    const { fleet } = await deliver(40, workers);
    const atATime = fleet.posts.map(
      ({ at }) => fleet.posts.filter((other) => other.at <= at && at < other.at + MILLISECONDS).length,
    );
    expect(Math.max(...atATime)).toBe(2);
  });
});
