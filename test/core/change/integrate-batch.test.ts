import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import type { ChangeOutcome } from '../../../core/change/change';
import { type IncomingRecord, integrateBatch } from '../../../core/change/integrate-batch';
import type { IntegrationContext } from '../../../core/change/integration-context';
import type { IntegrationPorts } from '../../../core/change/integration-ports';
import type { PartialProfile, Profile } from '../../../core/person/profile';
import { changeRecord, deletionRecord, partialProfile, rawRecord, SHARD } from '../../support/change-records';
import { type MemoryVault, makeMemoryVault } from '../../support/memory-vault';
import { MortalProcess } from '../../support/mortal-process';
import { profileWith } from '../../support/stored-profile';

/**
 * Stands in for the rules: what a change says in `first_name` decides. An integrated change appends to
 * `description`, so a change that is lost, doubled or out of order shows in the profile.
 */
jest.mock('../../../core/change/integrate-change', () => ({
  integrateChange: (
    stored: Profile | undefined,
    change: PartialProfile,
    { publisherKeys }: IntegrationContext,
  ): ChangeOutcome => {
    const word = String(change.first_name?.value);
    if (word === 'noop') {
      return { state: 'noop' };
    }
    if (word === 'refused') {
      return { state: 'rejected', code: 'invalid_publisher', text: '[update] ldap is NOT allowed' };
    }
    if (word === 'throws') {
      throw new TypeError('a defect that quotes "hunter2"');
    }
    if (word.startsWith('signed-by-') && !publisherKeys.has(word)) {
      return {
        state: 'rejected',
        code: 'invalid_signature',
        text: 'first_name is not signed by its publisher',
      };
    }
    if (word.startsWith('allowed-by-') && !publisherKeys.has(word)) {
      return { state: 'rejected', code: 'invalid_publisher', text: '[update] ldap is NOT allowed' };
    }
    const description = `${stored?.description.value ?? ''}>${word}`;
    return {
      state: 'integrated',
      condition: stored ? 'update' : 'create',
      profile: profileWith({ user_id: change.user_id?.value ?? null, uuid: 'u', description }),
      changedAttributes: ['description'],
    };
  },
}));

const keysOf = (...names: string[]) =>
  ({ publisherKeys: new Map(names.map((name) => [name, []])) }) as unknown as IntegrationContext;

/** A consumer that may die, on stores that stay. */
function makeWorld(options: { maxRowBytes?: number } = {}) {
  const process = new MortalProcess();
  const vault = makeMemoryVault(process, options);
  const unexpected: unknown[] = [];
  let now = Date.parse('2026-01-01T00:00:01.000Z');
  const keys = { held: keysOf(), newer: undefined as IntegrationContext | undefined, renewals: 0 };
  const ports: IntegrationPorts = {
    ...vault,
    context: {
      current: async () => keys.held,
      renewed: async () => {
        keys.renewals += 1;
        keys.held = keys.newer ?? keys.held;
        return keys.newer;
      },
    },
    observer: {
      ended: () => undefined,
      unexpectedlyRejected: (_position, error) => unexpected.push(error),
    },
    // Every try happens later, as in life.
    now: () => {
      now += 1000;
      return new Date(now);
    },
  };
  return {
    ...{ process, vault, ports, unexpected, keys },
    deliver: (records: readonly IncomingRecord[]) => integrateBatch(records, ports),
    passTime: (milliseconds: number) => {
      now += milliseconds;
    },
  };
}
type World = ReturnType<typeof makeWorld>;

/** What must be the same however often, and in whichever pieces, the stream delivered. */
function endState({ vault }: World) {
  return {
    profiles: [...vault.rows].map(([id, row]) => [id, row.profile?.description.value ?? null]).sort(),
    statuses: [...vault.recorded.values()]
      .map(({ sequenceNumber, state, condition, code }) => [sequenceNumber, state, condition, code].join(' '))
      .sort(),
    events: [...announced(vault).values()].map(({ id, dataJson }) => `${id} ${dataJson}`).sort(),
  };
}

