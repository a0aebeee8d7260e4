import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { dispatchEvents } from '../../../core/events/dispatch-events';
import { type Event, selectorText } from '../../../core/events/event';
import { makeEventNumbers } from '../../../core/events/event-numbers';
import type { StreamRecord } from '../../../core/stream-record';
import { deliveryId, subscriptionOf } from '../../../core/webhooks/deliveries/delivery';
import { parseDeliveryMessage } from '../../../core/webhooks/deliveries/queue-messages';
import {
  anEvent,
  aRecord,
  MemoryDeliveryQueue,
  MemoryDuplicateClaims,
  MemoryEventHistory,
  MemoryFanOutMarkers,
  MemoryNumberBlocks,
  MemoryUnprocessableRecords,
  memoryNumbers,
} from '../../support/memory-dispatch';
import { MemorySubscriptionStore } from '../../support/memory-registry';
import { aSubscription } from '../../support/subscriptions';

const start = Date.parse('2026-11-20T12:00:00.000Z');
const at = '2026-11-20T12:00:00.000Z';
const invoices = { door: 'manage', name: 'invoices' } as const;

class Stage {
  readonly subscriptions = new MemorySubscriptionStore();
  readonly duplicates = new MemoryDuplicateClaims();
  readonly blocks = new MemoryNumberBlocks();
  numbers = memoryNumbers(this.blocks);
  readonly markers = new MemoryFanOutMarkers();
  readonly history = new MemoryEventHistory();
  readonly queue = new MemoryDeliveryQueue();
  readonly unprocessable = new MemoryUnprocessableRecords();
  private now = start;

  /** Dispatches a while later than before. */
  async dispatch(...records: StreamRecord[]) {
    this.now += 1000;
    return dispatchEvents(records, this, this.now);
  }

  /** Lets `writes` writes through and dies at the next one. @returns whether it came so far. */
  async dispatchDying(writes: number, ...records: StreamRecord[]): Promise<boolean> {
    let left = writes;
    this.beforeEachWrite(() => {
      if (left === 0) {
        throw new Error('died');
      }
      left -= 1;
    });
    const died = await this.dispatch(...records).then(
      () => false,
      () => true,
    );
    this.beforeEachWrite(() => undefined);
    return died;
  }

  private beforeEachWrite(beforeWrite: () => void): void {
    const { duplicates, blocks, markers, history, queue, unprocessable } = this;
    for (const store of [duplicates, blocks, markers, history, queue, unprocessable]) {
      store.beforeWrite = beforeWrite;
    }
  }

  /** `event → subscription` of every message, sorted, each once. */
  deliveries(): string[] {
    return [...new Set(this.sent())].sort();
  }

  sent(): string[] {
    return this.queue.messages.map(({ message }) => `${message.eventId} → ${message.subscriptionId}`);
  }

  planned(): string[] {
    const plans = [...this.markers.markers.values()];
    return plans.flatMap(({ eventId, plan }) => plan.map(({ id }) => `${eventId} → ${id}`)).sort();
  }
}

async function stageWith(...ids: string[]): Promise<Stage> {
  const stage = new Stage();
  for (const id of ids) {
    await stage.subscriptions.create(aSubscription({ id }));
  }
  return stage;
}

