import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { ChangeOutcome } from '../../../core/change/change';
import { integrateChange } from '../../../core/change/integrate-change';
import type { IntegrationContext } from '../../../core/change/integration-context';
import type { Json } from '../../../core/json';
import { parsePublisherKeys } from '../../../core/person/keys';
import type { PartialProfile, Profile, PublisherName } from '../../../core/person/profile';
import { validatePartialProfile, validateProfile } from '../../../core/person/profile-schema';
import { verifyAttribute } from '../../../core/person/signature';
import { type Claim, changeOfClaims, claimed, makePublishers } from '../../support/publishers';

const { context, signingKeys } = makePublishers();
const NOW = '2026-11-20T20:00:00.000Z';
const LATER = '2026-11-20T21:00:00.000Z';
const USER = 'ad|Mozilla-LDAP|ada';

const by = (publisher: PublisherName, content: Json, metadata?: Claim['metadata']): Claim => ({
  publisher,
  content,
  ...(metadata && { metadata }),
});

const newcomer = {
  user_id: by('ldap', USER),
  login_method: by('ldap', 'Mozilla-LDAP'),
  active: by('ldap', true),
  created: by('ldap', '2026-11-20T18:00:00.000Z'),
  last_modified: by('ldap', '2026-11-20T18:00:00.000Z'),
  primary_email: by('ldap', 'ada@example.net'),
  first_name: by('ldap', 'Ada'),
  'access_information.ldap': by('ldap', { team_moco: null }),
} satisfies Partial<Record<string, Claim>>;

const signed = (claims: Parameters<typeof changeOfClaims>[0]) => changeOfClaims(claims, signingKeys);

function profileOf(outcome: ChangeOutcome): Profile {
  if (!('profile' in outcome)) {
    throw new Error(`not integrated: ${JSON.stringify(outcome)}`);
  }
  return outcome.profile;
}

const ada = profileOf(integrateChange(undefined, signed(newcomer), context, NOW));
const update = (change: PartialProfile, to: Profile = ada, within: IntegrationContext = context) =>
  integrateChange(to, change, within, LATER);