/** By id; the same id must always carry the same bytes. */
function announced(vault: MemoryVault) {
  const events = new Map<string, { id: string; dataJson: string; time: string }>();
  for (const event of vault.appended.flatMap((batch) => batch.events)) {
    const earlier = events.get(event.id);
    if (earlier) {
      expect(event).toEqual(earlier);
    }
    events.set(event.id, event);
  }
  return events;
}

/** Per user, first sightings in order: what a subscriber that drops doubles sees. */
function orderSeen(vault: MemoryVault, userId: string): string[] {
  const ids = vault.appended
    .filter(({ partitionKey }) => partitionKey === userId)
    .flatMap(({ events }) => events.map(({ dataJson }) => JSON.parse(dataJson).sequence_number));
  return [...new Set(ids)];
}

const mixed: readonly IncomingRecord[] = [
  changeRecord(1, 'ad|ada', 'a1'),
  changeRecord(2, 'ad|bob', 'b1'),
  rawRecord(3, 'not JSON'),
  changeRecord(4, 'ad|ada', 'refused'),
  changeRecord(5, 'ad|ada', 'a2'),
  changeRecord(6, 'ad|bob', 'noop'),
  changeRecord(7, 'ad|eve', 'refused'),
  changeRecord(8, 'ad|ada', 'throws'),
  changeRecord(9, 'ad|bob', 'b2'),
  changeRecord(10, 'ad|eve', 'e1'),
];

const uninterrupted = async (records: readonly IncomingRecord[]) => {
  const world = makeWorld();
  await world.deliver(records);
  return { state: endState(world), writes: world.process.writes };
};

