import fc from 'fast-check';
import type { ChangeOutcome } from '../../../core/change/change';
import { integrateChange } from '../../../core/change/integrate-change';
import type { IntegrationContext } from '../../../core/change/integration-context';
import { attributeAt, attributePaths, contentOf, withAttributes } from '../../../core/person/attributes';
import { emptyAttribute, emptyProfile } from '../../../core/person/empty-profile';
import { isJsonEqual } from '../../../core/person/json-equality';
import {
  type Attribute,
  type AttributePath,
  type PartialProfile,
  type Profile,
  publisherNames,
} from '../../../core/person/profile';
import { validatePartialProfile, validateProfile } from '../../../core/person/profile-schema';
import { type Claim, changeOfClaims, makePublishers } from '../../support/publishers';

const { context, signingKeys } = makePublishers();
/** The rules alone; making thousands of signatures would only be slow. */
const unsignedContext: IntegrationContext = { ...context, verifySignatures: false };
const NOW = '2026-11-20T20:00:00.000Z';
const LATER = '2026-11-20T21:00:00.000Z';
const USER = 'ad|Mozilla-LDAP|ada';

const integrate = (stored: Profile | undefined, change: PartialProfile, within = unsignedContext) =>
  integrateChange(stored, change, within, NOW);
const settle = (stored: Profile | undefined, outcome: ChangeOutcome) =>
  'profile' in outcome ? outcome.profile : stored;

const start = settle(
  undefined,
  integrate(
    undefined,
    changeOfClaims({
      user_id: { publisher: 'ldap', content: USER },
      active: { publisher: 'ldap', content: true },
      first_name: { publisher: 'ldap', content: 'Ada' },
      ssh_public_keys: { publisher: 'ldap', content: { a: 'ssh-ed25519 A' } },
      'access_information.ldap': { publisher: 'ldap', content: { team: null } },
      'staff_information.title': { publisher: 'hris', content: 'Engineer' },
    }),
  ),
) as Profile;

const contents = (path: AttributePath): fc.Arbitrary<Claim['content']> => {
  if (path === 'user_id') {
    return fc.constantFrom(null, USER);
  }
  const empty = emptyAttribute(path);
  if ('values' in empty) {
    return fc.constantFrom(null, {}, { team: null }, { a: 'ssh-ed25519 A' }, { a: 'b', c: [1, 0.5] });
  }
  return path === 'active' || /\.(manager|director|staff)$/.test(path)
    ? fc.constantFrom(null, true, false)
    : fc.constantFrom(null, '', 'Ada', 'Engineer', 'x');
};

function publishersFor(path: AttributePath): Claim['publisher'][] {
  const updater = context.rules.update.get(path);
  return (updater ? [updater] : ['cis']) as Claim['publisher'][];
}

const claimOf = (path: AttributePath): fc.Arbitrary<Claim> =>
  fc.record({
    // Often one that may, or else nearly every change would be refused.
    publisher: fc.oneof(
      { weight: 1, arbitrary: fc.constantFrom(...publisherNames) },
      { weight: 4, arbitrary: fc.constantFrom(...publishersFor(path)) },
    ),
    content: contents(path),
    metadata: fc.record(
      {
        display: fc.constantFrom(null, 'public', 'staff', 'private'),
        verified: fc.boolean(),
        last_modified: fc.constantFrom('2019-01-01T00:00:00Z', NOW),
      },
      { requiredKeys: [] },
    ),
  });

/** Any change, allowed or not: a few attributes, by anybody. */
const anyClaims: fc.Arbitrary<Partial<Record<AttributePath, Claim>>> = fc
  .uniqueArray(fc.constantFrom(...attributePaths), { maxLength: 6 })
  .chain((paths) =>
    fc
      .tuple(...paths.map(claimOf))
      .map((claims) => Object.fromEntries(paths.map((path, index) => [path, claims[index]]))),
  );
const anyChange = anyClaims.map((claims) => changeOfClaims(claims));

