import { createHash } from 'node:crypto';
import type { Json } from '../json';
import { fakeWords as words } from './fake-words';
import type { AttributePath, PublisherName } from './profile';
import type { SeededNumbers } from './seeded-numbers';

/** What a publisher says of a fake person. */
export interface FakeClaim {
  readonly publisher: PublisherName;
  readonly content: Json;
  /** `chosen` by the person; otherwise as the empty profile has it. */
  readonly display?: 'chosen';
}

export type FakeClaims = Partial<Record<AttributePath, FakeClaim>>;

export interface FakePerson {
  readonly userId: string;
  readonly userName: string;
  readonly claims: FakeClaims;
}

interface Facts {
  readonly seed: string;
  readonly index: number;
  readonly at: string;
  readonly isActive: boolean;
}

const methods = ['ad', 'email', 'github', 'google-oauth2', 'firefoxaccounts'] as const;
type Method = (typeof methods)[number];

/** Who a fake person is and what is said of them, account first. The order of the draws must not change. */
export function describeFakePerson(numbers: SeededNumbers, facts: Facts): FakePerson {
  const method = methods[facts.index % methods.length] as Method;
  const [first, last] = [numbers.pick(words.firstNames), numbers.pick(words.lastNames)];
  const userName = `${plain(first)[0] ?? 'x'}${plain(last) || 'sato'}${numberFor(facts)}`;
  const account = describeAccount(method, userName, numbers);
  const isStaff = method === 'ad';
  return {
    userId: account.userId,
    userName,
    claims: {
      ...claims(isStaff ? 'ldap' : 'access_provider', {
        user_id: account.userId,
        login_method: account.loginMethod,
        active: facts.isActive,
        created: facts.at,
        last_modified: facts.at,
        ...account.identities,
      }),
      primary_email: {
        publisher: isStaff ? 'ldap' : 'access_provider',
        content: account.email,
        display: 'chosen',
      },
      ...personalClaims(numbers, { first, last, userName }),
      ...(isStaff && staffClaims(numbers, account.email)),
    },
  };
}

/** A uuid and a user name that follow from the seed and the user_id, as minted ones follow from a salt. */
export function fakeIdentifiers(seed: string, { userId, userName }: FakePerson): FakeClaims {
  const bytes = createHash('sha256').update(`${seed}#${userId}`).digest().subarray(0, 16);
  // Version 8 of RFC 9562: made in a way of one's own.
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  const uuid = bytes.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
  return claims('cis', { uuid, primary_username: userName });
}

interface Account {
  readonly userId: string;
  readonly loginMethod: string;
  readonly email: string;
  readonly identities: Partial<Record<AttributePath, Json>>;
}

/** The forms of ids that the original's connection methods give. */
function describeAccount(method: Method, userName: string, numbers: SeededNumbers): Account {
  const email = `${userName}@${numbers.pick(['example.org', 'example.net'])}`;
  switch (method) {
    case 'ad':
      return {
        userId: `ad|Mozilla-LDAP|${userName}`,
        loginMethod: 'Mozilla-LDAP',
        email: `${userName}@example.com`,
        identities: {
          'identities.mozilla_ldap_id': `mail=${userName}@example.com,o=com,dc=example`,
          'identities.mozilla_ldap_primary_email': `${userName}@example.com`,
          'identities.mozilla_posix_id': userName,
        },
      };
    case 'email':
      return { userId: `email|${numbers.text(32)}`, loginMethod: 'email', email, identities: {} };
    case 'github': {
      const id = String(numbers.whole(1_000_000, 99_999_999));
      const identities = {
        'identities.github_id_v3': id,
        'identities.github_id_v4': Buffer.from(`04:User${id}`).toString('base64'),
        'identities.github_primary_email': email,
      };
      return { userId: `github|${id}`, loginMethod: 'github', email, identities };
    }
    case 'google-oauth2': {
      const id = `1${numbers.text(20, '0123456789')}`;
      const identities = { 'identities.google_oauth2_id': id, 'identities.google_primary_email': email };
      return { userId: `google-oauth2|${id}`, loginMethod: 'google-oauth2', email, identities };
    }
    case 'firefoxaccounts': {
      const id = numbers.text(32);
      const identities = {
        'identities.firefox_accounts_id': id,
        'identities.firefox_accounts_primary_email': email,
      };
      return { userId: `oauth2|firefoxaccounts|${id}`, loginMethod: 'firefoxaccounts', email, identities };
    }
  }
}