describe('integrateBatch', () => {
  it('ends every record, folds each user into one write, and announces what changed', async () => {
    const world = makeWorld();
    await world.deliver(mixed);
    expect(endState(world)).toMatchObject({
      profiles: [
        ['ad|ada', '>a1>a2'],
        ['ad|bob', '>b1>b2'],
        ['ad|eve', '>e1'],
      ],
      statuses: [
        '1 integrated create ',
        '10 integrated create ',
        '2 integrated create ',
        '3 rejected  record_unreadable',
        '4 rejected  invalid_publisher',
        '5 integrated update ',
        '6 noop  ',
        '7 rejected  invalid_publisher',
        '8 rejected  internal_error',
        '9 integrated update ',
      ],
    });
    expect([...world.vault.rows.values()].map(({ version }) => version)).toEqual([1, 1, 1]);
    expect(world.vault.rows.get('ad|ada')).toMatchObject({ lastSequenceNumber: '8', lastShardId: SHARD });
    expect(world.vault.rows.get('ad|ada')?.outbox.map(({ status }) => status.sequenceNumber)).toEqual([
      '1',
      '4',
      '5',
      '8',
    ]);
    const told = world.vault.appended.map(({ partitionKey, events }) => [
      partitionKey,
      ...events.map(({ topic, dataJson }) => `${JSON.parse(dataJson).sequence_number} ${topic.name}`),
    ]);
    expect(told).toEqual([
      [
        'ad|ada',
        ...['1 profile.created', '1 change.integrated', '4 change.rejected'],
        ...['5 profile.updated', '5 change.integrated', '8 change.rejected'],
      ],
      [
        'ad|bob',
        ...['2 profile.created', '2 change.integrated', '6 change.noop'],
        ...['9 profile.updated', '9 change.integrated'],
      ],
      ['ad|eve', '7 change.rejected', '10 profile.created', '10 change.integrated'],
      [SHARD, '3 change.rejected'],
    ]);
  });

  it('says in an event what happened to whom, without values', async () => {
    const world = makeWorld();
    await world.deliver([changeRecord(1, 'ad|ada', 'secret')]);
    expect(world.vault.appended).toEqual([
      {
        partitionKey: 'ad|ada',
        events: [
          {
            id: expect.stringMatching(/^evt_[\w-]{24}$/),
            topic: { door: 'system', name: 'profile.created' },
            source: '/profiles',
            subject: 'ad|ada',
            time: '2026-01-01T00:00:02.000Z',
            dataJson:
              '{"user_id":"ad|ada","uuid":"u","operation":"create","changed":["description"],"sequence_number":"1"}',
          },
          {
            id: expect.stringMatching(/^evt_[\w-]{24}$/),
            topic: { door: 'system', name: 'change.integrated' },
            source: '/changes',
            subject: 'ad|ada',
            time: '2026-01-01T00:00:02.000Z',
            dataJson: `{"sequence_number":"1","shard_id":"${SHARD}","user_id":"ad|ada","state":"integrated","condition":"create"}`,
          },
        ],
      },
    ]);
    const [first, second] = world.vault.appended[0]?.events ?? [];
    expect(first?.id).not.toBe(second?.id);
  });

  it('tells of a refusal its code alone, and of what it could not read only where it was', async () => {
    const world = makeWorld();
    await world.deliver([changeRecord(1, 'ad|ada', 'refused'), rawRecord(2, 'hunter2')]);
    const events = world.vault.appended.flatMap((batch) => batch.events);
    expect(events.map(({ subject, dataJson }) => [subject, JSON.parse(dataJson)])).toEqual([
      [
        'ad|ada',
        {
          sequence_number: '1',
          shard_id: SHARD,
          user_id: 'ad|ada',
          state: 'rejected',
          code: 'invalid_publisher',
        },
      ],
      [undefined, { sequence_number: '2', shard_id: SHARD, state: 'rejected', code: 'record_unreadable' }],
    ]);
  });

  it('keeps the outbox as small as without the events that follow from a status', async () => {
    const world = makeWorld();
    await world.deliver(mixed);
    const kept = [...world.vault.rows.values()].flatMap(({ outbox }) =>
      outbox.flatMap(({ event }) => (event ? [event.topic.name] : [])),
    );
    expect(new Set(kept)).toEqual(new Set(['profile.created', 'profile.updated']));
  });

  it('makes no write for a user for whom nothing integrated', async () => {
    const world = makeWorld();
    await world.deliver([changeRecord(1, 'ad|ada', 'refused'), changeRecord(2, 'ad|bob', 'noop')]);
    expect(world.vault.rows.size).toBe(0);
    expect(world.vault.appended).toHaveLength(2);
    expect(world.vault.recorded.size).toBe(2);
  });

  it('reports a defect without what it quotes', async () => {
    const world = makeWorld();
    await world.deliver([changeRecord(1, 'ad|ada', 'throws')]);
    expect(world.unexpected).toHaveLength(1);
    expect(JSON.stringify([...world.vault.recorded.values()])).not.toContain('hunter2');
  });

  it('does nothing for an empty batch', async () => {
    const world = makeWorld();
    await world.deliver([]);
    expect(world.process.writes).toBe(0);
  });
});