/** What everybody may do at any time. */
const freePaths = ['fun_title', 'pronouns', 'tags', 'identities.github_id_v3', 'picture'] as const;
const allowedChange = fc
  .uniqueArray(fc.constantFrom(...freePaths), { maxLength: 4 })
  .chain((paths) =>
    fc
      .tuple(...paths.map((path) => contents(path)))
      .map((all) => paths.map((path, index) => [path, all[index]])),
  )
  .map((entries) =>
    changeOfClaims(
      Object.fromEntries(
        entries.map(([path, content]) => [path, { publisher: 'mozilliansorg', content }]),
      ) as Partial<Record<AttributePath, Claim>>,
    ),
  );

/** Nearly every random change to nobody would lack a user_id. */
const forNewcomers = (change: PartialProfile): PartialProfile => ({
  ...change,
  ...changeOfClaims({ user_id: { publisher: 'ldap', content: USER } }),
});
const profileAndChange = fc
  .tuple(fc.constantFrom(undefined, start), anyChange)
  .map(([profile, change]) => [profile, profile ? change : forNewcomers(change)] as const);

const stored = (profile: Profile): Profile => JSON.parse(JSON.stringify(profile));

describe('integration', () => {
  it('merged twice is merged once', () => {
    fc.assert(
      fc.property(profileAndChange, ([profile, change]) => {
        const once = integrate(profile, change);
        if ('profile' in once) {
          expect(integrateChange(once.profile, change, unsignedContext, LATER).state).toBe('noop');
        }
      }),
      { numRuns: 300 },
    );
  });

  it('comes to the same profile however a sequence of changes is split into batches', () => {
    fc.assert(
      fc.property(
        fc.array(anyChange, { maxLength: 6 }),
        fc.infiniteStream(fc.boolean()),
        (changes, breaks) => {
          const fold = (isBreak: () => boolean) =>
            changes.reduce<Profile>((profile, change) => {
              const before = isBreak() ? stored(profile) : profile;
              return settle(before, integrate(before, change)) as Profile;
            }, start);
          const whole = fold(() => false);
          expect(stored(fold(() => breaks.next().value === true))).toEqual(stored(whole));
        },
      ),
      { numRuns: 150 },
    );
  });

  it('comes to the same profile whether attributes are sent together or one by one, in any order', () => {
    fc.assert(
      fc.property(allowedChange, fc.infiniteStream(fc.nat()), (change, random) => {
        const parts = attributePaths.flatMap((path) => {
          const attribute = attributeAt(change, path);
          return attribute ? [withAttributes({} as PartialProfile, new Map([[path, attribute]]))] : [];
        });
        const shuffled = parts
          .map((part) => [random.next().value ?? 0, part] as const)
          .sort(([one], [other]) => one - other);
        const apart = shuffled.reduce<Profile>(
          (profile, [, part]) => settle(profile, integrate(profile, part)) as Profile,
          start,
        );
        const together = settle(start, integrate(start, change)) as Profile;
        expect(withoutStamp(apart)).toEqual(withoutStamp(together));
      }),
      { numRuns: 150 },
    );
  });

  it('never lets a publisher change what the rules do not let it', () => {
    fc.assert(
      fc.property(profileAndChange, ([profile, change]) => {
        const outcome = integrate(profile, change);
        if ('profile' in outcome) {
          for (const path of attributePaths) {
            judgeIndependently(path, profile ?? emptyProfile(), outcome.profile, change);
          }
        } else {
          expect(['noop', 'rejected']).toContain(outcome.state);
        }
      }),
      { numRuns: 600 },
    );
  });

  it('never clears a value, and always ends in a profile that passes the schema', () => {
    fc.assert(
      fc.property(anyChange, (change) => {
        fc.pre(validatePartialProfile(change).ok);
        const profile = settle(start, integrate(start, change)) as Profile;
        expect(validateProfile(stored(profile))).toMatchObject({ ok: true });
        for (const path of attributePaths) {
          const before = contentOf(attributeAt(start, path) as Attribute);
          expect(before !== null && contentOf(attributeAt(profile, path) as Attribute) === null).toBe(false);
        }
      }),
      { numRuns: 200 },
    );
  });

  it('never throws, whatever JSON has passed the schema', () => {
    const jws = fc.oneof(
      fc.string(),
      fc.constant('eyJhbGciOiJub25lIn0.e30.'),
      fc.constant('..'),
      fc.base64String().map((text) => `${text}.${text}.${text}`),
    );
    const anyJson = fc.jsonValue({ maxDepth: 4 });
    fc.assert(
      fc.property(
        fc.constantFrom(undefined, start),
        anyClaims,
        jws,
        anyJson,
        fc.dictionary(fc.string(), fc.string(), { noNullPrototype: true }),
        (profile, claims, text, values, extra) => {
          const change = JSON.parse(
            JSON.stringify(
              changeOfClaims({ ...claims, tags: { publisher: 'mozilliansorg', content: values as null } }),
            ),
          );
          for (const attribute of Object.values(change) as { signature?: { publisher: object } }[]) {
            if (attribute.signature) {
              Object.assign(attribute.signature.publisher, { value: text });
            }
          }
          const hostile = { ...change, ...extra };
          if (validatePartialProfile(hostile).ok) {
            expect(() => integrate(profile, hostile, context)).not.toThrow();
            expect(() => integrate(profile, hostile)).not.toThrow();
          }
        },
      ),
      { numRuns: 400 },
    );
  });

  it('leaves nothing of a rejected change and takes all of an accepted one', () => {
    fc.assert(
      fc.property(anyChange, (change) => {
        const outcome = integrate(start, change);
        if ('profile' in outcome) {
          for (const path of outcome.changedAttributes) {
            const sent = attributeAt(change, path as AttributePath) as Attribute;
            const kept = attributeAt(outcome.profile, path as AttributePath) as Attribute;
            // cis stamps the time of every write, whatever was sent.
            expect(path === 'last_modified' || isJsonEqual(contentOf(sent), contentOf(kept))).toBe(true);
          }
        }
      }),
      { numRuns: 200 },
    );
  });

  it('takes signed changes of the publishers that the rules name, for every attribute', () => {
    for (const path of attributePaths) {
      const creator = context.rules.create.get(path)?.[0] as Claim['publisher'];
      const content = path.includes('access_') || 'values' in emptyAttribute(path) ? { a: null } : 'x';
      const isBoolean = path === 'active' || /\.(manager|director|staff)$/.test(path);
      const claim: Claim = { publisher: creator, content: isBoolean ? true : content };
      const bare = withAttributes(start, new Map([[path, emptyAttribute(path)]]));
      if (path !== 'user_id') {
        const outcome = integrate(bare, changeOfClaims({ [path]: claim }, signingKeys), context);
        expect([path, outcome.state]).toEqual([path, 'integrated']);
      }
    }
  });
});

