import fc from 'fast-check';
import type { ChangeRecord } from '../../../core/change/change';
import { type IncomingRecord, integrateBatch } from '../../../core/change/integrate-batch';
import { readSubmission } from '../../../core/change/read-submission';
import type { Json } from '../../../core/json';
import { attributeAt, attributePaths, contentOf } from '../../../core/person/attributes';
import type { AttributePath, PartialProfile, Profile, PublisherName } from '../../../core/person/profile';
import { encodeRecord } from '../../../core/stream-record';
import { rawRecord, SHARD } from '../../support/change-records';
import { makeMemoryVault } from '../../support/memory-vault';
import { changeOfClaims, makePublishers } from '../../support/publishers';

/** Batches with the real rules and, where it matters, real signatures. */
const { context, signingKeys } = makePublishers();
const unsignedContext = { ...context, verifySignatures: false };
const USER = 'ad|Mozilla-LDAP|ada';

/** As the real store: 400 kB less some room, packed; the vault in memory counts unpacked. */
function makeConsumer(within = unsignedContext, maxRowBytes = 5_000_000) {
  const vault = makeMemoryVault(undefined, { maxRowBytes });
  const unexpected: unknown[] = [];
  const deliver = (records: readonly IncomingRecord[]) =>
    integrateBatch(records, {
      ...vault,
      context: { current: async () => within, renewed: async () => undefined },
      observer: { ended: () => undefined, unexpectedlyRejected: (_, error) => unexpected.push(error) },
      now: () => new Date('2026-11-20T20:00:00.000Z'),
    });
  const ending = (sequenceNumber: number) => vault.recorded.get(`${SHARD}:${sequenceNumber}`);
  const profile = (userId = USER) => vault.rows.get(userId)?.profile;
  return { vault, unexpected, deliver, ending, profile };
}

type Step = PartialProfile | 'delete';

function recordOf(sequenceNumber: number, step: Step, userId = USER): IncomingRecord {
  const envelope = { v: 1, kind: 'change', userId, acceptedAt: '2026-11-20T19:59:59.000Z' } as const;
  const record: ChangeRecord =
    step === 'delete' ? { ...envelope, operation: step } : { ...envelope, profile: step };
  return rawRecord(sequenceNumber, encodeRecord(record));
}

/** A change of some attributes by one publisher, with the time that it says of them. */
function changeBy(
  publisher: PublisherName,
  contents: Partial<Record<AttributePath, Json>>,
  lastModified = '2026-11-20T10:00:00.000Z',
  keys?: typeof signingKeys,
  userId = USER,
): PartialProfile {
  const metadata = { last_modified: lastModified };
  const named = { user_id: userId, ...contents };
  const claims = Object.entries(named).map(([path, content]) => [path, { publisher, content, metadata }]);
  return changeOfClaims(Object.fromEntries(claims), keys);
}

const newcomer = changeBy('ldap', {
  login_method: 'Mozilla-LDAP',
  active: true,
  primary_email: 'ada@example.org',
  first_name: 'Ada',
});