describe('poison records', () => {
  const change = { v: 1, kind: 'change', userId: 'ad|ada', acceptedAt: 'now' };
  const profile = partialProfile('ad|ada', 'x');
  it.each([
    ['nothing', '', 'record_unreadable'],
    ['no JSON', '{', 'record_unreadable'],
    ['no UTF-8', Buffer.from([0x22, 0xff, 0x22]), 'record_unreadable'],
    ['half a gzip', gzipSync('{}').subarray(0, 12), 'record_unreadable'],
    ['no gzip after its first bytes', Buffer.from([0x1f, 0x8b, 1, 2, 3]), 'record_unreadable'],
    ['a zip bomb', gzipSync(Buffer.alloc(9 * 1024 * 1024, 32)), 'record_unreadable'],
    ['null', 'null', 'record_unreadable'],
    ['a list', '[]', 'record_unreadable'],
    ['a text', '"change"', 'record_unreadable'],
    ['a record without a kind', { ...change, kind: undefined, profile }, 'record_unreadable'],
    ['another operation', { ...change, operation: 'rename', profile }, 'record_unreadable'],
    ['another kind', { ...change, kind: 'events', profile }, 'record_unreadable'],
    ['a later version', { ...change, v: 2, profile }, 'record_unreadable'],
    ['no user', { ...change, userId: undefined, profile }, 'record_unreadable'],
    ['a user that is a number', { ...change, userId: 7, profile }, 'record_unreadable'],
    [
      'a time too long to be kept',
      { ...change, acceptedAt: 'x'.repeat(500_000), profile },
      'record_unreadable',
    ],
    ['an empty user', { ...change, userId: '', profile }, 'schema_invalid'],
    ['a user that no store takes', { ...change, userId: 'x'.repeat(3000), profile }, 'schema_invalid'],
    ['another user than its profile', { ...change, userId: 'ad|bob', profile }, 'schema_invalid'],
    ['no profile', change, 'schema_invalid'],
    ['a list as a profile', { ...change, profile: [] }, 'schema_invalid'],
    ['an unknown attribute', { ...change, profile: { ...profile, x: 1 } }, 'schema_invalid'],
    ['a broken attribute', { ...change, profile: { ...profile, first_name: 'x' } }, 'schema_invalid'],
  ])('%s ends as rejected, and the shard goes on', async (_, poison, code) => {
    const data = typeof poison === 'string' || poison instanceof Uint8Array ? poison : JSON.stringify(poison);
    const world = makeWorld();
    await world.deliver([changeRecord(1, 'ad|ada', 'a'), rawRecord(2, data), changeRecord(3, 'ad|ada', 'b')]);
    expect(world.vault.recorded.get(`${SHARD}:2`)).toMatchObject({ state: 'rejected', code });
    expect(endState(world).profiles).toEqual([['ad|ada', '>a>b']]);
    expect(world.unexpected).toEqual([]);
  });

  it('keep a status short, however much is wrong', async () => {
    const world = makeWorld();
    const unknown = Object.fromEntries(Array.from({ length: 5000 }, (_, index) => [`x${index}`, 1]));
    await world.deliver([rawRecord(1, JSON.stringify({ ...change, profile: { ...profile, ...unknown } }))]);
    expect(world.vault.recorded.get(`${SHARD}:1`)?.text?.length).toBeLessThan(1000);
  });
});

describe('a crash', () => {
  it('after any single write is repaired by the replay of the batch', async () => {
    const whole = await uninterrupted(mixed);
    // Three profiles, ten statuses, and a record of events for each user and for what could not be read.
    expect(whole.writes).toBe(3 + 10 + 4);
    for (let write = 1; write <= whole.writes; write += 1) {
      const world = makeWorld();
      world.process.revive(write);
      await expect(world.deliver(mixed)).rejects.toThrow('dead');
      world.process.revive();
      await world.deliver(mixed);
      expect(endState(world)).toEqual(whole.state);
      expect(orderSeen(world.vault, 'ad|ada')).toEqual(['1', '4', '5', '8']);
    }
  });

  it('during the replay as well, at any two points', async () => {
    const whole = await uninterrupted(mixed);
    for (let first = 1; first <= whole.writes; first += 1) {
      for (let second = 1; second <= whole.writes; second += 1) {
        const world = makeWorld();
        world.process.revive(first);
        await expect(world.deliver(mixed)).rejects.toThrow('dead');
        world.process.revive(second);
        await world.deliver(mixed).catch(() => undefined);
        world.process.revive();
        await world.deliver(mixed);
        expect(endState(world)).toEqual(whole.state);
      }
    }
  });

  it('is repaired when the replay comes in two halves, cut anywhere', async () => {
    const whole = await uninterrupted(mixed);
    for (let write = 1; write <= whole.writes; write += 1) {
      for (let cut = 1; cut < mixed.length; cut += 1) {
        const world = makeWorld();
        world.process.revive(write);
        await expect(world.deliver(mixed)).rejects.toThrow('dead');
        world.process.revive();
        await world.deliver(mixed.slice(0, cut));
        await world.deliver(mixed.slice(cut));
        expect(endState(world)).toEqual(whole.state);
        expect(orderSeen(world.vault, 'ad|ada')).toEqual(['1', '4', '5', '8']);
      }
    }
  });

  it('with later changes in the replay loses none and doubles none', async () => {
    const later = [...mixed, changeRecord(11, 'ad|ada', 'a3'), changeRecord(12, 'ad|bob', 'noop')];
    const { state } = await uninterrupted(later);
    for (let write = 1; write <= 17; write += 1) {
      const world = makeWorld();
      world.process.revive(write);
      await expect(world.deliver(mixed)).rejects.toThrow('dead');
      world.process.revive();
      await world.deliver(later);
      expect(endState(world)).toEqual(state);
    }
  });

  it('anywhere, in any cut of any changes, ends the same', async () => {
    const word = fc.constantFrom('x', 'y', 'noop', 'refused', 'throws', 'delete');
    const user = fc.constantFrom('ad|ada', 'ad|bob', '__proto__');
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(user, word), { minLength: 1, maxLength: 12 }),
        fc.array(fc.nat(11), { maxLength: 4 }),
        fc.array(fc.integer({ min: 1, max: 12 }), { maxLength: 6 }),
        async (changes, cuts, deaths) => {
          const records = changes.map(([id, text], index) =>
            text === 'delete' ? deletionRecord(index + 1, id) : changeRecord(index + 1, id, text),
          );
          const expected = (await uninterrupted(records)).state;
          const world = makeWorld();
          const bounds = [0, ...[...new Set(cuts)].sort((a, b) => a - b), records.length];
          const plan = [...deaths];
          for (const [index, start] of bounds.slice(0, -1).entries()) {
            const batch = records.slice(start, bounds[index + 1]);
            for (let done = false; !done; ) {
              world.process.revive(plan.shift());
              done = await world.deliver(batch).then(
                () => true,
                () => false,
              );
            }
          }
          expect(endState(world)).toEqual(expected);
        },
      ),
      { numRuns: 300 },
    );
  });
});