describe('dispatchEvents', () => {
  it('keeps the event and sends one first attempt for each subscription of its topic', async () => {
    const stage = await stageWith('sub_a', 'sub_b');
    await stage.subscriptions.create(aSubscription({ id: 'sub_i', topic: invoices }));
    const event = anEvent('e1', { subject: 'order-7', attributes: { region: 'eu' } });
    const [ending] = await stage.dispatch(aRecord([event]));
    expect(ending).toMatchObject({ state: 'dispatched', events: 1, duplicates: 0, messages: 2 });
    const marker = stage.markers.markers.get('e1')!;
    expect(marker.plan).toEqual([{ id: 'sub_a' }, { id: 'sub_b' }]);
    expect(stage.queue.messages[0]).toEqual({
      delaySeconds: 0,
      message: {
        v: 1,
        eventId: 'e1',
        subscriptionId: 'sub_a',
        run: 0,
        topic: 'manage/orders',
        order: marker.order,
        attempt: 1,
        event,
      },
    });
    await expect(
      stage.history.read({ topic: 'manage/orders', order: marker.order, eventId: 'e1' }),
    ).resolves.toEqual(event);
  });

  it('plans paused and disabled subscriptions too, so that nothing vanishes, but no deleted ones', async () => {
    const stage = new Stage();
    for (const state of ['active', 'paused', 'disabled', 'deleted'] as const) {
      await stage.subscriptions.create(aSubscription({ id: `sub_${state}`, state }));
    }
    await stage.dispatch(aRecord([anEvent('e1')]));
    expect(stage.deliveries()).toEqual(['e1 → sub_active', 'e1 → sub_disabled', 'e1 → sub_paused']);
  });

  it('keeps an event that nobody subscribes to, and fans it out to none', async () => {
    const stage = new Stage();
    await stage.dispatch(aRecord([anEvent('e1')]));
    expect(stage.history.ids()).toEqual(['e1']);
    expect(stage.markers.markers.get('e1')?.plan).toEqual([]);
    expect(stage.queue.messages).toEqual([]);
  });

  it('carries small events in the message, and leaves large ones to the history', async () => {
    const stage = await stageWith('sub_a');
    const sizes = { small: 15_000, large: 16_384, escaped: 3000 };
    await stage.dispatch(
      aRecord([
        anEvent('small', { dataJson: JSON.stringify('x'.repeat(sizes.small)) }),
        anEvent('large', { dataJson: JSON.stringify('x'.repeat(sizes.large)) }),
        anEvent('escaped', { dataJson: JSON.stringify('é'.repeat(sizes.escaped)) }),
      ]),
    );
    const inline = stage.queue.messages.map(({ message }) => [message.eventId, message.event !== undefined]);
    expect(inline).toEqual([
      ['small', true],
      ['large', false],
      ['escaped', false],
    ]);
  });

  it('asks for the subscriptions of a topic once per batch', async () => {
    const stage = await stageWith('sub_a');
    const ofTopic = jest.spyOn(stage.subscriptions, 'ofTopic');
    const records = ['e1', 'e2', 'e3'].map((id) => aRecord([anEvent(id)], { partitionKey: id }));
    await stage.dispatch(...records, aRecord([anEvent('i1', { topic: invoices })]));
    const asked = ofTopic.mock.calls.map(([selector]) => selectorText(selector)).sort();
    expect(asked).toEqual(['manage/invoices', 'manage/orders', 'manage:*']);
  });

  it('asks for the subscriptions of many topics a few at a time, so that no call waits for a socket', async () => {
    const stage = await stageWith();
    let [open, most] = [0, 0];
    jest.spyOn(stage.subscriptions, 'ofTopic').mockImplementation(async () => {
      open += 1;
      most = Math.max(most, open);
      await new Promise(setImmediate);
      open -= 1;
      return [];
    });
    const topicOf = (index: number) => ({ door: 'manage' as const, name: `t${index}.a.b.c.d.e.f.g` });
    await stage.dispatch(
      aRecord(Array.from({ length: 200 }, (_, index) => anEvent(`e${index}`, { topic: topicOf(index) }))),
    );
    expect(most).toBeGreaterThan(1);
    expect(most).toBeLessThanOrEqual(50);
  });

  it('finds who listens to a pattern, each once, and says by which pattern', async () => {
    const stage = await stageWith('sub_exact');
    const patterns = { sub_all: '*', sub_near: 'user.profile.*', sub_far: 'user.*', sub_no: 'users.*' };
    for (const [id, name] of Object.entries(patterns)) {
      await stage.subscriptions.create(
        aSubscription({ id, topic: { door: 'manage', name, isPattern: true } }),
      );
    }
    const elsewhere = { door: 'events', name: '*', isPattern: true } as const;
    await stage.subscriptions.create(aSubscription({ id: 'sub_elsewhere', topic: elsewhere }));
    const name = 'user.profile.changed';
    await stage.dispatch(aRecord([anEvent('e1', { topic: { door: 'manage', name } }), anEvent('e2')]));
    const sent = stage.queue.messages.map(({ message: { eventId, subscriptionId, topic, via } }) => [
      eventId,
      subscriptionId,
      topic,
      via,
    ]);
    expect(sent).toEqual([
      ['e1', 'sub_near', 'manage/user.profile.changed', 'manage:user.profile.*'],
      ['e1', 'sub_far', 'manage/user.profile.changed', 'manage:user.*'],
      ['e1', 'sub_all', 'manage/user.profile.changed', 'manage:*'],
      ['e2', 'sub_exact', 'manage/orders', undefined],
      ['e2', 'sub_all', 'manage/orders', 'manage:*'],
    ]);
    expect(stage.queue.messages.map(({ message }) => parseDeliveryMessage(message))).not.toContain(undefined);
    const found = await stage.subscriptions.findMany(
      stage.queue.messages.map(({ message }) => subscriptionOf(message)),
    );
    expect(found.size).toBe(4);
  });

  it('fans out to those alone whose filter lets the event pass, whatever brought it', async () => {
    const stage = await stageWith('sub_all');
    const filter = { attributes: { region: ['eu'] }, data: { total: [{ numeric: ['>', 10] as const }] } };
    await stage.subscriptions.create(aSubscription({ id: 'sub_exact', filter }));
    const topic = { door: 'manage', name: '*', isPattern: true } as const;
    await stage.subscriptions.create(aSubscription({ id: 'sub_pattern', topic, filter }));
    const attributes = { region: 'eu' };
    await stage.dispatch(
      aRecord([
        anEvent('both', { attributes }),
        anEvent('cheap', { attributes, dataJson: '{"total":9}' }),
        anEvent('elsewhere', { attributes: { region: 'us' } }),
      ]),
    );
    expect(stage.deliveries()).toEqual([
      'both → sub_all',
      'both → sub_exact',
      'both → sub_pattern',
      'cheap → sub_all',
      'elsewhere → sub_all',
    ]);
    expect(stage.markers.markers.get('cheap')?.plan).toHaveLength(1);
  });

  it('tells a topic whose name ends like a pattern from the pattern', async () => {
    const stage = new Stage();
    const name = 'foo.*';
    const exact = { door: 'webhooks', name } as const;
    await stage.subscriptions.create(aSubscription({ id: 'sub_exact', topic: exact }));
    await stage.subscriptions.create(
      aSubscription({ id: 'sub_pattern', topic: { ...exact, isPattern: true } }),
    );
    await stage.dispatch(
      aRecord([
        anEvent('e1', { topic: { door: 'webhooks', name: 'foo.bar' } }),
        anEvent('e2', { topic: exact }),
      ]),
    );
    expect(stage.sent()).toEqual(['e1 → sub_pattern', 'e2 → sub_exact', 'e2 → sub_pattern']);
  });

  it('counts an id that comes twice within one record once', async () => {
    const stage = await stageWith('sub_a');
    await stage.dispatch(aRecord([anEvent('e1'), anEvent('e1', { dataJson: '2' }), anEvent('e2')]));
    expect(stage.sent()).toEqual(['e1 → sub_a', 'e2 → sub_a']);
    expect(stage.history.rows.size).toBe(2);
  });

  it('sends 5 000 messages for an event with 5 000 subscriptions, in bounded parts', async () => {
    const stage = await stageWith(...Array.from({ length: 5000 }, (_, index) => `sub_${index}`));
    const send = jest.spyOn(stage.queue, 'send');
    await stage.dispatch(aRecord([anEvent('e1')]));
    expect(stage.deliveries()).toHaveLength(5000);
    expect(Math.max(...send.mock.calls.map(([messages]) => messages.length))).toBeLessThanOrEqual(1000);
  });
});

