import type { Subscription } from '../../../../core/topics/subscriptions/subscription';
import { noticeOwner, parseOwnerNotice } from '../../../../core/webhooks/notices/owner-notice';
import { aDeliveryMessage, aSubscription } from '../../../support/deliveries';
import { makeWorld } from '../../../support/delivery-world';
import { aNotice } from '../../../support/owner-notices';

const ads: Partial<Subscription> = {
  target: 'https://hooks.example.org/in?token=hush',
  policy: {
    ...aSubscription().policy,
    scheduleSeconds: [],
    disable: { failures: 10, counts: 'ever' },
  },
};

async function deliver(world: ReturnType<typeof makeWorld>, count: number): Promise<void> {
  for (let index = 0; index < count; index += 1) {
    world.put(aDeliveryMessage({ eventId: `evt_${index}` }));
    await world.run();
  }
}

describe('the worker', () => {
  it('has the owner told of each warning and of the end, under the ids of the events', async () => {
    const world = makeWorld({ answers: [500], subscription: ads });
    await deliver(world, 12);
    expect(world.notices.map(({ what }) => what)).toEqual([
      { kind: 'failing', percent: 50 },
      { kind: 'failing', percent: 70 },
      { kind: 'failing', percent: 90 },
      { kind: 'disabled', reason: 'failing' },
    ]);
    const events = world.told().filter(({ topic }) => topic.name.startsWith('subscription.'));
    expect(world.notices.map(({ eventId }) => eventId)).toEqual(events.map(({ id }) => id));
    expect(world.notices.map(({ owner }) => owner)).toEqual(Array(4).fill(aSubscription().owner));
  });

  it('tells of a target that is gone', async () => {
    const world = makeWorld({ answers: [410] });
    await deliver(world, 1);
    expect(world.notices.map(({ what }) => what)).toEqual([{ kind: 'disabled', reason: 'gone' }]);
  });

  it('tells everything and nothing else, wherever it crashes', async () => {
    const undisturbed = makeWorld({ answers: [500], subscription: ads });
    await deliver(undisturbed, 10);
    for (let effect = 1; effect <= undisturbed.effects(); effect += 1) {
      for (const when of ['before', 'after'] as const) {
        const world = makeWorld({ answers: [500], subscription: ads, crashAt: { effect, when } });
        await deliver(world, 10);
        const where = `crash ${when} effect ${effect}`;
        const told = new Map(world.notices.map(({ eventId, what }) => [eventId, what]));
        expect([where, [...told.values()]]).toEqual([where, undisturbed.notices.map(({ what }) => what)]);
      }
    }
  });

  it('says nothing of the target, its secrets or the data', async () => {
    const world = makeWorld({ answers: [500], subscription: ads });
    await deliver(world, 10);
    for (const notice of world.notices) {
      expect(Object.keys(notice).sort()).toEqual(Object.keys(aNotice()).sort());
      expect(JSON.stringify(notice)).not.toMatch(/hush|hooks\.example|whsec_/);
    }
  });

  it('tells also who subscribed to the operational events and fails at them, who gets no event of it', async () => {
    const topic = { door: 'system', name: 'delivery.dead' } as const;
    const world = makeWorld({ answers: [500], subscription: { ...ads, topic } });
    for (let index = 0; index < 10; index += 1) {
      world.put(aDeliveryMessage({ eventId: `evt_${index}`, topic: 'system/delivery.dead' }));
      await world.run();
    }
    expect(world.told()).toEqual([]);
    expect(world.notices).toHaveLength(4);
    expect(world.notices[0]?.topic).toBe('system/delivery.dead');
  });
});

describe('a notice', () => {
  it('goes nowhere where the stage sends no mail', async () => {
    const event = { id: 'evt_1', time: '2026-11-20T10:00:00.000Z' };
    const facts = { kind: 'failing', percent: 50 } as const;
    await expect(noticeOwner(aSubscription(), event, facts, {})).resolves.toBeUndefined();
  });

  it.each([
    undefined,
    null,
    'text',
    {},
    { ...aNotice(), v: 2 },
    { ...aNotice(), eventId: '' },
    { ...aNotice(), what: { kind: 'disabled', reason: 'bored' } },
    { ...aNotice(), what: { kind: 'recovered' } },
  ])('is none: %j', (body) => {
    expect(parseOwnerNotice(body)).toBeUndefined();
  });
});