describe('any split of a sequence of changes into batches', () => {
  const content = fc.constantFrom('x', 'y', '');
  const time = fc.constantFrom('2026-11-20T10:00:00.000Z', '2026-11-20T11:00:00Z', '1970-01-01T00:00:00Z');
  const edit = fc
    .tuple(fc.constantFrom('fun_title', 'pronouns', 'first_name', 'picture'), content, time)
    .map(([path, value, at]) => changeBy('mozilliansorg', { [path]: value }, at));
  const forbidden = content.map((value) => changeBy('ldap', { fun_title: value }));
  const steps = fc.oneof(
    { weight: 6, arbitrary: edit as fc.Arbitrary<Step> },
    { weight: 2, arbitrary: fc.constant(newcomer) as fc.Arbitrary<Step> },
    { weight: 1, arbitrary: forbidden as fc.Arbitrary<Step> },
    { weight: 1, arbitrary: fc.constant('delete') as fc.Arbitrary<Step> },
  );

  it('comes to the same profile and the same statuses, rewound or not', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.tuple(steps, fc.constantFrom(USER, 'email|bob')), { minLength: 1, maxLength: 12 }),
        fc.array(fc.nat(11), { maxLength: 5 }),
        fc.boolean(),
        async (sequence, cuts, rewinds) => {
          const records = [newcomer, ...sequence].map((each, index) => {
            const [step, userId] = Array.isArray(each) ? each : [each, USER];
            const own = step !== 'delete' && userId !== USER ? renamed(step, userId) : step;
            return recordOf(index + 1, own, userId);
          });
          const whole = makeConsumer();
          await whole.deliver(records);
          const split = makeConsumer();
          const bounds = [0, ...new Set(cuts.map((cut) => Math.min(cut, records.length)))].sort(
            (a, b) => a - b,
          );
          for (const [index, start] of bounds.entries()) {
            await split.deliver(records.slice(start, bounds[index + 1] ?? records.length));
          }
          if (rewinds) {
            await split.deliver(records);
          }
          expect(stateOf(split)).toEqual(stateOf(whole));
          expect(split.unexpected).toEqual([]);
        },
      ),
      { numRuns: 120 },
    );
  });

  function renamed(change: PartialProfile, userId: string): PartialProfile {
    return { ...change, ...changeBy('ldap', {}, undefined, undefined, userId) };
  }

  function stateOf({ vault }: ReturnType<typeof makeConsumer>) {
    const profiles = [...vault.rows].map(([userId, { profile }]) => [userId, contentsOf(profile)]);
    const statuses = [...vault.recorded].map(([key, { state, condition, code, text }]) => [
      key,
      { state, condition, code, text },
    ]);
    return { profiles: Object.fromEntries(profiles), statuses: Object.fromEntries(statuses) };
  }

  /** What was signed anew differs in nothing but when; the clock stands still here. */
  function contentsOf(profile: Profile | undefined) {
    return (
      profile && attributePaths.map((path) => [path, contentOf(attributeAt(profile, path) ?? profile.uuid)])
    );
  }
});

describe('changes of different attributes at the same time', () => {
  it('lose none, in one batch or in two consumers that do not know of each other', async () => {
    const edits = ['fun_title', 'pronouns', 'picture', 'location', 'timezone'] as const;
    const records = edits.map((path, index) =>
      recordOf(index + 2, changeBy('mozilliansorg', { [path]: `new ${path}` })),
    );
    const consumer = makeConsumer();
    await consumer.deliver([recordOf(1, newcomer)]);
    await Promise.all([consumer.deliver(records), consumer.deliver(records.slice(0, 3))]);
    for (const path of edits) {
      expect(consumer.profile()?.[path].value).toBe(`new ${path}`);
    }
  });
});

