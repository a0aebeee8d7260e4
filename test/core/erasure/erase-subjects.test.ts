import { eraseSubjects } from '../../../core/erasure/erase-subjects';
import type { WorkingErasure } from '../../../core/erasure/erasure';
import type { Event } from '../../../core/events/event';
import { decodeRecord } from '../../../core/stream-record';
import { anEvent } from '../../support/memory-dispatch';
import { makeMemoryErasableEvents } from '../../support/memory-erasure';
import { aSubscription } from '../../support/subscriptions';
import { WholeWorld } from '../../support/whole-world';

const ADA = 'ad|Mozilla-LDAP|ada-the-marker';
const BOB = 'ad|Mozilla-LDAP|bob';
const orders = { door: 'manage', name: 'orders' } as const;
const system = { door: 'system', name: 'profile.created' } as const;

const order = (id: string, subject: string): Event =>
  anEvent(id, { topic: orders, subject, dataJson: JSON.stringify({ for: subject, total: 12.5 }) });

/** Ada and Bob, each with a profile, orders that were delivered, are being retried, and are dead. */
async function makeInhabited(): Promise<WholeWorld> {
  const world = new WholeWorld();
  const policy = aSubscription().policy;
  for (const [id, topic, scheduleSeconds] of [
    ['sub_good000000000001', orders, [5]],
    ['sub_slow000000000001', orders, [7200, 7200]],
    ['sub_dead000000000001', orders, []],
    ['sub_profiles00000001', system, [5]],
  ] as const) {
    await world.subscriptions.create(aSubscription({ id, topic, policy: { ...policy, scheduleSeconds } }));
  }
  world.answers.set('sub_slow000000000001', 503);
  world.answers.set('sub_dead000000000001', 500);
  for (const user of [ADA, BOB]) {
    world.submit(user, `${user} says hello`);
    world.publish(order(`order-of-${user === ADA ? 'a' : 'b'}`, user));
  }
  world.publish(anEvent('nobody', { topic: orders }));
  await world.integrate();
  await world.dispatch();
  await world.deliver();
  return world;
}

/** Everything that is stored, as text; the streams and what was posted are no stores. */
function stored(world: WholeWorld): string {
  const bytes = (_: string, value: unknown) =>
    value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : value;
  return JSON.stringify(
    [
      [...world.vault.rows],
      [...world.vault.recorded],
      [...world.markers.markers],
      [...world.history.rows],
      [...world.unprocessable.records],
      world.deliveries.rows(),
      world.deadLetters,
      [...world.erasures.rows],
    ],
    bytes,
  );
}

const text = (data: Uint8Array) => JSON.stringify(decodeRecord(data));

/** What is left where the receipt says so: the key of the mark, as itself and in the keys of the fake. */
function traces(world: WholeWorld, subject: string): number {
  const quoted = JSON.stringify(subject).slice(1, -1);
  const keyOnly = world.vault.rows.has(subject) ? 2 : 0;
  return stored(world).split(quoted).length - 1 - keyOnly;
}

async function eraseWholly(world: WholeWorld, subject: string): Promise<string> {
  const { id } = await world.requestErasure(subject);
  await world.eraseTick();
  world.time += 31_000;
  await world.eraseTick();
  expect(world.erasures.rows.get(id)?.state).toBe('completed');
  return id;
}

