import type { Json, JsonObject } from '../json';

/** Who signs attributes. `cis` is Changewire itself. */
export const publisherNames = ['ldap', 'mozilliansorg', 'hris', 'cis', 'access_provider'] as const;
export type PublisherName = (typeof publisherNames)[number];

/** Which kind of secret an attribute is; readers need the matching scope. */
export const classifications = [
  'MOZILLA CONFIDENTIAL',
  'WORKGROUP CONFIDENTIAL: STAFF ONLY',
  'WORKGROUP CONFIDENTIAL',
  'PUBLIC',
  'INDIVIDUAL CONFIDENTIAL',
] as const;
export type Classification = (typeof classifications)[number];

/** Whom the person lets see an attribute, from everybody to nobody else; `null` is not decided. */
export const displayLevels = ['public', 'authenticated', 'vouched', 'ndaed', 'staff', 'private'] as const;
export type Display = (typeof displayLevels)[number] | null;

/** One signature: a compact JWS over the attribute without its `signature`. */
export interface PublisherSignature<Name extends string | null = PublisherName> {
  readonly alg: 'HS256' | 'RS256' | 'RSA' | 'ED25519';
  readonly typ: 'JWS' | 'PGP';
  readonly name: Name;
  /** Empty when unsigned. */
  readonly value: string;
}

export interface Signature {
  readonly publisher: PublisherSignature;
  /** Further signatures; carried, never verified. */
  readonly additional: readonly PublisherSignature<string | null>[];
}

export interface Metadata {
  readonly classification: Classification;
  /** RFC 3339, as the other times. */
  readonly last_modified: string;
  readonly created: string;
  readonly verified: boolean;
  readonly display: Display;
}

interface Signed {
  readonly signature: Signature;
  readonly metadata: Metadata;
}

export interface StringAttribute extends Signed {
  readonly value: string | null;
}
export interface BooleanAttribute extends Signed {
  readonly value: boolean | null;
}
/** `values` is anything; in practice null or a map of strings. */
export interface ValuesAttribute extends Signed {
  readonly values: Json;
}
/** A map whose keys are groups, or facts of the publisher. */
export interface AccessAttribute extends Signed {
  readonly values: JsonObject | null;
}
/** One signed field of a person. */
export type Attribute = StringAttribute | BooleanAttribute | ValuesAttribute | AccessAttribute;

export interface Identities {
  readonly github_id_v3: StringAttribute;
  readonly github_id_v4: StringAttribute;
  readonly github_primary_email: StringAttribute;
  readonly mozilliansorg_id: StringAttribute;
  readonly bugzilla_mozilla_org_id: StringAttribute;
  readonly bugzilla_mozilla_org_primary_email: StringAttribute;
  readonly mozilla_ldap_id: StringAttribute;
  readonly mozilla_ldap_primary_email: StringAttribute;
  readonly mozilla_posix_id: StringAttribute;
  readonly google_oauth2_id: StringAttribute;
  readonly google_primary_email: StringAttribute;
  readonly firefox_accounts_id: StringAttribute;
  readonly firefox_accounts_primary_email: StringAttribute;
  readonly custom_1_primary_email: StringAttribute;
  readonly custom_2_primary_email: StringAttribute;
  readonly custom_3_primary_email: StringAttribute;
}

export interface AccessInformation {
  readonly ldap: AccessAttribute;
  readonly mozilliansorg: AccessAttribute;
  readonly hris: AccessAttribute;
  readonly access_provider: AccessAttribute;
}

export interface StaffInformation {
  readonly manager: BooleanAttribute;
  readonly director: BooleanAttribute;
  readonly staff: BooleanAttribute;
  readonly title: StringAttribute;
  readonly team: StringAttribute;
  readonly cost_center: StringAttribute;
  readonly worker_type: StringAttribute;
  readonly wpr_desk_number: StringAttribute;
  readonly office_location: StringAttribute;
}

interface PlainAttributes {
  readonly uuid: StringAttribute;
  readonly user_id: StringAttribute;
  readonly primary_username: StringAttribute;
  readonly login_method: StringAttribute;
  readonly active: BooleanAttribute;
  readonly last_modified: StringAttribute;
  readonly created: StringAttribute;
  readonly usernames: ValuesAttribute;
  readonly pronouns: StringAttribute;
  readonly first_name: StringAttribute;
  readonly last_name: StringAttribute;
  readonly alternative_name: StringAttribute;
  readonly primary_email: StringAttribute;
  readonly ssh_public_keys: ValuesAttribute;
  readonly pgp_public_keys: ValuesAttribute;
  readonly fun_title: StringAttribute;
  readonly description: StringAttribute;
  readonly location: StringAttribute;
  readonly timezone: StringAttribute;
  readonly languages: ValuesAttribute;
  readonly tags: ValuesAttribute;
  readonly picture: StringAttribute;
  readonly uris: ValuesAttribute;
  readonly phone_numbers: ValuesAttribute;
}

interface Groups {
  readonly identities: Identities;
  readonly access_information: AccessInformation;
  readonly staff_information: StaffInformation;
}

/** A person's record, profile v2: contract CIS, section 3. JSON as it is on the wire. */
export interface Profile extends PlainAttributes, Groups {
  /** The address of the schema. */
  readonly schema: string;
}

/** What a publisher submits: an attribute that is missing counts as null. */
export type PartialProfile = Partial<PlainAttributes> & {
  readonly schema?: string;
} & { readonly [Group in keyof Groups]?: Partial<Groups[Group]> };

/** Dotted name of an attribute, such as `fun_title` or `access_information.ldap`. */
export type AttributePath =
  | keyof PlainAttributes
  | { [Group in keyof Groups]: `${Group}.${keyof Groups[Group] & string}` }[keyof Groups];
