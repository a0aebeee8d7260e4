import { readFileSync } from 'node:fs';
import path from 'node:path';
import fc from 'fast-check';
import { attributePaths } from '../../../core/person/attributes';
import { emptyProfile } from '../../../core/person/empty-profile';
import { classifications, displayLevels, publisherNames } from '../../../core/person/profile';
import { validatePartialProfile, validateProfile } from '../../../core/person/profile-schema';
import { isValid, type SchemaNode } from '../../support/draft-four';
import { readReference } from '../../support/reference-data';

/** JSON that may be spoiled at any depth. */
interface Draft {
  [name: string]: Draft;
}

/** A whole empty profile as plain JSON, to be spoiled. */
const draft = () => JSON.parse(JSON.stringify(emptyProfile())) as Draft;
const spoiled = (spoil: (profile: Draft) => void): unknown => {
  const profile = draft();
  spoil(profile);
  return profile;
};
const issuesOf = (json: unknown) => {
  const validated = validatePartialProfile(json);
  return validated.ok ? [] : validated.issues.map(({ path: where, message }) => `${where} ${message}`);
};

describe('the profile schema refuses', () => {
  it.each<[string, string, (profile: Draft) => unknown]>([
    ['an unknown attribute', 'bogus is not in the schema', (p) => Object.assign(p, { bogus: p.fun_title })],
    [
      'an unknown identity',
      'identities.myspace is not in the schema',
      (p) => Object.assign(p.identities!, { myspace: p.fun_title }),
    ],
    [
      'an unknown publisher of access',
      'access_information.eve is not in the schema',
      (p) => Object.assign(p.access_information!, { eve: {} }),
    ],
    [
      'an unknown staff attribute',
      'staff_information.pay',
      (p) => Object.assign(p.staff_information!, { pay: 1 }),
    ],
    [
      'publisher_authority',
      'fun_title.metadata.publisher_authority is not in the schema',
      (p) => Object.assign(p.fun_title!.metadata!, { publisher_authority: 'ldap' }),
    ],
    ['value beside values', 'tags.value is not in the schema', (p) => Object.assign(p.tags!, { value: 1 })],
    ['no content', 'tags.values is missing', (p) => delete p.tags!.values],
    ['no metadata', 'fun_title.metadata is missing', (p) => delete p.fun_title!.metadata],
    [
      'a number for a name',
      'first_name.value must be a string or null',
      (p) => Object.assign(p.first_name!, { value: 5 }),
    ],
    [
      'text for active',
      'active.value must be a boolean or null',
      (p) => Object.assign(p.active!, { value: 'true' }),
    ],
    [
      'a list of groups',
      'access_information.ldap.values must be an object or null',
      (p) => Object.assign(p.access_information!.ldap!, { values: ['team'] }),
    ],
    ['a null attribute', 'fun_title must be an object', (p) => Object.assign(p, { fun_title: null })],
    ['a null group', 'identities must be an object', (p) => Object.assign(p, { identities: null })],
    [
      'another classification',
      'first_name.metadata.classification must be PUBLIC',
      (p) => Object.assign(p.first_name!.metadata!, { classification: 'MOZILLA CONFIDENTIAL' }),
    ],
    [
      'a shown active',
      'active.metadata.display must be null',
      (p) => Object.assign(p.active!.metadata!, { display: 'public' }),
    ],
    [
      'a hidden uuid',
      'uuid.metadata.display must be public',
      (p) => Object.assign(p.uuid!.metadata!, { display: null }),
    ],
    [
      'public groups of ldap',
      'access_information.ldap.metadata.display must be one of vouched, ndaed, staff, private, null',
      (p) => Object.assign(p.access_information!.ldap!.metadata!, { display: 'public' }),
    ],
    [
      'an unknown publisher',
      'fun_title.signature.publisher.name must be one of',
      (p) => Object.assign(p.fun_title!.signature!.publisher!, { name: 'eve' }),
    ],
    [
      'an unknown algorithm',
      'fun_title.signature.publisher.alg must be one of',
      (p) => Object.assign(p.fun_title!.signature!.publisher!, { alg: 'none' }),
    ],
    [
      'a date that is none',
      'fun_title.metadata.created must be a time',
      (p) => Object.assign(p.fun_title!.metadata!, { created: 'yesterday' }),
    ],
  ])('%s', (_, issue, spoil) => {
    const profile = spoiled(spoil);
    expect(issuesOf(profile).join()).toContain(issue);
    expect(validateProfile(profile).ok).toBe(false);
  });

  it.each(['null', '[]', '"text"', '5', 'true', '{"user_id":"ad|ada"}'])('%s', (json) => {
    expect(validatePartialProfile(JSON.parse(json)).ok).toBe(false);
  });

  it.each(['__proto__', 'constructor', 'prototype'])('the key %s, at any depth', (name) => {
    const top = JSON.parse(`{"${name}": {}}`);
    const tags = { ...draft().tags, values: JSON.parse(`{"a": [{"${name}": {"polluted": true}}]}`) };
    expect(issuesOf(top)).toEqual([`${name} is a reserved name and not allowed as a key`]);
    expect(issuesOf({ tags })).toEqual([
      `tags.values.a.0.${name} is a reserved name and not allowed as a key`,
    ]);
  });

  it.each(['12345678901234567890', '9007199254740993', '-9007199254740992', '1e400'])(
    'the number %s, which readers of JSON do not keep',
    (number) => {
      const text = JSON.stringify({ access_information: { hris: draft().access_information!.hris } });
      const change = JSON.parse(text.replace('"values":null', `"values":{"employee_id":${number}}`));
      expect(issuesOf(change)).toEqual([
        'access_information.hris.values.employee_id is a number that JSON readers cannot keep exactly; send it as a string',
      ]);
    },
  );

  it('bottomless nesting, without running out of stack', () => {
    const deep = JSON.parse(`${'['.repeat(50_000)}${']'.repeat(50_000)}`);
    expect(issuesOf({ tags: { ...draft().tags, values: deep } }).join()).toContain('nested deeper than 32');
  });

  it('without repeating values, long names or endless lists', () => {
    const many = Object.fromEntries(
      Array.from({ length: 5000 }, (_, index) => [`${index}${'x'.repeat(500)}`, 1]),
    );
    const validated = validatePartialProfile({ ...many, first_name: { value: 'secret-value' } });
    const text = JSON.stringify(validated);
    expect(text.length).toBeLessThan(4000);
    expect(text).not.toContain('secret-value');
  });
});

