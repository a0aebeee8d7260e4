import { attributePaths } from './attributes';
import type { AttributePath } from './profile';

/** Which publisher may create and which may update each attribute: contract CIS, section 5. */
export interface PublisherRules {
  readonly create: ReadonlyMap<AttributePath, readonly string[]>;
  /** An empty name: nobody. */
  readonly update: ReadonlyMap<AttributePath, string>;
}

const OUTSIDE = ['ldap', 'hris', 'access_provider', 'mozilliansorg'] as const;
const ACCOUNT = ['ldap', 'hris', 'access_provider'] as const;
const ACCOUNT_AND_CIS = [...ACCOUNT, 'cis'] as const;
const PERSONAL = ['ldap', 'mozilliansorg'] as const;
const STAFF = ['ldap', 'hris'] as const;

/** A rule for each of the names. */
function each<const Name extends string, Rule>(names: readonly Name[], rule: Rule): Record<Name, Rule> {
  return Object.fromEntries(names.map((name) => [name, rule])) as Record<Name, Rule>;
}

const personal = [
  ...['pronouns', 'alternative_name', 'fun_title', 'description', 'location', 'languages', 'tags', 'picture'],
  ...['uris', 'phone_numbers'],
] as const;

const keys = ['ssh_public_keys', 'pgp_public_keys'] as const;

const staff = attributePaths
  .filter((path) => path.startsWith('staff_information.'))
  .map((path) => path.slice('staff_information.'.length));

const identities = attributePaths
  .filter((path) => path.startsWith('identities.'))
  .map((path) => path.slice('identities.'.length));

/** Identities at Mozilla itself are nothing that a person tells of themselves. */
const isOfMozilla = (name: string) => name.startsWith('mozilla_');

/**
 * The rules as they are published under `/.well-known/mozilla-iam-publisher-rules`: of the original's two
 * disagreeing copies the published one, in which ldap and mozilliansorg may both create keys.
 */
export const defaultPublisherRulesDocument = {
  create: {
    ...each(['uuid', 'primary_username'], ['cis']),
    ...each(['user_id', 'login_method', 'primary_email'], ACCOUNT),
    ...each(['active', 'last_modified', 'created'], ACCOUNT_AND_CIS),
    usernames: ['ldap', 'access_provider', 'mozilliansorg'],
    ...each(['first_name', 'last_name'], OUTSIDE),
    timezone: ['hris', ...PERSONAL],
    ...each([...personal, ...keys], PERSONAL),
    identities: {
      ...each(
        identities.filter((name) => !isOfMozilla(name)),
        OUTSIDE,
      ),
      ...each(identities.filter(isOfMozilla), ACCOUNT),
    },
    access_information: {
      ldap: ['ldap'],
      mozilliansorg: ['mozilliansorg'],
      hris: ['hris'],
      access_provider: ['access_provider'],
    },
    staff_information: each(staff, STAFF),
  },
  update: {
    uuid: '',
    ...each(['user_id', 'login_method', 'primary_email'], 'access_provider'),
    primary_username: 'mozilliansorg',
    ...each(['active', 'last_modified', 'created'], 'cis'),
    ...each(['usernames', 'first_name', 'last_name', 'timezone', ...personal], 'mozilliansorg'),
    ...each(keys, 'ldap'),
    identities: 'mozilliansorg',
    access_information: {
      ldap: 'ldap',
      mozilliansorg: 'mozilliansorg',
      hris: 'hris',
      access_provider: 'access_provider',
    },
    staff_information: each(staff, 'hris'),
  },
} as const;

/**
 * Reads rules of the published form: `{"create": {attribute: [publishers] | {member: [publishers]}}, "update":
 * {attribute: publisher | {member: publisher}}}`; a rule on a group counts for all of its members.
 * @throws Error naming each attribute that has no rule, is unknown or has a rule of the wrong form.
 */
export function parsePublisherRules(document: unknown): PublisherRules {
  const isNames = (rule: unknown): rule is string[] =>
    Array.isArray(rule) && rule.every((name) => typeof name === 'string');
  const isName = (rule: unknown): rule is string => typeof rule === 'string';
  return {
    create: parseRules(document, 'create', isNames, 'a list of publishers'),
    update: parseRules(document, 'update', isName, 'the name of a publisher, or empty'),
  };
}

function parseRules<Rule>(
  document: unknown,
  part: 'create' | 'update',
  isRule: (rule: unknown) => rule is Rule,
  form: string,
): ReadonlyMap<AttributePath, Rule> {
  const tree = isTree(document) && Object.hasOwn(document, part) ? document[part] : undefined;
  if (!isTree(tree)) {
    throw new Error(`the publisher rules must have an object "${part}"`);
  }
  const unknown = unknownNames(tree);
  const found = attributePaths.map((path) => [path, ruleAt(tree, path)] as const);
  const wrong = found.filter(([, rule]) => !isRule(rule)).map(([path]) => path);
  if (unknown.length + wrong.length > 0) {
    const problems = [
      ...unknown.map((name) => `${name} is no attribute`),
      ...wrong.map((path) => `${path} must have ${form}`),
    ];
    throw new Error(`the publisher rules under "${part}" are wrong: ${problems.join('; ')}`);
  }
  return new Map(found as [AttributePath, Rule][]);
}

type Tree = Readonly<Record<string, unknown>>;

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function ruleAt(tree: Tree, path: AttributePath): unknown {
  const [name = '', member] = path.split('.');
  const rule = Object.hasOwn(tree, name) ? tree[name] : undefined;
  if (member === undefined || !isTree(rule)) {
    return rule;
  }
  return Object.hasOwn(rule, member) ? rule[member] : undefined;
}

function unknownNames(tree: Tree): string[] {
  const names = Object.entries(tree).flatMap(([name, rule]) =>
    isTree(rule) ? Object.keys(rule).map((member) => `${name}.${member}`) : [name],
  );
  return names.filter((name) => !attributePaths.some((path) => path === name || path.startsWith(`${name}.`)));
}

/** The rules that hold where nothing else is configured. */
export const defaultPublisherRules: PublisherRules = parsePublisherRules(defaultPublisherRulesDocument);
