import { attributeAt, attributePaths, groupNames } from './attributes';
import { type Attribute, type Classification, type Display, displayLevels, type Profile } from './profile';

/** What decides what a reader sees: contract CIS, sections 1.2 and 2. */
export interface ProfileReader {
  readonly scopes: ReadonlySet<string>;
  /** The query's `filterDisplay`: this level and all more public ones. An unknown name counts as `public`. */
  readonly filterDisplay?: string | undefined;
}

/** Attributes that the reader may not see are left out; the groups and `schema` are always there. */
export type ProfileView = Readonly<Record<string, unknown>>;

const classificationOf: ReadonlyMap<string, Classification> = new Map([
  ['classification:mozilla_confidential', 'MOZILLA CONFIDENTIAL'],
  ['classification:workgroup:staff_only', 'WORKGROUP CONFIDENTIAL: STAFF ONLY'],
  ['classification:workgroup', 'WORKGROUP CONFIDENTIAL'],
  ['classification:individual', 'INDIVIDUAL CONFIDENTIAL'],
]);

const displayOf: ReadonlyMap<string, Display> = new Map([
  ...displayLevels.map((level): [string, Display] => [`display:${level}`, level]),
  ['display:none', null],
]);

/**
 * The profile as a reader with these scopes may see it. An attribute is shown when its classification and its
 * display both allow it; each scope opens exactly one of them, and `filterDisplay` can only take away.
 */
export function viewProfile(profile: Profile, reader: ProfileReader): ProfileView {
  const isVisible = visibility(reader);
  const view: Record<string, unknown> = { schema: profile.schema };
  const groups = new Map(groupNames.map((group) => [group as string, {} as Record<string, Attribute>]));
  for (const path of attributePaths) {
    const attribute = attributeAt(profile, path);
    if (attribute && isVisible(attribute)) {
      const [name = '', member] = path.split('.');
      const holder = member === undefined ? view : groups.get(name);
      Object.assign(holder ?? {}, { [member ?? name]: attribute });
    }
  }
  return { ...view, ...Object.fromEntries(groups) };
}

function visibility({ scopes, filterDisplay }: ProfileReader): (attribute: Attribute) => boolean {
  const classes = opened<Classification>(scopes, classificationOf, 'PUBLIC');
  const displays = opened<Display>(scopes, displayOf, 'public');
  const levels = filterDisplay === undefined ? undefined : levelsUpTo(filterDisplay);
  return ({ metadata: { classification, display } }) =>
    (scopes.has('read:fullprofile') || classes.has(classification)) &&
    (scopes.has('display:all') || displays.has(display)) &&
    (levels === undefined || levels.has(display));
}

function opened<Level>(
  scopes: ReadonlySet<string>,
  levelOf: ReadonlyMap<string, Level>,
  always: Level,
): ReadonlySet<Level> {
  const levels = [...levelOf].filter(([scope]) => scopes.has(scope)).map(([, level]) => level);
  return new Set([always, ...levels]);
}

function levelsUpTo(name: string): ReadonlySet<Display> {
  const index = (displayLevels as readonly string[]).indexOf(name);
  return new Set(displayLevels.slice(0, Math.max(index, 0) + 1));
}
