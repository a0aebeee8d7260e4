import * as z from 'zod';
import { type AttributeDefinition, attributeDefinitions, attributePaths, groupNames } from './attributes';
import { findUnsafeJson, issuePath, MAX_ISSUES, type SchemaIssue } from './json-guard';
import { classifications, displayLevels, type PartialProfile, type Profile, publisherNames } from './profile';
import { isPlainProfile, TIME } from './profile-check';

export type ValidatedProfile<P> =
  | { readonly ok: true; readonly profile: P }
  | { readonly ok: false; readonly issues: readonly SchemaIssue[] };

/** A profile as publishers submit it: any attribute may be missing, none may be unknown. */
export function validatePartialProfile(json: unknown): ValidatedProfile<PartialProfile> {
  return isPlainProfile(json) ? { ok: true, profile: json as PartialProfile } : judgePartialProfile(json);
}

/** The schema's own judgement, whatever {@link isPlainProfile} says; it says what is wrong. */
export function judgePartialProfile(json: unknown): ValidatedProfile<PartialProfile> {
  return validate<PartialProfile>(partialProfile, json);
}

/** A whole profile: each attribute of the schema is there (of the identities, any). */
export function validateProfile(json: unknown): ValidatedProfile<Profile> {
  return validate<Profile>(wholeProfile, json);
}

/** The argument itself is returned, not a copy: what was signed stays as it came. */
function validate<P>(schema: z.ZodType, json: unknown): ValidatedProfile<P> {
  // First, because the schema's own walk, and everything after it, relies on what is refused here.
  const unsafe = findUnsafeJson(json);
  if (unsafe.length > 0) {
    return { ok: false, issues: unsafe };
  }
  const parsed = schema.safeParse(json);
  return parsed.success
    ? { ok: true, profile: json as P }
    : { ok: false, issues: parsed.error.issues.flatMap(toSchemaIssues).slice(0, MAX_ISSUES) };
}

function toSchemaIssues(issue: z.core.$ZodIssue): SchemaIssue[] {
  if (issue.code === 'unrecognized_keys') {
    const message = 'is not in the schema';
    return issue.keys.map((key) => ({ path: issuePath([...issue.path, key]), message }));
  }
  return [{ path: issuePath(issue.path), message: issue.message }];
}

/** Names the rule that was broken, or that there is nothing at all. */
function must(rule: string) {
  return { error: ({ input }: { input?: unknown }) => (input === undefined ? 'is missing' : rule) };
}

function oneOf<const Values extends readonly (string | null)[]>(values: Values) {
  const rule =
    values.length === 1 ? `must be ${values[0]}` : `must be one of ${values.map(String).join(', ')}`;
  return z.literal([...values], must(rule));
}

function strict<Shape extends z.core.$ZodLooseShape>(shape: Shape) {
  // Its own messages name the unknown keys; ours only says what the thing itself has to be.
  return z.strictObject(shape, {
    error: (issue) => {
      if (issue.code === 'unrecognized_keys') {
        return undefined;
      }
      return issue.input === undefined ? 'is missing' : 'must be an object';
    },
  });
}

const text = z.string(must('must be a string'));
const isPresent = (value: unknown) => value !== undefined;
const isMapOrNull = (value: unknown) => typeof value === 'object' && !Array.isArray(value);

/** The original's schema declares the format; times of other forms never came from its clients. */
const dateTime = z
  .string(must('must be a string'))
  .regex(TIME, 'must be a time as in RFC 3339, such as 2019-01-25T12:00:00.000Z');

const contents = {
  string: z.string(must('must be a string or null')).nullable(),
  boolean: z.boolean(must('must be a boolean or null')).nullable(),
  values: z.custom(isPresent, 'is missing'),
  map: z.custom(isMapOrNull, must('must be an object or null')),
} as const;

function signatureBy(name: z.ZodType) {
  return strict({
    alg: oneOf(['HS256', 'RS256', 'RSA', 'ED25519']),
    typ: oneOf(['JWS', 'PGP']),
    name,
    value: text,
  });
}

const signature = strict({
  publisher: signatureBy(oneOf(publisherNames)),
  additional: z.array(
    signatureBy(z.string(must('must be a string or null')).nullable()),
    must('must be a list'),
  ),
});

function attribute({ kind, classification, displays }: AttributeDefinition) {
  const metadata = strict({
    classification: oneOf(classification ? [classification] : classifications),
    last_modified: dateTime,
    created: dateTime,
    verified: z.boolean(must('must be a boolean')),
    display: oneOf(displays ?? [...displayLevels, null]),
  });
  const content = contents[kind];
  return kind === 'string' || kind === 'boolean'
    ? strict({ signature, metadata, value: content })
    : strict({ signature, metadata, values: content });
}

/** The attributes that lie directly under `group`, or at the top. */
function members(group?: string): Record<string, z.ZodType> {
  const prefix = group === undefined ? '' : `${group}.`;
  return Object.fromEntries(
    attributePaths
      .filter((path) => (group === undefined ? !path.includes('.') : path.startsWith(prefix)))
      .map((path) => [path.slice(prefix.length), attribute(attributeDefinitions[path])]),
  );
}

function optional(shape: Record<string, z.ZodType>): Record<string, z.ZodType> {
  return Object.fromEntries(Object.entries(shape).map(([name, schema]) => [name, schema.optional()]));
}

const plain = members();
const [identities, accessInformation, staffInformation] = groupNames.map(members) as [Shape, Shape, Shape];
type Shape = Record<string, z.ZodType>;

const wholeProfile = strict({
  schema: text,
  ...plain,
  // The published schema requires none of the identities.
  identities: strict(optional(identities)),
  access_information: strict(accessInformation),
  staff_information: strict(staffInformation),
});

const partialProfile = strict(
  optional({
    schema: text,
    ...plain,
    identities: strict(optional(identities)),
    access_information: strict(optional(accessInformation)),
    staff_information: strict(optional(staffInformation)),
  }),
);