function withoutStamp({ last_modified: _, ...profile }: Profile) {
  return profile;
}

/** The rules once more, written from the contract and not from the code. */
function judgeIndependently(
  path: AttributePath,
  before: Profile,
  now: Profile,
  change: PartialProfile,
): void {
  const [old, kept, sent] = [attributeAt(before, path), attributeAt(now, path), attributeAt(change, path)];
  const isKept =
    isJsonEqual(contentOf(old as Attribute), contentOf(kept as Attribute)) &&
    old?.metadata.display === kept?.metadata.display &&
    old?.metadata.verified === kept?.metadata.verified;
  if (isKept || !old || !kept || path === 'last_modified') {
    return;
  }
  if (path === 'uuid' || path === 'primary_username') {
    if (contentOf(old) === null && kept.signature.publisher.name === 'cis') {
      return;
    }
  }
  const publisher = sent?.signature.publisher.name as string;
  const { create, update } = context.rules;
  const isDisplayOnly = isJsonEqual(contentOf(old), contentOf(kept));
  const allowed =
    contentOf(old) === null
      ? create.get(path)?.includes(publisher)
      : publisher === update.get(path) ||
        (publisher === 'mozilliansorg' && isDisplayOnly) ||
        (publisher === 'hris' && path === 'active');
  expect([path, publisher, allowed]).toEqual([path, publisher, true]);
}