describe('integrateChange refuses', () => {
  it.each([
    ['a publisher that may not create', { fun_title: by('hris', 'Boss') }, '[create] hris', 'fun_title'],
    ['a publisher that may not update', { first_name: by('ldap', 'Eve') }, '[update] ldap', 'first_name'],
    [
      'another publisher of an account',
      { primary_email: by('hris', 'eve@example.net') },
      '[update] hris',
      'primary_email',
    ],
    [
      'groups of another publisher',
      { 'access_information.ldap': by('mozilliansorg', { admins: null }) },
      '[update] mozilliansorg',
      'ldap',
    ],
    [
      'a member of a group',
      { 'staff_information.title': by('mozilliansorg', 'CEO') },
      '[create] mo',
      'title',
    ],
    [
      'a display from somebody',
      { first_name: by('ldap', 'Ada', { display: 'public' }) },
      '[update] ldap',
      'fi',
    ],
    ['verified from somebody', { first_name: by('ldap', 'Ada', { verified: false }) }, '[update] ldap', 'fi'],
    ['a new uuid', { uuid: by('cis', 'other', { display: 'public' }) }, '[update] cis', 'uuid'],
    ['a username from ldap', { primary_username: by('ldap', 'ada') }, '[update] ldap', 'primary_username'],
  ] as const)('%s', (_, claims, action, field) => {
    expect(update(signed(claims))).toMatchObject({ state: 'rejected', code: 'invalid_publisher' });
    const { text } = update(signed(claims)) as { text: string };
    expect(text).toContain(action);
    expect(text).toContain(`is NOT allowed to publish field ${field}`);
  });

  it.each(['mozilliansorg', 'ldap', 'access_provider'] as const)('%s when it flips active', (publisher) => {
    expect(update(signed({ active: by(publisher, false) }))).toEqual({
      state: 'rejected',
      code: 'invalid_publisher',
      text: `[update] ${publisher} is NOT allowed to publish field active`,
    });
  });

  it('somebody who says to be hris, to flip active', () => {
    const change = { active: claimed('active', by('hris', false), signingKeys.mozilliansorg) };
    expect(update(change as PartialProfile)).toMatchObject({ code: 'invalid_signature' });
  });

  it('an unsigned value, and one that another key has signed', () => {
    const title = by('mozilliansorg', 'Boss');
    const forged = { fun_title: claimed('fun_title', title, signingKeys.ldap) } as PartialProfile;
    expect(update(changeOfClaims({ fun_title: title }))).toMatchObject({ code: 'invalid_signature' });
    expect(update(forged)).toMatchObject({ code: 'invalid_signature' });
  });

  it('an unsigned display, from the publisher that may change it', () => {
    const change = changeOfClaims({ first_name: by('mozilliansorg', 'Ada', { display: 'public' }) });
    expect(update(change)).toMatchObject({ code: 'invalid_signature' });
  });

  it('a signed value under a display that was not signed', () => {
    const { fun_title } = signed({ fun_title: by('mozilliansorg', 'Boss') });
    const change = { fun_title: { ...fun_title, metadata: { ...fun_title?.metadata, display: 'public' } } };
    expect(update(change as PartialProfile)).toMatchObject({ code: 'invalid_signature' });
  });

  it('a publisher without keys', () => {
    const publisherKeys = new Map([...context.publisherKeys].filter(([name]) => name !== 'mozilliansorg'));
    const change = signed({ fun_title: by('mozilliansorg', 'Boss') });
    expect(update(change, ada, { ...context, publisherKeys })).toMatchObject({
      code: 'invalid_signature',
      text: 'no key is known of mozilliansorg, which fun_title names as its publisher',
    });
  });

  it('all of a change when one attribute of it is bad', () => {
    const change = signed({ fun_title: by('mozilliansorg', 'Boss'), picture: by('hris', 'x') });
    expect(update(change).state).toBe('rejected');
  });

  it('a change that is meant for another person', () => {
    expect(update(signed({ user_id: by('access_provider', 'ad|eve') }))).toMatchObject({
      state: 'rejected',
      code: 'schema_invalid',
    });
  });

  it('a new profile without a user_id', () => {
    const { user_id: _, ...rest } = signed(newcomer);
    for (const change of [rest, { ...rest, ...changeOfClaims({ user_id: by('ldap', '') }) }]) {
      expect(integrateChange(undefined, change, context, NOW)).toMatchObject({ code: 'schema_invalid' });
    }
  });

  it.each(['uuid', 'primary_username'] as const)('a new profile that brings its %s', (name) => {
    const change = signed({ ...newcomer, [name]: by('cis', 'mine', { display: 'public' }) });
    expect(integrateChange(undefined, change, context, NOW)).toEqual({
      state: 'rejected',
      code: 'uuid_or_primary_username_set',
      text: 'The fields primary_username or uuid have been set in a new profile.',
    });
  });

  it('a null with a display in a new profile, unless its keeper sends it', () => {
    const withNull = (publisher: PublisherName) =>
      integrateChange(
        undefined,
        signed({ ...newcomer, pronouns: by(publisher, null, { display: 'staff' }) }),
        context,
        NOW,
      );
    expect(withNull('ldap')).toMatchObject({
      text: '[update] ldap is NOT allowed to publish field pronouns',
    });
    // Nobody can have signed it, so it is taken for nothing.
    expect(profileOf(withNull('mozilliansorg')).pronouns).toEqual(ada.pronouns);
  });

  it('without telling any value', () => {
    const secret = 'very-secret-value';
    for (const change of [
      changeOfClaims({ fun_title: by('mozilliansorg', secret) }),
      changeOfClaims({ first_name: by('ldap', secret) }),
      signed({ user_id: by('access_provider', secret) }),
    ]) {
      const outcome = update(change);
      expect(outcome.state).toBe('rejected');
      expect(JSON.stringify(outcome)).not.toContain(secret);
    }
  });
});