describe('a deletion', () => {
  const life: readonly IncomingRecord[] = [
    changeRecord(1, 'ad|ada', 'a1'),
    deletionRecord(2, 'ad|ada'),
    deletionRecord(3, 'ad|ada'),
    changeRecord(4, 'ad|ada', 'refused'),
    deletionRecord(5, 'ad|bob'),
  ];

  it('takes the profile away, is told, and repeated it is a noop', async () => {
    const world = makeWorld();
    await world.deliver(life);
    expect(endState(world)).toMatchObject({
      profiles: [['ad|ada', null]],
      statuses: [
        '1 integrated create ',
        '2 integrated delete ',
        '3 noop  ',
        '4 rejected  invalid_publisher',
        '5 noop  ',
      ],
    });
    expect(world.vault.rows.get('ad|ada')).toMatchObject({ version: 1, lastSequenceNumber: '4' });
    const deleted = world.vault.appended.flatMap(({ events }) =>
      events.filter(({ topic }) => topic.name === 'profile.deleted'),
    );
    expect(deleted.map(({ subject, dataJson }) => [subject, JSON.parse(dataJson)])).toEqual([
      ['ad|ada', { user_id: 'ad|ada', uuid: 'u', operation: 'delete', changed: [], sequence_number: '2' }],
    ]);
  });

  it('is not undone by a rewind, in any batches, nor by what came before it', async () => {
    const world = makeWorld();
    await world.deliver(life);
    const before = { state: endState(world), rows: [...world.vault.rows] };
    for (const size of [1, 2, 3, 5]) {
      for (let start = 0; start < life.length; start += size) {
        await world.deliver(life.slice(start, start + size));
      }
    }
    expect({ state: endState(world), rows: [...world.vault.rows] }).toEqual(before);
    const late = makeWorld();
    await late.deliver([changeRecord(5, 'ad|ada', 'a'), deletionRecord(7, 'ad|ada')]);
    await late.deliver([changeRecord(6, 'ad|ada', 'between')]);
    expect(endState(late).profiles).toEqual([['ad|ada', null]]);
    expect(late.vault.recorded.get(`${SHARD}:6`)).toMatchObject({ code: 'out_of_order' });
  });

  it('lets somebody be created again', async () => {
    const world = makeWorld();
    await world.deliver(life);
    await world.deliver([changeRecord(6, 'ad|ada', 'again')]);
    expect(endState(world).profiles).toEqual([['ad|ada', '>again']]);
    expect(world.vault.rows.get('ad|ada')?.version).toBe(2);
    expect(world.vault.recorded.get(`${SHARD}:6`)).toMatchObject({ condition: 'create' });
    await world.deliver(life);
    expect(endState(world).profiles).toEqual([['ad|ada', '>again']]);
  });

  it('is repaired after a crash at any single write, the replay cut anywhere', async () => {
    const records = [...life, changeRecord(6, 'ad|ada', 'again'), changeRecord(7, 'ad|bob', 'b')];
    const whole = await uninterrupted(records);
    expect(whole.writes).toBe(2 + 7 + 2);
    for (let write = 1; write <= whole.writes; write += 1) {
      for (let cut = 0; cut < records.length; cut += 1) {
        const world = makeWorld();
        world.process.revive(write);
        await expect(world.deliver(records)).rejects.toThrow('dead');
        world.process.revive();
        await world.deliver(records.slice(0, cut));
        await world.deliver(records.slice(cut));
        expect(endState(world)).toEqual(whole.state);
      }
    }
  });
});