describe('dispatchEvents, the same again', () => {
  it('ignores an event that another record brought, whatever it holds', async () => {
    const stage = await stageWith('sub_a');
    const first = aRecord([anEvent('e1')]);
    await stage.dispatch(first);
    const [ending] = await stage.dispatch(aRecord([anEvent('e1', { dataJson: '"other"' })]));
    expect(ending).toMatchObject({ events: 0, duplicates: 1, messages: 0 });
    expect(stage.sent()).toEqual(['e1 → sub_a']);
    expect([...stage.history.rows.values()]).toEqual([anEvent('e1')]);
  });

  it('takes the same sequence number of another shard for another record', async () => {
    const stage = await stageWith('sub_a');
    const first = aRecord([anEvent('e1')]);
    await stage.dispatch(first);
    await stage.dispatch({ ...first, shardId: 'shardId-000000000001' });
    expect(stage.sent()).toEqual(['e1 → sub_a']);
  });

  it('sends one event once that comes in two records side by side', async () => {
    const stage = await stageWith('sub_a');
    await stage.dispatch(
      aRecord([anEvent('e1')], { partitionKey: 'a' }),
      aRecord([anEvent('e1')], { partitionKey: 'b' }),
    );
    expect(stage.sent()).toEqual(['e1 → sub_a']);
    expect(stage.history.rows.size).toBe(1);
  });

  it('repeats a finished batch with its own plans: same deliveries, same history', async () => {
    const stage = await stageWith('sub_a', 'sub_b');
    const records = [aRecord([anEvent('e1'), anEvent('e2')]), aRecord([anEvent('e3')])];
    await stage.dispatch(...records);
    const [markers, history] = [new Map(stage.markers.markers), new Map(stage.history.rows)];
    await stage.subscriptions.create(aSubscription({ id: 'sub_new' }));
    await stage.dispatch(...records);
    expect(stage.markers.markers).toEqual(markers);
    expect(stage.history.rows).toEqual(history);
    expect(stage.deliveries()).toEqual(stage.planned());
    const ids = stage.queue.messages.map(({ message }) => deliveryId(message));
    expect(new Set(ids).size).toBe(6);
  });

  it.each(['added', 'removed'])(
    'ends with every planned delivery and no other after a death at any write, a subscription %s meanwhile',
    async (what) => {
      const order = ['e1', 'e2', 'e3', 'x1', 'x2'];
      for (let writes = 0; ; writes += 1) {
        const stage = await stageWith('sub_a', 'sub_b', 'sub_c');
        const batch = [
          aRecord([anEvent('e1'), anEvent('e2')]),
          aRecord(Buffer.from('poison'), { partitionKey: 'other' }),
          aRecord([anEvent('x1'), anEvent('x2')], { partitionKey: 'other' }),
          aRecord([anEvent('e3')]),
        ];
        const died = await stage.dispatchDying(writes, ...batch);
        const markersBefore = new Map(stage.markers.markers);
        if (what === 'added') {
          await stage.subscriptions.create(aSubscription({ id: 'sub_new' }));
        } else {
          const change = { from: ['active'], to: 'deleted', at } as const;
          await stage.subscriptions.changeState({ id: 'sub_b', topic: aSubscription().topic }, change);
        }
        await stage.dispatch(...batch);
        expect(stage.deliveries()).toEqual(stage.planned());
        for (const [id, marker] of markersBefore) {
          expect(stage.markers.markers.get(id)).toEqual(marker);
        }
        const history = stage.history.ids();
        expect([...history].sort()).toEqual(order);
        expect(history.filter((id) => id.startsWith('e'))).toEqual(['e1', 'e2', 'e3']);
        expect(history.filter((id) => id.startsWith('x'))).toEqual(['x1', 'x2']);
        expect([...stage.unprocessable.reasons.values()]).toEqual(['not JSON']);
        // A third record with the same events is a duplicate, whatever happened before.
        const sent = stage.queue.messages.length;
        await stage.dispatch(aRecord([anEvent('e1'), anEvent('x2')]));
        expect(stage.queue.messages).toHaveLength(sent);
        if (!died) {
          expect(writes).toBeGreaterThan(20);
          break;
        }
      }
    },
  );

  it('keeps each key in its order in the history, however the stream cuts, dies and repeats', async () => {
    const cut = fc.record({ size: fc.integer({ min: 1, max: 4 }), writes: fc.integer({ min: 0, max: 12 }) });
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(fc.constantFrom('k', 'l'), fc.integer({ min: 1, max: 5 })), {
          minLength: 1,
          maxLength: 8,
        }),
        fc.array(cut, { maxLength: 30 }),
        async (shape, cuts) => {
          const stage = await stageWith('sub_a');
          const published: Record<string, string[]> = { k: [], l: [] };
          const records = shape.map(([key, count]) => {
            const ids = Array.from({ length: count }, (_, n) => `${key}${published[key]!.length + n}`);
            published[key]!.push(...ids);
            return aRecord(
              ids.map((id) => anEvent(id)),
              { partitionKey: key },
            );
          });
          let next = 0;
          for (const { size, writes } of cuts) {
            const batch = records.slice(next, next + size);
            next += (await stage.dispatchDying(writes, ...batch)) ? 0 : batch.length;
          }
          await stage.dispatch(...records.slice(next));
          const history = stage.history.ids();
          for (const key of ['k', 'l']) {
            expect(history.filter((id) => id.startsWith(key))).toEqual(published[key]);
          }
          expect(stage.deliveries()).toEqual(stage.planned());
        },
      ),
      { numRuns: 200 },
    );
  });
});