describe('eraseSubjects', () => {
  it('leaves nothing of the subject, and everything of the others', async () => {
    const world = await makeInhabited();
    const before = JSON.parse(JSON.stringify(world.vault.rows.get(BOB)));
    expect(traces(world, ADA)).toBeGreaterThan(10);
    const tracesOfBob = traces(world, BOB);
    const id = await eraseWholly(world, ADA);
    expect(traces(world, ADA)).toBe(0);
    expect(traces(world, BOB)).toBe(tracesOfBob);
    expect(world.vault.rows.get(BOB)).toEqual(before);
    expect(world.history.ids()).toEqual(expect.arrayContaining(['order-of-b', 'nobody']));
    expect(world.history.ids()).not.toContain('order-of-a');
    // The order, profile.created, change.integrated; three deliveries of the order and one of the profile.
    expect(world.erasures.rows.get(id)?.counts).toEqual({
      profiles: 1,
      changeStatuses: 1,
      events: 3,
      deliveries: 4,
      unprocessableRecords: 0,
    });
  });

  it('takes the events in which the user acted, and those alone', async () => {
    const world = await makeInhabited();
    const acted = (id: string, type: string, actor: string) =>
      world.publish(anEvent(id, { topic: orders, actor: { type, id: actor } }));
    acted('user', 'user', ADA);
    acted('other-user', 'user', BOB);
    acted('service', 'service', ADA);
    world.publish(anEvent('extension', { topic: orders, attributes: { actortype: 'user', actorid: ADA } }));
    world.publish(anEvent('half', { topic: orders, attributes: { actorid: ADA } }));
    await world.dispatch();
    await world.deliver();
    await eraseWholly(world, ADA);
    expect(world.history.ids()).toEqual(expect.arrayContaining(['other-user', 'service', 'half']));
    expect(world.history.ids()).not.toEqual(expect.arrayContaining(['user']));
    expect(world.history.ids()).not.toEqual(expect.arrayContaining(['extension']));
    const states = world.deliveries.rows().filter(({ eventId }) => ['user', 'extension'].includes(eventId));
    expect(new Set(states.map(({ state }) => state))).toEqual(new Set(['erased']));
  });

  it('never posts what was pending, and takes the dead letters off the queue', async () => {
    const world = await makeInhabited();
    await eraseWholly(world, ADA);
    const posted = world.posts.length;
    const ofAda = world.deliveries.rows().filter(({ eventId }) => eventId === 'order-of-a');
    expect(ofAda.map(({ state }) => state)).toEqual(['erased', 'erased', 'erased']);
    expect(ofAda.flatMap(({ attempts }) => attempts.map(({ status }) => status)).sort()).toEqual([
      200, 500, 503,
    ]);
    await world.comeToRest();
    expect(world.posts.slice(posted).filter(({ body }) => body.includes(ADA))).toEqual([]);
    const before = world.deadLetters.length;
    await world.settleDeadLetters();
    expect(world.deadLetters).toHaveLength(before - 1);
    expect(JSON.stringify(world.deadLetters)).not.toContain('order-of-a');
  });

  it('ends deliveries that have no row yet, although their messages hold the event', async () => {
    const world = await makeInhabited();
    world.publish(order('order-of-a-2', ADA));
    await world.dispatch();
    expect(world.queue.filter(({ message }) => message.event?.subject === ADA)).toHaveLength(3);
    const posted = world.posts.length;
    await eraseWholly(world, ADA);
    await world.deliver();
    expect(world.posts.slice(posted).filter(({ body }) => body.includes(ADA))).toEqual([]);
    const rows = world.deliveries.rows().filter(({ eventId }) => eventId === 'order-of-a-2');
    expect(rows.map(({ state, attempts }) => [state, attempts])).toEqual([
      ['erased', []],
      ['erased', []],
      ['erased', []],
    ]);
  });

  it('posts no replay of it, although its message holds the event and no row says that it ended', async () => {
    const world = await makeInhabited();
    const live = world.queue.length;
    world.publish(order('order-of-a-2', ADA));
    await world.dispatch();
    const { message } = world.queue[live]!;
    await eraseWholly(world, ADA);
    const posted = world.posts.length;
    const replayed = { ...message, run: 1 };
    world.queue.splice(0, world.queue.length, { message: replayed, at: world.time });
    await world.deliver();
    expect(world.posts).toHaveLength(posted);
    expect(await world.deliveries.read(replayed)).toMatchObject({ state: 'skipped', reason: 'event_gone' });
    expect(world.deadLetters.filter(({ body }) => JSON.stringify(body).includes('order-of-a-2'))).toEqual([]);
  });

  it('stays erased when both streams are read again from the start', async () => {
    const world = await makeInhabited();
    await eraseWholly(world, ADA);
    const posted = world.posts.length;
    const published = world.events.length;
    await world.rewind();
    await world.comeToRest();
    expect(traces(world, ADA)).toBe(0);
    // What the integration announced again went onto the stream, which keeps it anew.
    const announced = world.events
      .slice(published)
      .map(({ data, partitionKey }) => [partitionKey, text(data)]);
    expect(announced.length).toBeGreaterThan(0);
    expect(JSON.stringify(announced)).not.toContain('ada-the-marker');
    expect(world.vault.rows.get(ADA)).toMatchObject({ outbox: [] });
    expect(world.posts.slice(posted).filter(({ body }) => body.includes(ADA))).toEqual([]);
  });

  it('ends a change that was on its way as erased, naming nobody, wherever it is read', async () => {
    const world = await makeInhabited();
    const underway = world.submit(ADA, 'under way');
    world.time += 1000;
    await eraseWholly(world, ADA);
    await world.integrate();
    await world.dispatch();
    expect(traces(world, ADA)).toBe(0);
    const status = await world.vault.statuses.find(underway.sequenceNumber);
    expect(status).toMatchObject({ state: 'rejected', code: 'erased' });
    expect(status).not.toHaveProperty('userId');
  });

  it('lets a new change make a new person, whom older changes do not touch', async () => {
    const world = await makeInhabited();
    await eraseWholly(world, ADA);
    world.time += 1000;
    world.submit(ADA, 'back by choice');
    await world.integrate();
    const made = JSON.parse(JSON.stringify(world.vault.rows.get(ADA)));
    expect(made.profile.first_name.value).toBe('back by choice');
    await world.rewind();
    expect(world.vault.rows.get(ADA)).toEqual(made);
    expect([...world.vault.recorded.values()].filter(({ userId }) => userId === ADA)).toHaveLength(1);
  });

  it('keeps a late straggler from naming the person who came back', async () => {
    const world = await makeInhabited();
    const accepted = world.now();
    await eraseWholly(world, ADA);
    world.time += 1000;
    world.submit(ADA, 'back by choice');
    await world.integrate();
    const straggler = world.submit(ADA, 'older than the erasure', accepted);
    await world.integrate();
    expect(await world.vault.statuses.find(straggler.sequenceNumber)).toMatchObject({ code: 'erased' });
    expect(world.vault.rows.get(ADA)?.profile?.first_name.value).toBe('back by choice');
  });

  it('finds in its second pass what arrived while the first was at work', async () => {
    const world = await makeInhabited();
    await world.requestErasure(ADA);
    await world.eraseTick();
    world.publish(order('order-of-a-late', ADA));
    await world.dispatch();
    expect(traces(world, ADA)).toBeGreaterThan(0);
    await world.eraseTick();
    expect(world.history.ids()).toContain('order-of-a-late');
    world.time += 31_000;
    await world.eraseTick();
    expect(traces(world, ADA)).toBe(0);
  });

  it('empties unprocessable records that name the subject, and leaves the others', async () => {
    const world = await makeInhabited();
    const broken = (text: string) => ({ ...world.events[0]!, data: Buffer.from(text) });
    await world.unprocessable.record(
      { ...broken(JSON.stringify({ data: `{"user_id":"${ADA}"}` })), sequenceNumber: '1' },
      'x',
    );
    await world.unprocessable.record({ ...broken(`not json ${ADA}`), sequenceNumber: '2' }, 'x');
    await world.unprocessable.record({ ...broken('{}'), partitionKey: ADA, sequenceNumber: '3' }, 'x');
    await world.unprocessable.record(
      { ...broken(JSON.stringify({ id: `${ADA}-and-more` })), sequenceNumber: '4' },
      'x',
    );
    const id = await eraseWholly(world, ADA);
    const left = [...world.unprocessable.records.values()].filter(({ data }) => data.length > 0);
    expect(left.map(({ sequenceNumber }) => sequenceNumber)).toEqual(['4']);
    expect(world.erasures.rows.get(id)?.counts.unprocessableRecords).toBe(3);
  });

  it('names each store in the receipt, and nobody', async () => {
    const world = await makeInhabited();
    const id = await eraseWholly(world, ADA);
    const row = world.erasures.rows.get(id);
    expect(JSON.stringify(row)).not.toContain('ada-the-marker');
    const receipt = row?.state === 'completed' ? row.receipt : [];
    expect(receipt.map(({ store }) => store)).toEqual([
      ...['profiles', 'change-statuses', 'events', 'unprocessable-records', 'deliveries'],
      ...['changes-stream', 'events-stream', 'deliveries-queue', 'dead-letter-queue'],
      ...['scheduled-messages', 'registry', 'logs', 'backups', 'erasures'],
    ]);
    const until = Object.fromEntries(receipt.map((entry) => [entry.store, entry.until]));
    const inDays = (days: number) => new Date(world.time + days * 24 * 3600_000).toISOString();
    expect(until).toMatchObject({
      'changes-stream': inDays(7),
      'events-stream': inDays(7),
      profiles: inDays(8),
      backups: inDays(35),
      logs: inDays(90),
    });
    const mark = world.vault.rows.get(ADA)?.erased;
    expect(mark?.until).toBe(inDays(8));
  });

  it('leaves an erasure alone that another worker has, and takes it over when the lease has ended', async () => {
    const world = await makeInhabited();
    const erasure = (await world.requestErasure(ADA)) as WorkingErasure;
    const leaseUntil = new Date(world.time + 60_000).toISOString();
    await world.erasures.write({ ...erasure, leaseUntil, version: 2 });
    await world.eraseTick();
    expect(world.vault.rows.get(ADA)?.profile).toBeDefined();
    world.time += 60_000;
    await world.eraseTick();
    expect(world.vault.rows.get(ADA)?.profile).toBeUndefined();
  });

  it('stops in the middle of a page when the time is up, and goes on there', async () => {
    const world = await makeInhabited();
    world.publish(...Array.from({ length: 30 }, (_, index) => order(`many-${index}`, ADA)));
    await world.dispatch();
    const { id } = await world.requestErasure(ADA);
    for (let ticks = 0; world.erasures.rows.get(id)?.state === 'working'; ticks += 1) {
      expect(ticks).toBeLessThan(100);
      const start = world.time;
      // Every look at the clock costs a second, and a tick has six.
      const now = () => {
        world.time += 1000;
        return world.now();
      };
      const events = makeMemoryErasableEvents(world, 50);
      await eraseSubjects({ ...world.erasePorts(), events, now }, new Date(start + 6000));
      world.time += 120_000;
    }
    expect(traces(world, ADA)).toBe(0);
    expect(world.erasures.rows.get(id)?.counts.events).toBe(33);
  });

  it('works on the others when one erasure fails, and says so', async () => {
    const world = await makeInhabited();
    await world.requestErasure(BOB);
    world.time += 1;
    await world.requestErasure(ADA);
    const ports = world.erasePorts();
    const profiles = {
      ...ports.profiles,
      readMany: (ids: readonly string[]) =>
        ids.includes(BOB) ? Promise.reject(new Error('throttled')) : ports.profiles.readMany(ids),
    };
    await expect(eraseSubjects({ ...ports, profiles }, new Date(world.time + 40_000))).rejects.toThrow(
      'throttled',
    );
    expect(world.vault.rows.get(ADA)?.profile).toBeUndefined();
    expect(world.vault.rows.get(BOB)?.profile).toBeDefined();
  });

  it('leaves nothing behind wherever it dies, and dies no more than once', async () => {
    let died = 0;
    for (let after = 1; ; after += 1) {
      const world = await makeInhabited();
      world.publish(order('order-of-a-2', ADA));
      await world.dispatch();
      const { id } = await world.requestErasure(ADA);
      world.eraser.revive(after);
      const crashed = await world.eraseTick().then(
        () => false,
        () => true,
      );
      world.eraser.revive();
      for (let ticks = 0; world.erasures.rows.get(id)?.state === 'working' && ticks < 20; ticks += 1) {
        world.time += 121_000;
        await world.eraseTick();
      }
      expect(world.erasures.rows.get(id)?.state).toBe('completed');
      await world.rewind();
      await world.comeToRest();
      expect(traces(world, ADA)).toBe(0);
      if (!crashed) {
        break;
      }
      died += 1;
    }
    expect(died).toBeGreaterThan(30);
  });
});