describe('a rewind', () => {
  it('to the beginning, in other batches, changes nothing', async () => {
    const world = makeWorld();
    const more = [changeRecord(11, 'ad|ada', 'a3'), changeRecord(12, 'ad|bob', 'b3')];
    await world.deliver(mixed);
    await world.deliver(more);
    const before = { state: endState(world), rows: [...world.vault.rows], told: [...world.vault.recorded] };
    for (const size of [1, 2, 3, 5, 12]) {
      const all = [...mixed, ...more];
      for (let start = 0; start < all.length; start += size) {
        await world.deliver(all.slice(start, start + size));
      }
      expect(endState(world)).toEqual(before.state);
      expect([...world.vault.rows]).toEqual(before.rows);
      expect([...world.vault.recorded]).toEqual(before.told);
    }
  });

  it('never integrates what had been rejected, whatever has changed since', async () => {
    const world = makeWorld();
    await world.deliver([changeRecord(1, 'ad|ada', 'a'), changeRecord(2, 'ad|ada', 'signed-by-new')]);
    world.keys.held = keysOf('signed-by-new');
    await world.deliver([changeRecord(1, 'ad|ada', 'a'), changeRecord(2, 'ad|ada', 'signed-by-new')]);
    await world.deliver([changeRecord(2, 'ad|ada', 'signed-by-new')]);
    expect(endState(world).profiles).toEqual([['ad|ada', '>a']]);
    expect(world.vault.recorded.get(`${SHARD}:2`)).toMatchObject({ code: 'invalid_signature' });
  });

  it('keeps a rejection of the outbox even when its status was lost in the crash', async () => {
    const world = makeWorld();
    const batch = [changeRecord(1, 'ad|ada', 'a'), changeRecord(2, 'ad|ada', 'signed-by-new')];
    world.process.revive(1);
    await expect(world.deliver(batch)).rejects.toThrow('dead');
    world.process.revive();
    world.keys.held = keysOf('signed-by-new');
    await world.deliver(batch);
    expect(endState(world).profiles).toEqual([['ad|ada', '>a']]);
    expect(world.vault.recorded.get(`${SHARD}:2`)).toMatchObject({ code: 'invalid_signature' });
  });

  it('rejects a change that comes after a later one, compared as integers', async () => {
    const world = makeWorld();
    const long = 10n ** 60n;
    await world.deliver([changeRecord(long, 'ad|ada', 'late')]);
    await world.deliver([changeRecord(9, 'ad|ada', 'early'), changeRecord(long + 1n, 'ad|ada', 'later')]);
    expect(endState(world).profiles).toEqual([['ad|ada', '>late>later']]);
    expect(world.vault.recorded.get(`${SHARD}:9`)).toMatchObject({ code: 'out_of_order' });
  });
});