describe('the profile schema takes', () => {
  it('the empty profile, and any part of it', () => {
    expect(validateProfile(draft()).ok).toBe(true);
    fc.assert(
      fc.property(fc.subarray(Object.keys(draft())), (names) => {
        const profile = draft();
        return validatePartialProfile(Object.fromEntries(names.map((name) => [name, profile[name]]))).ok;
      }),
    );
    expect(validatePartialProfile({ staff_information: {} }).ok).toBe(true);
  });

  it('a whole profile only when it is whole, but for the identities', () => {
    for (const name of Object.keys(draft())) {
      expect(validateProfile(spoiled((profile) => delete profile[name])).ok).toBe(false);
    }
    expect(validateProfile(spoiled((profile) => Object.assign(profile, { identities: {} }))).ok).toBe(true);
    expect(validateProfile(spoiled((profile) => delete profile.staff_information!.team)).ok).toBe(false);
  });

  it('the rules that the published schema writes on groups as nobody applies them', () => {
    const free = spoiled((profile) => {
      Object.assign(profile.staff_information!.team!.metadata!, {
        display: 'public',
        classification: 'PUBLIC',
      });
      Object.assign(profile.identities!.github_id_v3!.metadata!, { classification: 'PUBLIC' });
    });
    expect(validateProfile(free).ok).toBe(true);
  });

  it('profiles that the original has made, unchanged', () => {
    for (const name of ['create-by-ldap', 'update-by-hris', 'fake-profile']) {
      const file = path.join(__dirname, `../../vectors/${name}.json`);
      const json = JSON.parse(readFileSync(file, 'utf8'));
      const validated = validateProfile(json);
      expect(validated.ok && validated.profile).toBe(json);
    }
  });
});

describe('the limits of each attribute', () => {
  const any = [...displayLevels, null];
  const displays = new Map<string, unknown[]>([
    ...['uuid', 'primary_username'].map((name): [string, unknown[]] => [name, ['public']]),
    ...['active', 'access_information.hris', 'access_information.access_provider'].map(
      (name): [string, unknown[]] => [name, [null]],
    ),
    ['access_information.ldap', ['vouched', 'ndaed', 'staff', 'private', null]],
    ...['staff_information.cost_center', 'staff_information.worker_type', 'identities.mozilla_ldap_id'].map(
      (name): [string, unknown[]] => [name, ['staff']],
    ),
  ]);
  const isPublic =
    /^(user_id|uuid|primary_username|login_method|last_modified|created|first_name|last_name|primary_email|ssh_public_keys|pgp_public_keys|picture|access_information\.(ldap|mozilliansorg))$/;
  const isStaffOnly = /^(access_information\.hris|staff_information\.(cost_center|worker_type))$/;
  const isFree = /^(identities\.|staff_information\.)/;

  function classesOf(name: string): readonly string[] {
    if (isStaffOnly.test(name)) {
      return ['WORKGROUP CONFIDENTIAL: STAFF ONLY'];
    }
    return isFree.test(name) ? classifications : [isPublic.test(name) ? 'PUBLIC' : 'WORKGROUP CONFIDENTIAL'];
  }

  const accepted = (name: string, key: string, values: readonly unknown[]) =>
    values.filter((value) => {
      const profile = draft();
      const attribute = name.split('.').reduce<Draft>((at, part) => at[part] as Draft, profile);
      Object.assign(attribute.metadata!, { [key]: value });
      return validateProfile(profile).ok;
    });

  it.each(attributePaths)('of %s are those of the contract', (name) => {
    expect(accepted(name, 'display', any)).toEqual(displays.get(name) ?? any);
    expect(accepted(name, 'classification', classifications)).toEqual(classesOf(name));
  });
});