describe('dispatchEvents, events that are the same as an earlier one', () => {
  const dedupe = { key: 'a'.repeat(32), days: 30 };
  const twin = (id: string) => anEvent(id, { topic: { door: 'webhooks', name: 'orders' }, dedupe });

  it('dispatches the first of them alone, and tells how many it left out', async () => {
    const stage = new Stage();
    const endings = await stage.dispatch(aRecord([twin('e1'), twin('e2')]), aRecord([twin('e3')]));
    expect(stage.history.ids()).toHaveLength(1);
    const duplicates = endings.map((ending) => (ending.state === 'dispatched' ? ending.duplicates : 0));
    expect(duplicates.reduce((sum, count) => sum + count)).toBe(2);
  });

  it('tells doors and keys apart, and leaves events without a key alone', async () => {
    const stage = new Stage();
    const other = anEvent('e2', { topic: { door: 'topics', name: 'orders' }, dedupe });
    await stage.dispatch(
      aRecord([twin('e1'), other, anEvent('e3', { dedupe: { key: 'b', days: 30 } })]),
      aRecord([anEvent('e4'), anEvent('e5')]),
    );
    expect(stage.history.ids().sort()).toEqual(['e1', 'e2', 'e3', 'e4', 'e5']);
  });

  it('goes by the time at which the stream took a record: repeating it later comes to the same end', async () => {
    const stage = new Stage();
    const on = (day: string, id: string) => aRecord([twin(id)], { arrivedAt: `2026-${day}T10:00:00.000Z` });
    const records = [on('01-01', 'e1'), on('01-30', 'late'), on('01-31', 'e2'), on('02-20', 'later')];
    await stage.dispatch(...records);
    expect(stage.history.ids().sort()).toEqual(['e1', 'e2']);
    await stage.dispatch(...records.slice(2));
    expect(stage.history.ids().sort()).toEqual(['e1', 'e2']);
  });

  it('loses none whatever dies, and never dispatches both', async () => {
    for (let writes = 0; ; writes += 1) {
      const stage = new Stage();
      await stage.subscriptions.create(
        aSubscription({ id: 'sub_a', topic: { door: 'webhooks', name: 'orders' } }),
      );
      const records = [aRecord([twin('e1')], { partitionKey: '1' }), aRecord([twin('e2')])];
      const died = await stage.dispatchDying(writes, ...records);
      await stage.dispatch(...records);
      expect(stage.deliveries()).toHaveLength(1);
      if (!died) {
        expect(writes).toBeGreaterThan(3);
        return;
      }
    }
  });
});