describe('two consumers', () => {
  it('of the same batch at the same time integrate it once', async () => {
    const { state } = await uninterrupted(mixed);
    const world = makeWorld();
    await Promise.all([world.deliver(mixed), world.deliver(mixed), world.deliver(mixed.slice(0, 4))]);
    expect(endState(world)).toEqual(state);
  });

  it('that never stop to interfere make the batch come again', async () => {
    const world = makeWorld();
    const { write } = world.ports.profiles;
    let calls = 0;
    const profiles = {
      ...world.ports.profiles,
      write: async (...args: Parameters<typeof write>) => {
        calls += 1;
        await write({ ...args[0], version: args[1] + 1 }, args[1]);
        return 'version_conflict' as const;
      },
    };
    // The other writer wins each time with a row whose outbox knows nothing of this change.
    const other = {
      ...profiles,
      write: async (...args: Parameters<typeof write>) =>
        profiles.write({ ...args[0], outbox: [], lastSequenceNumber: '0' }, args[1]),
    };
    await expect(
      integrateBatch([changeRecord(5, 'ad|ada', 'a')], { ...world.ports, profiles: other }),
    ).rejects.toThrow('4 times in a row');
    expect(calls).toBe(4);
    expect(world.vault.recorded.size).toBe(0);
  });
});

describe('a profile that no longer fits', () => {
  it('ends the change that makes it so; the others go on', async () => {
    const world = makeWorld({ maxRowBytes: 50_000 });
    const big = 'B'.repeat(40_000);
    await world.deliver([
      changeRecord(1, 'ad|ada', 'a1'),
      changeRecord(2, 'ad|ada', big),
      changeRecord(3, 'ad|ada', 'a2'),
      changeRecord(4, 'ad|bob', 'b1'),
    ]);
    expect(endState(world).profiles).toEqual([
      ['ad|ada', '>a1>a2'],
      ['ad|bob', '>b1'],
    ]);
    expect(world.vault.recorded.get(`${SHARD}:2`)).toMatchObject({ code: 'profile_too_large' });
    expect(world.vault.recorded.get(`${SHARD}:3`)).toMatchObject({ state: 'integrated' });
    expect(world.unexpected).toEqual([]);
  });

  it('ends even when the store contradicts its own measure', async () => {
    const world = makeWorld();
    const profiles = { ...world.ports.profiles, write: async () => 'too_large' as const };
    await integrateBatch(mixed, { ...world.ports, profiles });
    expect(
      [...world.vault.recorded.values()].filter(({ code }) => code === 'profile_too_large'),
    ).toHaveLength(5);
    expect(world.vault.recorded.size).toBe(10);
  });

  it('ends as an internal error, with an alarm, when the store takes it to be invalid', async () => {
    const world = makeWorld();
    const profiles = { ...world.ports.profiles, write: async () => 'refused' as const };
    await integrateBatch([changeRecord(1, 'ad|ada', 'a')], { ...world.ports, profiles });
    expect(world.vault.recorded.get(`${SHARD}:1`)).toMatchObject({ code: 'internal_error' });
    expect(world.unexpected).toHaveLength(1);
    expect([...announced(world.vault).values()].map(({ dataJson }) => JSON.parse(dataJson).code)).toEqual([
      'internal_error',
    ]);
  });
});

describe('a publisher that signs with a new key, or is allowed more by new rules,', () => {
  it('is verified with the keys as they are now', async () => {
    const world = makeWorld();
    world.keys.newer = keysOf('signed-by-new');
    await world.deliver([changeRecord(1, 'ad|ada', 'signed-by-new')]);
    expect(world.vault.recorded.get(`${SHARD}:1`)).toMatchObject({ state: 'integrated' });
    expect(world.keys.renewals).toBe(1);
  });

  it('is held to the rules as they are now', async () => {
    const world = makeWorld();
    world.keys.newer = keysOf('allowed-by-new');
    await world.deliver([changeRecord(1, 'ad|ada', 'allowed-by-new')]);
    expect(world.vault.recorded.get(`${SHARD}:1`)).toMatchObject({ state: 'integrated' });
  });

  it('is refused when there is no such key', async () => {
    const world = makeWorld();
    await world.deliver([changeRecord(1, 'ad|ada', 'signed-by-nobody')]);
    expect(world.vault.recorded.get(`${SHARD}:1`)).toMatchObject({ code: 'invalid_signature' });
  });
});