describe('integrateChange on a new person', () => {
  it('mints a uuid and a username of the same bytes, signed by cis', () => {
    const uuid = ada.uuid.value ?? '';
    expect(uuid).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-5[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    expect(ada.primary_username.value).toMatch(/^r--[\w-]{22}==$/);
    expect(Buffer.from(ada.primary_username.value?.slice(3) ?? '', 'base64url').toString('hex')).toBe(
      uuid.replaceAll('-', ''),
    );
    expect(ada.uuid.metadata).toMatchObject({ created: NOW, last_modified: NOW, display: 'public' });
  });

  it('makes the uuid that every RFC 4122 library makes of salt and user_id', () => {
    const salted = { ...context, uuidSalt: 'salt' };
    const change = signed({ ...newcomer, user_id: by('ldap', 'ad|ada') });
    // Python: uuid.uuid5(uuid.NAMESPACE_URL, "salt#ad|ada")
    expect(profileOf(integrateChange(undefined, change, salted, NOW)).uuid.value).toBe(
      'e10b38c4-26a5-5b61-91d4-03ed2466fbca',
    );
  });

  it('mints the same again with the same key, and another with another', () => {
    const again = profileOf(integrateChange(undefined, signed(newcomer), context, LATER));
    const elsewhere = { ...context, cisKey: signingKeys.hris };
    const other = profileOf(integrateChange(undefined, signed(newcomer), elsewhere, NOW));
    expect(again.uuid.value).toBe(ada.uuid.value);
    expect(other.uuid.value).not.toBe(ada.uuid.value);
  });

  it('signs uuid, primary_username, last_modified and active with the cis key, and nothing else', () => {
    const byCis = Object.entries(ada).filter(
      ([, attribute]) => attribute?.signature?.publisher.name === 'cis' && attribute.value !== null,
    );
    expect(byCis.map(([name]) => name).sort()).toEqual([
      ...['active', 'last_modified', 'primary_username', 'uuid'],
    ]);
    for (const [, attribute] of byCis) {
      expect(verifyAttribute(attribute, context.publisherKeys)).toBe('verified');
    }
    expect(ada.active.value).toBe(true);
    expect(ada.last_modified.value).toBe(NOW);
    expect(ada.created.value).toBe('2026-11-20T18:00:00.000Z');
  });

  it('makes a whole profile that passes the schema, and says what it holds', () => {
    const outcome = integrateChange(undefined, signed(newcomer), context, NOW);
    expect(validateProfile(JSON.parse(JSON.stringify(ada)))).toMatchObject({ ok: true });
    expect(outcome).toMatchObject({ state: 'integrated', condition: 'create' });
    expect('changedAttributes' in outcome && [...outcome.changedAttributes].sort()).toEqual(
      [...Object.keys(newcomer), 'uuid', 'primary_username'].sort(),
    );
  });

  it('leaves active null when nobody says it, and whoever may create it can say it later', () => {
    const { active: _, ...rest } = newcomer;
    const created = profileOf(integrateChange(undefined, signed(rest), context, NOW));
    expect(created.active.value).toBeNull();
    const open = profileOf(update(signed({ active: by('access_provider', true) }), created));
    expect(open.active).toMatchObject({ value: true, signature: { publisher: { name: 'cis' } } });
  });
});

describe('integrateChange on a stored profile', () => {
  it('takes the whole attribute, signature included, and stamps last_modified', () => {
    const change = signed({ fun_title: by('mozilliansorg', 'Chief', { display: 'staff' }) });
    const outcome = update(change);
    const profile = profileOf(outcome);
    expect(outcome).toMatchObject({ condition: 'update', changedAttributes: ['fun_title'] });
    expect(profile.fun_title).toEqual(change.fun_title);
    expect(profile.last_modified).toMatchObject({ value: LATER, metadata: { last_modified: LATER } });
    expect(verifyAttribute(profile.last_modified, context.publisherKeys)).toBe('verified');
    expect(validateProfile(JSON.parse(JSON.stringify(profile)))).toMatchObject({ ok: true });
  });

  it('leaves what it was given as it was', () => {
    const before = JSON.stringify(ada);
    update(signed({ 'identities.github_id_v3': by('mozilliansorg', '42') }));
    expect(JSON.stringify(ada)).toBe(before);
  });

  it('keeps what is stored where null comes', () => {
    expect(update(signed({ first_name: by('mozilliansorg', null, { display: 'public' }) }))).toEqual({
      state: 'noop',
    });
  });

  it.each(['', {}, []])('takes %j as a value like any other', (empty) => {
    const tagged = profileOf(update(signed({ tags: by('mozilliansorg', { a: null }) })));
    expect(profileOf(update(signed({ tags: by('mozilliansorg', empty) }), tagged)).tags.values).toEqual(
      empty,
    );
  });

  it('is a noop for other times, another classification, publisher or signature alone', () => {
    const metadata = { last_modified: LATER, created: LATER };
    expect(update(signed({ first_name: by('hris', 'Ada', metadata) })).state).toBe('noop');
    expect(update(changeOfClaims({ first_name: by('mozilliansorg', 'Ada') })).state).toBe('noop');
    expect(update({}).state).toBe('noop');
  });

  it('is a noop for a create that is repeated, later and with new signatures', () => {
    const time = by('ldap', LATER, { last_modified: LATER, created: LATER });
    expect(update(signed(newcomer)).state).toBe('noop');
    expect(update(signed({ ...newcomer, last_modified: time, created: time })).state).toBe('noop');
  });

  it('does not let the times of a publisher stand in the way of its change', () => {
    const groups = by('ldap', { team_moco: null, vpn: null });
    const time = by('ldap', '2020-01-01T00:00:00.000Z');
    const change = signed({
      ...newcomer,
      'access_information.ldap': groups,
      last_modified: time,
      created: time,
    });
    const profile = profileOf(update(change));
    expect(profile.access_information.ldap.values).toEqual(groups.content);
    expect(profile.created).toEqual(ada.created);
    expect(profile.last_modified.value).toBe(LATER);
  });

  it('lets cis correct when somebody was created', () => {
    const change = signed({ created: by('cis', '2001-01-01T00:00:00.000Z') });
    expect(profileOf(update(change)).created).toEqual(change.created);
  });

  it('never takes active in the name of cis: what cis said of somebody else is a copy that verifies', () => {
    const closed = profileOf(update(signed({ active: by('hris', false, { last_modified: NOW }) })));
    const copy = claimed('active', by('cis', true, { last_modified: LATER }), signingKeys.cis);
    expect(update({ active: copy } as PartialProfile, closed)).toEqual({ state: 'noop' });
    const { active: _, ...unsaid } = newcomer;
    const undecided = profileOf(integrateChange(undefined, signed(unsaid), context, NOW));
    expect(update({ active: copy } as PartialProfile, undecided)).toEqual({ state: 'noop' });
  });

  it.each(['1970-01-01T00:00:00Z', '2026-11-20T18:30:00Z'])(
    'leaves an old copy of what cis said of %s alone, so that a whole profile can be sent back',
    (last_modified) => {
      const opened = profileOf(
        update(signed({ active: by('hris', true, { last_modified, verified: false }) })),
      );
      const closing = signed({ active: by('hris', false, { last_modified }) });
      const closed = profileOf(integrateChange(opened, closing, context, LATER));
      const title = signed({ fun_title: by('mozilliansorg', 'Boss') });
      const outcome = update({ ...opened, ...title } as PartialProfile, closed);
      expect(profileOf(outcome)).toMatchObject({ active: { value: false }, fun_title: { value: 'Boss' } });
    },
  );

  it('lets hris close an account under rules that name hris itself, and signs that with the cis key', () => {
    const rules = {
      ...context.rules,
      update: new Map([...context.rules.update, ['active', 'hris']] as const),
    };
    const outcome = update(signed({ active: by('hris', false) }), ada, { ...context, rules });
    expect(profileOf(outcome).active).toMatchObject({
      value: false,
      signature: { publisher: { name: 'cis' } },
    });
  });

  it('lets hris close an account, and signs that with the cis key', () => {
    const profile = profileOf(update(signed({ active: by('hris', false) })));
    expect(profile.active).toMatchObject({ value: false, signature: { publisher: { name: 'cis' } } });
    expect(verifyAttribute(profile.active, context.publisherKeys)).toBe('verified');
  });

  it('lets mozilliansorg change who sees an attribute of others, not what it says', () => {
    const shown = {
      'access_information.ldap': by('mozilliansorg', { team_moco: null }, { display: 'staff' }),
    };
    expect(profileOf(update(signed(shown))).access_information.ldap.metadata.display).toBe('staff');
  });

  it('takes an unsigned user_id for an address, whatever display the stored one has', () => {
    const change = { ...newcomer, user_id: by('ldap', USER, { display: 'public' }) };
    const shown = profileOf(integrateChange(undefined, signed(change), context, NOW));
    const address = changeOfClaims({ user_id: by('access_provider', USER) });
    const title = signed({ fun_title: by('mozilliansorg', 'Boss') });
    expect(profileOf(update({ ...address, ...title }, shown)).user_id).toEqual(shown.user_id);
  });

  it('changes the display of user_id for a publisher that has signed so, and no other', () => {
    const shown = (publisher: PublisherName, display: 'staff' | null) =>
      signed({ user_id: by(publisher, USER, { display }) });
    const staffOnly = profileOf(update(shown('access_provider', 'staff')));
    expect(staffOnly.user_id.metadata.display).toBe('staff');
    expect(profileOf(update(shown('mozilliansorg', null), staffOnly)).user_id.metadata.display).toBeNull();
    expect(update(shown('ldap', null), staffOnly)).toMatchObject({ code: 'invalid_publisher' });
    const unsigned = changeOfClaims({ user_id: by('access_provider', USER, { display: 'public' }) });
    expect(update(unsigned)).toMatchObject({ code: 'invalid_signature' });
  });

  it('works on a stored profile that lacks attributes of the schema', () => {
    const { identities: _, fun_title: __, ...old } = ada;
    const change = signed({ 'identities.github_id_v3': by('mozilliansorg', '42') });
    const profile = profileOf(update(change, old as Profile));
    expect(profile.identities.github_id_v3.value).toBe('42');
  });

  it('does not verify again what is stored', () => {
    const preview = { ...context, verifySignatures: false };
    const unsigned = profileOf(integrateChange(undefined, changeOfClaims(newcomer), preview, NOW));
    expect(update(signed({ fun_title: by('mozilliansorg', 'Boss') }), unsigned).state).toBe('integrated');
  });
});

describe('the checks', () => {
  it('without signatures still hold the name to the rules', () => {
    const preview = { ...context, verifySignatures: false };
    const title = (publisher: PublisherName) => changeOfClaims({ fun_title: by(publisher, 'Boss') });
    expect(update(title('mozilliansorg'), ada, preview).state).toBe('integrated');
    expect(update(title('hris'), ada, preview)).toMatchObject({ code: 'invalid_publisher' });
  });

  it('without rules still verify signatures', () => {
    const lax = { ...context, verifyPublishers: false };
    expect(update(signed({ fun_title: by('hris', 'Boss') }), ada, lax).state).toBe('integrated');
    expect(update(changeOfClaims({ fun_title: by('hris', 'Boss') }), ada, lax)).toMatchObject({
      code: 'invalid_signature',
    });
  });
});

describe('profiles that the original has signed', () => {
  const vector = (name: string) =>
    JSON.parse(readFileSync(path.join(__dirname, `../../vectors/${name}.json`), 'utf8'));
  const upstream = { ...context, publisherKeys: parsePublisherKeys(vector('publishers_jwks')) };
  const integrate = (stored: Profile | undefined, name: string, within = upstream) => {
    const validated = validatePartialProfile(vector(name));
    expect(validated.ok).toBe(true);
    return integrateChange(stored, vector(name), within, NOW);
  };
  const person = profileOf(integrate(undefined, 'create-by-ldap'));

  it('integrate in turn', () => {
    const second = profileOf(integrate(person, 'update-by-mozilliansorg'));
    const third = profileOf(integrate(second, 'update-by-hris'));
    expect(third).toMatchObject({
      first_name: { value: 'Ana é中 😀' },
      fun_title: { value: 'Chief ☃ "quotes" \\ / \u007f' },
      access_information: { hris: { values: { employee_id: 31337, ratio: 0.5 } } },
    });
    for (const name of ['create-by-ldap', 'update-by-mozilliansorg', 'update-by-hris']) {
      expect(integrate(third, name)).toEqual({ state: 'noop' });
    }
  });

  it.each(['forged-value', 'wrong-publisher-name'])('are refused when forged: %s', (name) => {
    expect(integrate(undefined, name)).toMatchObject({ state: 'rejected', code: 'invalid_signature' });
  });

  it('are refused when the rules say so', () => {
    expect(integrate(person, 'publisher-not-allowed')).toMatchObject({
      code: 'invalid_publisher',
      text: '[create] mozilliansorg is NOT allowed to publish field title',
    });
  });

  it('go in as unsigned fakes in the developer preview, and nowhere else', () => {
    const unsigned = { ...upstream, verifySignatures: false };
    const minting = { ...upstream, allowMintedIdentifiers: true };
    expect(integrate(undefined, 'fake-profile')).toMatchObject({ code: 'uuid_or_primary_username_set' });
    expect(integrate(undefined, 'fake-profile', unsigned)).toMatchObject({
      code: 'uuid_or_primary_username_set',
    });
    expect(integrate(undefined, 'fake-profile', minting)).toMatchObject({ code: 'invalid_publisher' });
    const fake = profileOf(
      integrate(undefined, 'fake-profile', { ...unsigned, ...minting, verifySignatures: false }),
    );
    expect(fake).toMatchObject({
      uuid: vector('fake-profile').uuid,
      primary_username: { value: 'alexander92' },
    });
  });

  it('let no fake break the rules otherwise', () => {
    const preview = { ...upstream, verifySignatures: false, allowMintedIdentifiers: true };
    const fake = vector('fake-profile');
    fake.staff_information.title.signature.publisher.name = 'mozilliansorg';
    expect(integrateChange(undefined, fake, preview, NOW)).toMatchObject({ code: 'invalid_publisher' });
  });
});