const published = readReference('profile.schema.json') as SchemaNode | undefined;
(published ? describe : describe.skip)('the profile schema, beside the published one,', () => {
  const schema = published as SchemaNode;
  const properties = schema?.definitions?.Profile?.properties ?? {};
  const base = draft();

  /** Spoils one place of a whole profile, and wants the same verdict of both schemas. */
  function agrees(place: readonly string[], spoil: (parent: Draft, name: string) => unknown): void {
    const [top = ''] = place;
    const part = { [top]: structuredClone(base[top]) } as Draft;
    const parent = place.slice(0, -1).reduce<Draft | undefined>((at, name) => at?.[name], part);
    if (typeof parent !== 'object' || parent === null || Array.isArray(parent)) {
      return;
    }
    spoil(parent, place.at(-1) as string);
    const { [top]: _, ...rest } = base;
    const ours = validateProfile({ ...rest, ...part }).ok;
    // All are required: what is not there is refused.
    const theirs = top in part && isValid(part[top], properties[top] ?? { enum: [] }, schema);
    if (ours !== theirs) {
      throw new Error(
        `${place.join('.')} is now ${JSON.stringify(part)}: we say ${ours}, they say ${theirs}`,
      );
    }
  }

  const setting = (value: unknown) => (parent: Draft, name: string) =>
    Object.assign(parent, { [name]: value });

  it('knows the same attributes, and wants the same', () => {
    expect(Object.keys(base).sort()).toEqual(Object.keys(properties).sort());
    expect([...(schema.definitions?.Profile?.required ?? [])].sort()).toEqual(Object.keys(base).sort());
    expect(isValid(base, schema, schema)).toBe(true);
    expect(isValid({ ...base, bogus: 1 }, schema, schema)).toBe(false);
  });

  it('agrees on every value of every enumeration, for every attribute', () => {
    const enumerations: [string[], unknown[]][] = [
      [
        ['metadata', 'display'],
        [...displayLevels, null, 'all'],
      ],
      [
        ['metadata', 'classification'],
        [...classifications, 'SECRET', null],
      ],
      [
        ['metadata', 'verified'],
        [true, false, null, 'true'],
      ],
      [
        ['signature', 'publisher', 'name'],
        [...publisherNames, 'eve', null],
      ],
      [
        ['signature', 'publisher', 'alg'],
        ['HS256', 'RS256', 'RSA', 'ED25519', 'none'],
      ],
      [
        ['signature', 'publisher', 'typ'],
        ['JWS', 'PGP', 'JWT'],
      ],
      [
        ['signature', 'additional', '0', 'name'],
        ['ldap', 'anybody', null, 5],
      ],
      [['value'], [null, 'text', '', true, 5, {}, []]],
      [['values'], [null, 'text', '', true, 5, {}, [], { a: 1 }]],
    ];
    for (const attribute of attributePaths) {
      for (const [place, values] of enumerations) {
        for (const value of values) {
          agrees([...attribute.split('.'), ...place], setting(value));
        }
      }
    }
  });

  it('agrees on what may be missing and what may be there, at every place', () => {
    for (const place of placesOf(base)) {
      agrees(place, (parent, name) => delete parent[name]);
      agrees([...place, 'surplus'], setting('x'));
      // The original's validator does not look at the form of times; ours does.
      const isTime = /^(last_modified|created)$/.test(place.at(-1) ?? '') && place.includes('metadata');
      for (const value of [null, isTime ? '2019-01-25T12:00:00Z' : 'x', 5, true, {}, []]) {
        agrees(place, setting(value));
      }
    }
  });
});

function placesOf(value: unknown, place: string[] = []): string[][] {
  const members = typeof value === 'object' && value !== null ? Object.entries(value) : [];
  return members.flatMap(([name, member]) => [[...place, name], ...placesOf(member, [...place, name])]);
}