describe('an outage', () => {
  it.each(['readMany', 'write'] as const)('of the profiles (%s) ends nothing', async (method) => {
    const world = makeWorld();
    const profiles = {
      ...world.ports.profiles,
      [method]: async () => {
        throw new Error('throttled');
      },
    };
    await expect(integrateBatch(mixed, { ...world.ports, profiles })).rejects.toThrow('throttled');
    expect(world.vault.recorded.size).toBe(0);
    expect(world.vault.appended).toEqual([]);
    await world.deliver(mixed);
    expect(endState(world)).toEqual((await uninterrupted(mixed)).state);
  });

  it('of the keys ends nothing', async () => {
    const world = makeWorld();
    const context = {
      ...world.ports.context,
      current: async () => {
        throw new Error('secrets away');
      },
    };
    await expect(integrateBatch(mixed, { ...world.ports, context })).rejects.toThrow('secrets away');
    expect(world.vault.recorded.size).toBe(0);
  });

  it('of one user’s write leaves the other users’ work to be found again', async () => {
    const world = makeWorld();
    const { write } = world.ports.profiles;
    const profiles = {
      ...world.ports.profiles,
      write: async (...args: Parameters<typeof write>) => {
        if (args[0].userId === 'ad|bob') {
          throw new Error('throttled');
        }
        return write(...args);
      },
    };
    await expect(integrateBatch(mixed, { ...world.ports, profiles })).rejects.toThrow('throttled');
    await world.deliver(mixed);
    expect(endState(world)).toEqual((await uninterrupted(mixed)).state);
  });
});

describe('a record that kills the function', () => {
  it('ends as unprocessable after three crashes, and only when it is old and alone', async () => {
    const world = makeWorld();
    const killer = changeRecord(1, 'ad|ada', 'x');
    world.passTime(60_000);
    const before = async () => {
      // Right after the mark, before anything else is done.
      world.process.revive(1);
      await expect(world.deliver([killer])).rejects.toThrow('dead');
    };
    for (const marks of [1, 2, 3]) {
      await before();
      expect(world.vault.marks.get(`${SHARD}:1`)).toBe(marks);
    }
    world.process.revive();
    await world.deliver([killer]);
    expect(world.vault.recorded.get(`${SHARD}:1`)).toMatchObject({
      state: 'rejected',
      code: 'unprocessable',
    });
    expect(world.vault.rows.size).toBe(0);
    expect(world.unexpected).toHaveLength(1);
    expect([...announced(world.vault).values()].map(({ dataJson }) => JSON.parse(dataJson).code)).toEqual([
      'unprocessable',
    ]);
    await world.deliver([killer, changeRecord(2, 'ad|ada', 'y')]);
    expect(endState(world).profiles).toEqual([['ad|ada', '>y']]);
  });

  it('is not taken for one when a store is away for long', async () => {
    const world = makeWorld();
    const record = changeRecord(1, 'ad|ada', 'x');
    world.passTime(60_000);
    const profiles = {
      ...world.ports.profiles,
      readMany: async () => {
        throw new Error('throttled');
      },
    };
    for (let attempt = 0; attempt < 20; attempt += 1) {
      await expect(integrateBatch([record], { ...world.ports, profiles })).rejects.toThrow('throttled');
    }
    await world.deliver([record]);
    expect(world.vault.recorded.get(`${SHARD}:1`)).toMatchObject({ state: 'integrated' });
    expect(world.vault.marks.size).toBe(0);
  });

  it('costs a young record, and a batch of several, no write', async () => {
    const young = makeWorld();
    await young.deliver([changeRecord(1, 'ad|ada', 'x')]);
    expect(young.process.writes).toBe(3);
    const several = makeWorld();
    several.passTime(60_000);
    await several.deliver([changeRecord(1, 'ad|ada', 'x'), changeRecord(2, 'ad|bob', 'x')]);
    expect(several.process.writes).toBe(6);
  });
});
