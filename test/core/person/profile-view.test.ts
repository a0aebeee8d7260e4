import fc from 'fast-check';
import { attributeAt, attributePaths, withAttributes } from '../../../core/person/attributes';
import { emptyProfile } from '../../../core/person/empty-profile';
import {
  type Attribute,
  type AttributePath,
  classifications,
  displayLevels,
  type PartialProfile,
} from '../../../core/person/profile';
import { viewProfile } from '../../../core/person/profile-view';

const profile = emptyProfile();
const groups = { identities: {}, access_information: {}, staff_information: {} };
const view = (scopes: readonly string[], filterDisplay?: string, of = profile) =>
  viewProfile(of, { scopes: new Set(scopes), filterDisplay });
const shown = (...arguments_: Parameters<typeof view>): AttributePath[] => {
  const seen = view(...arguments_) as PartialProfile;
  return attributePaths.filter((path) => attributeAt(seen, path) !== undefined);
};

/** One attribute of each classification and display, on attributes whose metadata are free. */
const all = [...displayLevels, null].flatMap((display) =>
  classifications.map((classification) => ({ display, classification })),
);
const mixed = withAttributes(
  profile,
  new Map(
    all.map(({ display, classification }, index): [AttributePath, Attribute] => {
      const path = attributePaths[index] as AttributePath;
      const attribute = attributeAt(profile, path) as Attribute;
      return [path, { ...attribute, metadata: { ...attribute.metadata, display, classification } }];
    }),
  ),
);

describe('viewProfile', () => {
  it('shows a token without scopes what is public, the schema and empty groups', () => {
    const { schema, uuid, primary_username } = profile;
    expect(view([])).toEqual({ schema, uuid, primary_username, ...groups });
  });

  it('shows a token with all scopes all', () => {
    expect(view(['read:fullprofile', 'display:all'])).toEqual(profile);
  });

  it.each([
    ['classification:mozilla_confidential', 'MOZILLA CONFIDENTIAL'],
    ['classification:workgroup:staff_only', 'WORKGROUP CONFIDENTIAL: STAFF ONLY'],
    ['classification:workgroup', 'WORKGROUP CONFIDENTIAL'],
    ['classification:individual', 'INDIVIDUAL CONFIDENTIAL'],
  ])('opens with %s that class alone', (scope, classification) => {
    const seen = shown(['display:all', scope], undefined, mixed).map(
      (path) => attributeAt(mixed, path)?.metadata.classification,
    );
    expect(new Set(seen)).toEqual(new Set(['PUBLIC', classification]));
  });

  it.each<[string, string | null]>([
    ['display:none', null],
    ...(['authenticated', 'vouched', 'ndaed', 'staff', 'private'] as const).map((level): [string, string] => [
      `display:${level}`,
      level,
    ]),
  ])('opens with %s that level alone', (scope, display) => {
    const seen = shown(['read:fullprofile', scope], undefined, mixed).map(
      (path) => attributeAt(mixed, path)?.metadata.display,
    );
    expect(new Set(seen)).toEqual(new Set(['public', display]));
  });

  it.each(displayLevels.map((level, index) => [level, displayLevels.slice(0, index + 1)] as const))(
    'shows with filterDisplay=%s that and what is more public',
    (level, levels) => {
      const seen = shown(['read:fullprofile', 'display:all'], level, mixed).map(
        (path) => attributeAt(mixed, path)?.metadata.display,
      );
      expect(new Set(seen)).toEqual(new Set(levels));
    },
  );

  it.each(['everything', '', 'null', 'constructor', '__proto__'])(
    'takes the unknown filterDisplay %j for public',
    (name) => {
      expect(shown(['read:fullprofile', 'display:all'], name)).toEqual(['uuid', 'primary_username']);
    },
  );

  it('never shows more to fewer scopes, or through a filter', () => {
    const scopes = [
      ...['read:fullprofile', 'display:all', 'display:none', 'display:staff', 'display:private'],
      ...['classification:workgroup', 'classification:individual', 'write', 'search:all'],
    ];
    fc.assert(
      fc.property(
        fc.subarray(scopes),
        fc.subarray(scopes),
        fc.option(fc.constantFrom(...displayLevels), { nil: undefined }),
        (some, more, filter) => {
          const wide = shown([...some, ...more], undefined, mixed);
          expect(wide).toEqual(expect.arrayContaining(shown(some, filter, mixed)));
        },
      ),
    );
  });
});