function personalClaims(
  numbers: SeededNumbers,
  { first, last, userName }: { readonly first: string; readonly last: string; readonly userName: string },
): FakeClaims {
  const [location, timezone] = numbers.pick(words.places);
  const optional: readonly [AttributePath, Json][] = [
    ['pronouns', numbers.pick(words.pronouns)],
    ['alternative_name', `${first} “${numbers.pick(words.tags)}” ${last}`],
    ['fun_title', numbers.pick(words.funTitles)],
    ['description', numbers.pick(words.sentences)],
    ['location', location],
    ['timezone', timezone],
    ['languages', asSet(numbers.some(words.languages, numbers.whole(1, 3)))],
    ['tags', asSet(numbers.some(words.tags, numbers.whole(1, 4)))],
    ['picture', `https://example.org/avatars/${userName}.png`],
    ['uris', { 'EA#WEB#homepage': `https://example.net/~${userName}` }],
    ['phone_numbers', { 'EA#MOBILE#0': `+1 555 01${numbers.text(2, '0123456789')}` }],
    ['usernames', { 'HACK#BMOMAIL': `${userName}@example.net` }],
    ['ssh_public_keys', { laptop: `ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${numbers.text(43)} ${userName}` }],
    ['pgp_public_keys', { main: `0x${numbers.text(40, '0123456789ABCDEF')}` }],
  ];
  const told = optional.filter(() => numbers.isLikely(0.75));
  const groups = asSet(numbers.some(words.communityGroups, numbers.whole(0, 3)));
  return {
    ...claims(
      'mozilliansorg',
      { first_name: first, last_name: last, ...Object.fromEntries(told) },
      { display: 'chosen' },
    ),
    ...claims('mozilliansorg', { 'access_information.mozilliansorg': groups }),
  };
}

function staffClaims(numbers: SeededNumbers, email: string): FakeClaims {
  const workerType = numbers.isLikely(0.85) ? 'Employee' : 'Seasonal';
  const isManager = numbers.isLikely(0.2);
  return {
    ...claims('ldap', {
      'access_information.ldap': asSet(numbers.some(words.ldapGroups, numbers.whole(1, 4))),
    }),
    ...claims('hris', {
      'access_information.hris': {
        employee_id: numbers.whole(1000, 9999),
        managers_employee_id: String(numbers.whole(1000, 9999)),
        primary_work_email: email,
        worker_type: workerType,
      },
      'staff_information.manager': isManager,
      'staff_information.director': isManager && numbers.isLikely(0.3),
      'staff_information.staff': true,
      'staff_information.title': numbers.pick(words.titles),
      'staff_information.team': numbers.pick(words.teams),
      'staff_information.cost_center': `${numbers.whole(1000, 9999)} - ${numbers.pick(words.teams)}`,
      'staff_information.worker_type': workerType,
      'staff_information.wpr_desk_number': String(numbers.whole(100, 999)),
      'staff_information.office_location': numbers.pick(words.offices),
    }),
  };
}

function claims(
  publisher: PublisherName,
  contents: Partial<Record<AttributePath, Json>>,
  settings: { readonly display?: 'chosen' } = {},
): FakeClaims {
  return Object.fromEntries(
    Object.entries(contents).map(([path, content]) => [path, { publisher, content, ...settings }]),
  );
}

/** Names are keys with null values, as groups are. */
function asSet(names: readonly string[]): Json {
  return Object.fromEntries(names.map((name) => [name, null]));
}

/** Two digits that follow from the seed, then the index: unlike within a seed, mostly unlike between seeds. */
function numberFor({ seed, index }: Facts): string {
  return `${10 + (createHash('sha256').update(seed).digest().readUInt8(0) % 90)}${index}`;
}

/** What a login name keeps of a name: letters from a to z. */
function plain(name: string): string {
  return name
    .normalize('NFD')
    .replace(/ı/g, 'i')
    .replace(/[^A-Za-z]/g, '')
    .toLowerCase();
}