describe('a retry of an older change', () => {
  const older = changeBy('mozilliansorg', { fun_title: 'old', pronouns: 'they' }, '2026-11-20T10:00:00.000Z');
  const newer = changeBy('mozilliansorg', { fun_title: 'new' }, '2026-11-20T10:00:01.000Z');
  const following = async (...changes: readonly PartialProfile[]) => {
    const consumer = makeConsumer();
    await consumer.deliver([newcomer, ...changes].map((change, index) => recordOf(index + 1, change)));
    return consumer;
  };

  it('that was sent again undoes nothing, and its status says so', async () => {
    const { ending, profile } = await following(older, newer, older);
    expect(profile()?.fun_title.value).toBe('new');
    expect(ending(4)).toMatchObject({
      state: 'noop',
      text: 'left as it is, because its publisher has sent a newer one: fun_title',
    });
  });

  it('that was never taken adds what is missing, and leaves what is newer', async () => {
    const { ending, profile } = await following(newer, older);
    expect([profile()?.fun_title.value, profile()?.pronouns.value]).toEqual(['new', 'they']);
    expect(ending(3)).toMatchObject({ state: 'integrated', text: expect.stringMatching(/: fun_title$/) });
  });

  it.each([
    ['says the same time', '2026-11-20T10:00:01.000Z'],
    ['says it with another offset', '2026-11-20T12:00:01+02:00'],
    ['says no time', '1970-01-01T00:00:00Z'],
  ])('from a publisher that %s is taken as it comes', async (_, time) => {
    const { profile } = await following(newer, changeBy('mozilliansorg', { fun_title: 'last' }, time));
    expect(profile()?.fun_title.value).toBe('last');
  });

  it('is judged by the time, not by its text', async () => {
    const { profile } = await following(
      newer,
      changeBy('mozilliansorg', { fun_title: 'late' }, '2026-11-20T11:00:01+02:00'),
    );
    expect(profile()?.fun_title.value).toBe('new');
  });

  it('is not found by a time that lies ahead: a clock that went wrong must not freeze an attribute', async () => {
    const ahead = changeBy('mozilliansorg', { fun_title: 'ahead' }, '2031-01-01T00:00:00Z');
    expect((await following(ahead, newer)).profile()?.fun_title.value).toBe('new');
  });

  it('of active, which is kept under the name cis, undoes nothing either', async () => {
    const gone = changeBy('hris', { active: false }, '2026-11-20T10:00:00.000Z');
    const back = changeBy('hris', { active: true }, '2026-11-20T11:00:00.000Z');
    expect((await following(gone, back, gone)).profile()?.active.value).toBe(true);
  });

  it('does not help another publisher past the rules', async () => {
    const theirs = changeBy('ldap', { fun_title: 'theirs' }, '2020-01-01T00:00:00Z');
    expect((await following(newer, theirs)).ending(3)).toMatchObject({ code: 'invalid_publisher' });
  });

  it('with its own sequence number, after whatever else, changes nothing at all', async () => {
    const consumer = makeConsumer();
    const records = [newcomer, older, newer].map((change, index) => recordOf(index + 1, change));
    await consumer.deliver(records);
    const before = [...consumer.vault.rows];
    await consumer.deliver(records.slice(1, 2));
    expect([...consumer.vault.rows]).toEqual(before);
  });
});

describe('a large profile', () => {
  const groups = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`group_${index}`, null]));
  const withGroups = (count: number) =>
    changeBy('ldap', { 'access_information.ldap': groups(count) }, undefined, signingKeys);

  it('with a map of 5 000 groups is taken, signed, integrated, and found unchanged', async () => {
    const change = withGroups(5000);
    expect(readSubmission(change, undefined, 'now').state).toBe('readable');
    const consumer = makeConsumer(context);
    await consumer.deliver([
      recordOf(1, changeBy('ldap', { login_method: 'x', active: true }, undefined, signingKeys)),
      recordOf(2, change),
      recordOf(3, change),
    ]);
    expect([1, 2, 3].map((number) => consumer.ending(number)?.state)).toEqual([
      ...['integrated', 'integrated', 'noop'],
    ]);
    const kept = consumer.profile()?.access_information.ldap.values as object;
    expect(Object.keys(kept)).toHaveLength(5000);
  });

  it('that is beyond the limit is refused at the door, with its size and the limit', () => {
    expect(readSubmission(withGroups(20_000), undefined, 'now')).toMatchObject({
      state: 'refused',
      code: 'profile_too_large',
      description: expect.stringMatching(/^the profile has \d{6} bytes of JSON; the limit is 300000$/),
    });
  });

  it('that outgrows the store over several changes ends with its code, and stays as it was', async () => {
    const consumer = makeConsumer(unsignedContext, 150_000);
    const text = 'x'.repeat(90_000);
    await consumer.deliver([
      recordOf(1, newcomer),
      recordOf(2, changeBy('mozilliansorg', { description: text })),
      recordOf(3, changeBy('mozilliansorg', { fun_title: text })),
      recordOf(4, changeBy('mozilliansorg', { pronouns: 'they' })),
    ]);
    expect(consumer.ending(3)).toMatchObject({ state: 'rejected', code: 'profile_too_large' });
    expect(consumer.ending(4)).toMatchObject({ state: 'integrated' });
    expect(consumer.profile()?.fun_title.value).toBeNull();
  });
});
