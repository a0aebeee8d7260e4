import fc from 'fast-check';
import type { Json } from '../../../core/json';
import { emptyProfile } from '../../../core/person/empty-profile';
import { profileJsonSchema } from '../../../core/person/profile-json-schema';
import { validateProfile } from '../../../core/person/profile-schema';
import { isValid, type SchemaNode } from '../../support/draft-four';
import { readReference } from '../../support/reference-data';

const schema = profileJsonSchema() as SchemaNode;
const accepts = (profile: unknown, root = schema) => isValid(profile, root, root);

interface Draft {
  [name: string]: Draft;
}
const draft = () => structuredClone(emptyProfile()) as unknown as Draft;

/** Every place of a profile, as a list of names. */
function placesOf(value: unknown, place: string[] = []): string[][] {
  const members = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  return members.flatMap(([name, member]) => [[...place, name], ...placesOf(member, [...place, name])]);
}

const words = [
  'PUBLIC',
  'WORKGROUP CONFIDENTIAL',
  'public',
  'staff',
  'private',
  'ldap',
  'RS256',
  'JWS',
  'none',
];
/** A change to one place of a profile: another value, nothing, or one member more. */
const spoilings = fc.record({
  place: fc.constantFrom(...placesOf(draft())),
  value: fc.oneof(
    fc.constantFrom<Json>(null, true, false, 5, '', 'x', {}, [], { a: null }, '2019-01-25T12:00:00Z'),
    fc.constantFrom<Json>(...words),
  ),
  how: fc.constantFrom('set', 'delete', 'add'),
});
type Spoiling = typeof spoilings extends fc.Arbitrary<infer T> ? T : never;

function spoil({ place, value, how }: Spoiling): Draft {
  const profile = draft();
  const parent = place.slice(0, -1).reduce<Draft>((at, name) => at[name] as Draft, profile);
  const name = place.at(-1) as string;
  if (how === 'delete') {
    delete parent[name];
  } else {
    Object.assign(parent, { [how === 'set' ? name : 'surplus']: value });
  }
  // As it would come over the wire: no holes in lists.
  return JSON.parse(JSON.stringify(profile));
}

/** A validator of draft 04 need not look at the form of times; the doors do. */
const isTime = ({ place, value }: Spoiling) =>
  place.at(-2) === 'metadata' &&
  /^(created|last_modified)$/.test(place.at(-1) ?? '') &&
  typeof value === 'string';

describe('the published schema', () => {
  it('says the same as what the doors check', () => {
    expect(accepts(draft())).toBe(true);
    fc.assert(
      fc.property(
        spoilings.filter((spoiling) => !isTime(spoiling)),
        (spoiling) => {
          const profile = spoil(spoiling);
          expect(accepts(profile)).toBe(validateProfile(profile).ok);
        },
      ),
      { numRuns: 1000 },
    );
  });

  it('is whole: every reference leads to a definition, and every definition is used', () => {
    const text = JSON.stringify(schema);
    const used = [...text.matchAll(/"#\/definitions\/([^"]+)"/g)].map(([, name]) => name);
    expect([...new Set(used)].sort()).toEqual(Object.keys(schema.definitions ?? {}).sort());
    expect(text).toMatch(/^\{"\$schema":"http:\/\/json-schema\.org\/draft-04\/schema#"/);
    expect(text.length).toBeLessThan(20_000);
  });

  const original = readReference('profile.schema.json') as SchemaNode | undefined;
  (original ? it : it.skip)('accepts and refuses what the original does', () => {
    const theirs = original as SchemaNode;
    for (const place of placesOf(draft())) {
      for (const how of ['delete', 'add'] as const) {
        const profile = spoil({ place, how, value: 'x' });
        expect([place, how, accepts(profile)]).toEqual([place, how, accepts(profile, theirs)]);
      }
    }
    fc.assert(
      fc.property(spoilings, (spoiling) => {
        const profile = spoil(spoiling);
        expect(accepts(profile)).toBe(accepts(profile, theirs));
      }),
      { numRuns: 1000 },
    );
  });
});
