import type {
  Attribute,
  AttributePath,
  Classification,
  Display,
  PartialProfile,
  Profile,
  PublisherName,
} from './profile';

/** What the schema fixes for one attribute, and what the empty profile says of it: contract CIS, section 3. */
export interface AttributeDefinition {
  readonly kind: 'string' | 'boolean' | 'values' | 'map';
  /** The only one that the schema takes; `undefined` where it takes any. */
  readonly classification?: Classification;
  /** The levels that the schema takes; `undefined` where it takes any. */
  readonly displays?: readonly Display[];
  readonly defaults: {
    readonly classification: Classification;
    readonly display: Display;
    readonly publisher: PublisherName;
  };
}

const STAFF_ONLY = 'WORKGROUP CONFIDENTIAL: STAFF ONLY';
const WORKGROUP = 'WORKGROUP CONFIDENTIAL';

/** Half of the attributes are alike: a public or workgroup one, of any display, kept by mozilliansorg. */
function fixed(
  kind: AttributeDefinition['kind'],
  classification: Classification,
  publisher: PublisherName = 'mozilliansorg',
  displays?: readonly Display[],
): AttributeDefinition {
  // Where one level only is allowed, the empty profile has it; everywhere else nothing is decided.
  const display = displays?.length === 1 ? (displays[0] ?? null) : null;
  const defaults = { classification, display, publisher };
  return { kind, classification, defaults, ...(displays && { displays }) };
}

/**
 * The published schema writes the rules of `identities` and `staff_information` on the group, which has no
 * metadata, so that no validator has ever applied them to a member. Neither do we: profiles that pass there
 * must pass here. Hence members whose classification and display are free.
 */
function identity(display: Display = null): AttributeDefinition {
  return {
    kind: 'string',
    defaults: { classification: WORKGROUP, display, publisher: 'mozilliansorg' },
  };
}

function ofStaff(kind: 'string' | 'boolean'): AttributeDefinition {
  return {
    kind,
    defaults: { classification: 'MOZILLA CONFIDENTIAL', display: 'ndaed', publisher: 'hris' },
  };
}

const TRUSTED: readonly Display[] = ['vouched', 'ndaed', 'staff', 'private', null];

/** Every attribute, in the order in which a new profile holds them. */
export const attributeDefinitions: Readonly<Record<AttributePath, AttributeDefinition>> = {
  uuid: fixed('string', 'PUBLIC', 'cis', ['public']),
  user_id: fixed('string', 'PUBLIC', 'access_provider'),
  primary_username: fixed('string', 'PUBLIC', 'cis', ['public']),
  login_method: fixed('string', 'PUBLIC', 'access_provider'),
  active: fixed('boolean', WORKGROUP, 'access_provider', [null]),
  last_modified: fixed('string', 'PUBLIC', 'cis'),
  created: fixed('string', 'PUBLIC', 'cis'),
  usernames: fixed('values', WORKGROUP),
  pronouns: fixed('string', WORKGROUP),
  first_name: fixed('string', 'PUBLIC'),
  last_name: fixed('string', 'PUBLIC'),
  alternative_name: fixed('string', WORKGROUP),
  primary_email: fixed('string', 'PUBLIC', 'access_provider'),
  'identities.github_id_v3': identity(),
  'identities.github_id_v4': identity(),
  'identities.github_primary_email': identity(),
  'identities.mozilliansorg_id': identity(),
  'identities.bugzilla_mozilla_org_id': identity(),
  'identities.bugzilla_mozilla_org_primary_email': identity(),
  'identities.mozilla_ldap_id': { ...identity('staff'), displays: ['staff'] },
  'identities.mozilla_ldap_primary_email': identity('staff'),
  'identities.mozilla_posix_id': identity('staff'),
  'identities.google_oauth2_id': identity(),
  'identities.google_primary_email': identity(),
  'identities.firefox_accounts_id': identity(),
  'identities.firefox_accounts_primary_email': identity(),
  'identities.custom_1_primary_email': identity(),
  'identities.custom_2_primary_email': identity(),
  'identities.custom_3_primary_email': identity(),
  ssh_public_keys: fixed('values', 'PUBLIC', 'ldap'),
  pgp_public_keys: fixed('values', 'PUBLIC', 'ldap'),
  'access_information.ldap': fixed('map', 'PUBLIC', 'ldap', TRUSTED),
  'access_information.mozilliansorg': fixed('map', 'PUBLIC'),
  'access_information.hris': fixed('map', STAFF_ONLY, 'hris', [null]),
  'access_information.access_provider': fixed('map', WORKGROUP, 'access_provider', [null]),
  fun_title: fixed('string', WORKGROUP),
  description: fixed('string', WORKGROUP),
  location: fixed('string', WORKGROUP),
  timezone: fixed('string', WORKGROUP),
  languages: fixed('values', WORKGROUP),
  tags: fixed('values', WORKGROUP),
  picture: fixed('string', 'PUBLIC'),
  uris: fixed('values', WORKGROUP),
  phone_numbers: fixed('values', WORKGROUP),
  'staff_information.manager': ofStaff('boolean'),
  'staff_information.director': ofStaff('boolean'),
  'staff_information.staff': ofStaff('boolean'),
  'staff_information.title': ofStaff('string'),
  'staff_information.team': ofStaff('string'),
  'staff_information.cost_center': fixed('string', STAFF_ONLY, 'hris', ['staff']),
  'staff_information.worker_type': fixed('string', STAFF_ONLY, 'hris', ['staff']),
  'staff_information.wpr_desk_number': ofStaff('string'),
  'staff_information.office_location': ofStaff('string'),
};

export const attributePaths = Object.keys(attributeDefinitions) as readonly AttributePath[];

export const groupNames = ['identities', 'access_information', 'staff_information'] as const;
export type GroupName = (typeof groupNames)[number];

/** Where an attribute lies: the group, if it is in one, and its name there. Split once, used for every change. */
const places = new Map<string, { readonly group?: GroupName; readonly leaf: string }>(
  attributePaths.map((path) => {
    const [first = '', second] = path.split('.');
    return [path, second === undefined ? { leaf: first } : { group: first as GroupName, leaf: second }];
  }),
);

export function isAttributePath(name: string): name is AttributePath {
  return places.has(name);
}

/** The last part of the dotted name, as the original's messages have it. */
export function leafName(path: AttributePath): string {
  return places.get(path)?.leaf ?? path;
}

/** The attribute of a profile, `undefined` where the profile lacks it. */
export function attributeAt(profile: PartialProfile, path: AttributePath): Attribute | undefined {
  const place = places.get(path);
  const holder = (place?.group ? profile[place.group] : profile) as Readonly<Record<string, Attribute>>;
  return place && holder && Object.hasOwn(holder, place.leaf) ? holder[place.leaf] : undefined;
}

/** A profile with some attributes replaced; the rest, and the argument, stay as they are. */
export function withAttributes<P extends Profile | PartialProfile>(
  profile: P,
  replaced: ReadonlyMap<AttributePath, Attribute>,
): P {
  const result: Record<string, unknown> = { ...profile };
  for (const [path, attribute] of replaced) {
    const { group, leaf = path } = places.get(path) ?? {};
    if (group === undefined) {
      result[leaf] = attribute;
    } else {
      const members = result[group] as object | undefined;
      result[group] = { ...members, [leaf]: attribute };
    }
  }
  return result as P;
}

/** `value` or `values`, whichever the attribute has. */
export function contentOf(attribute: Attribute) {
  return 'values' in attribute ? attribute.values : attribute.value;
}