describe('dispatchEvents, numbers', () => {
  const of = (door: Event['topic']['door'], id: string) => anEvent(id, { topic: { door, name: 'orders' } });

  it('numbers the events of the doors whose clients know numbers, each door for itself', async () => {
    const stage = new Stage();
    await stage.dispatch(aRecord([of('webhooks', 'w1'), of('manage', 'm1'), of('topics', 't1')]));
    await stage.dispatch(aRecord([of('webhooks', 'w2')]));
    const numbers = new Map([...stage.history.rows.values()].map(({ id, number }) => [id, number]));
    expect(Object.fromEntries(numbers)).toEqual({ w1: 1, w2: 2, t1: undefined, m1: undefined });
  });

  it('gives no number twice, over containers and parallel events', async () => {
    const stage = new Stage();
    for (let container = 0; container < 3; container += 1) {
      stage.numbers = memoryNumbers(stage.blocks);
      const events = Array.from({ length: 120 }, (_, index) => of('webhooks', `e${container}-${index}`));
      await stage.dispatch(aRecord(events.slice(0, 70)), aRecord(events.slice(70), { partitionKey: 'b' }));
    }
    const numbers = [...stage.history.rows.values()].map(({ number }) => number);
    expect(new Set(numbers).size).toBe(360);
    expect(Math.max(...(numbers as number[]))).toBeLessThanOrEqual(450);
  });

  it('keeps the number that an event got first: in the history and in every message', async () => {
    const stage = new Stage();
    await stage.subscriptions.create(
      aSubscription({ id: 'sub_a', topic: { door: 'webhooks', name: 'orders' } }),
    );
    const record = aRecord([of('webhooks', 'e1')]);
    await stage.dispatch(record);
    stage.numbers = memoryNumbers(stage.blocks);
    await stage.dispatch(record);
    expect(stage.queue.messages.map(({ message }) => message.event?.number)).toEqual([1, 1]);
    expect([...stage.history.rows.values()].map(({ number }) => number)).toEqual([1]);
  });

  it('asks again after a failure, and leaves a block that has grown old', async () => {
    const blocks = new MemoryNumberBlocks();
    let now = 0;
    const numbers = makeEventNumbers(blocks, () => now);
    blocks.beforeWrite = () => {
      throw new Error('died');
    };
    await expect(numbers.next('webhooks')).rejects.toThrow('died');
    blocks.beforeWrite = () => undefined;
    expect([await numbers.next('webhooks'), await numbers.next('webhooks')]).toEqual([1, 2]);
    now = 60_000;
    expect(await numbers.next('webhooks')).toBe(51);
  });
});

