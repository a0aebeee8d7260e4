import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { attributePaths } from '../../../core/person/attributes';
import { emptyProfile } from '../../../core/person/empty-profile';
import { isPlainProfile } from '../../../core/person/profile-check';
import { judgePartialProfile, validatePartialProfile } from '../../../core/person/profile-schema';

const vectors = ['create-by-ldap', 'update-by-hris', 'update-by-mozilliansorg', 'fake-profile'];
const readVector = (name: string): unknown =>
  JSON.parse(readFileSync(path.join(__dirname, '../../vectors', `${name}.json`), 'utf8'));

type Node = Record<string, unknown>;

/** Every place in a document, as the object that holds it and its name there. */
function placesOf(value: unknown): { holder: Node; name: string }[] {
  if (typeof value !== 'object' || value === null) {
    return [];
  }
  const holder = value as Node;
  return Object.keys(holder).flatMap((name) => [{ holder, name }, ...placesOf(holder[name])]);
}

/** What a hostile or careless sender puts somewhere. */
const anything = fc.oneof(
  fc.constantFrom<unknown>(null, '', 0, 1e300, 2 ** 60, 1.5, true, [], {}, 'PUBLIC', 'staff', 'cis', 'ldap'),
  fc.constantFrom<unknown>([1], ['a', null], { a: { b: 'c' } }, { a: 1 }, [[]], [{ alg: 'RS256' }]),
  fc.constantFrom<unknown>(JSON.parse('{"__proto__":null}'), { constructor: 'a' }, { prototype: null }),
  fc.constantFrom('2019-01-25T12:00:00.000Z', '2019-1-25T12:00:00Z', '2019-01-25T12:00:00+01:00'),
  fc.jsonValue(),
);

const anyName = fc.oneof(
  fc.constantFrom(
    'value',
    'values',
    'signature',
    '__proto__',
    'constructor',
    'schema',
    'display',
    ...attributePaths,
  ),
  fc.string(),
);

describe('the plain check of profiles', () => {
  it.each(vectors)('takes %s, so that the schema has nothing to do', (name) => {
    expect(isPlainProfile(readVector(name))).toBe(true);
  });

  it('takes empty and partial profiles', () => {
    expect([{}, emptyProfile(), { user_id: emptyProfile().user_id }].map(isPlainProfile)).toEqual([
      true,
      true,
      true,
    ]);
  });

  it.each([null, undefined, 'text', 1, [], [{}]])('leaves %j to the schema', (json) => {
    expect(isPlainProfile(json)).toBe(false);
  });

  it('takes no text where a map must be', () => {
    const profile = JSON.parse(JSON.stringify(emptyProfile()));
    profile.access_information.ldap.values = 'text';
    expect(isPlainProfile(profile)).toBe(false);
  });

  it('takes nothing that the schema refuses, whatever is changed', () => {
    const drafts = [...vectors.map(readVector), emptyProfile()].map((profile) => JSON.stringify(profile));
    let taken = 0;
    fc.assert(
      fc.property(
        // By its number: a whole profile says little in a report.
        fc.nat(drafts.length - 1),
        fc.nat(),
        fc.constantFrom('replace', 'remove', 'add'),
        anyName,
        anything,
        (which, nth, how, name, value) => {
          const profile = JSON.parse(drafts[which]!);
          const places = placesOf(profile);
          const place = places[nth % places.length]!;
          if (how === 'remove') {
            delete place.holder[place.name];
          } else if (how === 'replace') {
            place.holder[place.name] = value;
          } else {
            Object.defineProperty(place.holder, name, {
              value,
              enumerable: true,
              configurable: true,
              writable: true,
            });
          }
          // As it comes: parsed.
          const json = JSON.parse(JSON.stringify(profile));
          const isPlain = isPlainProfile(json);
          taken += isPlain ? 1 : 0;
          expect(isPlain && !judgePartialProfile(json).ok).toBe(false);
          expect(validatePartialProfile(json)).toEqual(judgePartialProfile(json));
        },
      ),
      { numRuns: 3000 },
    );
    // Some changes do no harm; if none were taken, the test would say nothing.
    expect(taken).toBeGreaterThan(50);
  });
});