describe('dispatchEvents, poison', () => {
  const event = anEvent('e1') as Event & Record<string, unknown>;
  const json = (value: unknown) => Buffer.from(JSON.stringify(value));
  const events = (...all: unknown[]) => json({ v: 1, kind: 'events', events: all });

  it.each<[string, Uint8Array, string]>([
    ['no bytes', Buffer.alloc(0), 'not JSON'],
    ['what is not JSON', Buffer.from('{"v":1,'), 'not JSON'],
    ['what is not UTF-8', Buffer.from([0x22, 0xff, 0x22]), 'not JSON'],
    ['a broken gzip', Buffer.from([0x1f, 0x8b, 1, 2, 3]), 'not readable as gzip'],
    ['a gzip bomb', gzipSync(Buffer.alloc(9 * 1024 * 1024, 0x20)), 'unpacks to more than 8 MiB'],
    ['null', json(null), 'the record'],
    ['an array', json([event]), 'the record'],
    ['an unknown kind', json({ v: 1, kind: 'change', events: [event] }), 'kind'],
    ['a later version', json({ v: 2, kind: 'events', events: [event] }), 'v'],
    ['no events', events(), 'events'],
    ['an event without an id', events({ ...event, id: '' }), 'events.0.id'],
    ['an id of 300 characters', events({ ...event, id: 'x'.repeat(300) }), 'events.0.id'],
    ['half a character in an id', events({ ...event, id: '\ud800' }), 'events.0.id'],
    ['an unknown door', events({ ...event, topic: { door: 'back', name: 'x' } }), 'events.0.topic.door'],
    ['data that is not JSON', events(event, { ...event, id: 'e2', dataJson: '{' }), 'events.1.dataJson'],
    ['attributes that are not texts', events({ ...event, attributes: { a: 1 } }), 'events.0.attributes.a'],
    [
      'an event of more than 256 kB',
      events(event, { ...event, id: 'e2', dataJson: JSON.stringify('x'.repeat(256 * 1024)) }),
      'event 1 has more than 262144 bytes',
    ],
  ])('keeps %s as unprocessable, and goes on', async (_, data, reason) => {
    const stage = await stageWith('sub_a');
    const poison = aRecord(data);
    const endings = await stage.dispatch(poison, aRecord([anEvent('good')]));
    expect(endings.map(({ state }) => state)).toEqual(['unprocessable', 'dispatched']);
    const [kept] = stage.unprocessable.reasons.values();
    expect(kept).toContain(reason);
    expect(stage.sent()).toEqual(['good → sub_a']);
    expect(stage.history.ids()).toEqual(['good']);
  });

  it('takes an event of exactly 256 kB', async () => {
    const stage = await stageWith('sub_a');
    const empty = Buffer.byteLength(JSON.stringify(anEvent('e1', { dataJson: '""' })));
    // The quotes of the data count twice, escaped.
    const dataJson = JSON.stringify('x'.repeat(256 * 1024 - empty));
    const [ending] = await stage.dispatch(aRecord([anEvent('e1', { dataJson })]));
    expect(ending?.state).toBe('dispatched');
  });

  it('sends what it can of a record with an event whose plan no store holds, and keeps the record', async () => {
    const stage = await stageWith('sub_a', 'sub_b');
    stage.markers.longestPlan = 1;
    const endings = await stage.dispatch(aRecord([anEvent('e1'), anEvent('i1', { topic: invoices })]));
    expect(endings[0]?.state).toBe('unprocessable');
    expect(stage.history.ids()).toEqual(['i1']);
  });

  it('drops nothing silently when a store fails: it throws once all that was under way has settled', async () => {
    const stage = await stageWith('sub_a');
    jest.spyOn(stage.subscriptions, 'ofTopic').mockRejectedValueOnce(new Error('throttled'));
    const records = ['a', 'b'].map((key) => aRecord([anEvent(key)], { partitionKey: key }));
    await expect(stage.dispatch(...records)).rejects.toThrow('throttled');
    const sent = stage.queue.messages.length;
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(stage.queue.messages).toHaveLength(sent);
    await stage.dispatch(...records);
    expect(stage.deliveries()).toEqual(['a → sub_a', 'b → sub_a']);
  });
});
