import { integrateChange } from '../../../core/change/integrate-change';
import type { Profile, PublisherName } from '../../../core/person/profile';
import { validatePartialProfile } from '../../../core/person/profile-schema';
import { viewProfile } from '../../../core/person/profile-view';
import { defaultPublisherRulesDocument, parsePublisherRules } from '../../../core/person/publisher-rules';
import { verifyAttribute } from '../../../core/person/signature';
import { ProfileBuilder, PublisherError } from '../../../sdk/publisher';
import { makePublishers } from '../../support/publishers';

const { context, signingKeys } = makePublishers();
const keyOf = (name: PublisherName) => ({ name, key: signingKeys[name] });
const NOW = '2026-11-20T20:00:00.000Z';
const LATER = '2026-11-21T20:00:00.000Z';
const USER = 'ad|Mozilla-LDAP|ada';

const newcomer = () =>
  ProfileBuilder.empty(() => new Date(NOW))
    .set('user_id', USER)
    .set('active', true)
    .set('primary_email', 'ada@example.net')
    .set('first_name', 'Ada')
    .set('access_information.ldap', { team_moco: null })
    .set('identities.github_id_v3', '42');

function integrated(outcome: ReturnType<typeof integrateChange>): Profile {
  if (!('profile' in outcome)) {
    throw new Error(JSON.stringify(outcome));
  }
  return outcome.profile;
}

describe('ProfileBuilder', () => {
  it('builds a change that is integrated with all checks on', () => {
    const change = newcomer().sign(keyOf('ldap')).build();
    expect(Object.keys(change).sort()).toEqual([
      ...['access_information', 'active', 'first_name', 'identities', 'primary_email', 'schema', 'user_id'],
    ]);
    const sent = JSON.parse(JSON.stringify(change));
    const profile = integrated(integrateChange(undefined, sent, context, NOW));
    expect(profile.first_name).toMatchObject({
      value: 'Ada',
      metadata: { created: NOW, last_modified: NOW },
    });
  });

  it('changes somebody who is known by user_id alone, and nothing but what was set', () => {
    const ada = integrated(integrateChange(undefined, newcomer().sign(keyOf('ldap')).build(), context, NOW));
    const change = ProfileBuilder.forUser(USER)
      .set('fun_title', 'Countess', { display: 'staff' })
      .sign(keyOf('mozilliansorg'))
      .build();
    expect(Object.keys(change).sort()).toEqual(['fun_title', 'schema', 'user_id']);
    const outcome = integrateChange(ada, change, context, NOW);
    expect(outcome).toMatchObject({ changedAttributes: ['fun_title'] });
  });

  it('changes what the person API has shown, without altering it', () => {
    const ada = integrated(integrateChange(undefined, newcomer().sign(keyOf('ldap')).build(), context, NOW));
    const seen = viewProfile(ada, { scopes: new Set(['read:fullprofile', 'display:all']) });
    const before = JSON.stringify(seen);
    const change = ProfileBuilder.from(seen)
      .setMetadata('first_name', { display: 'public' })
      .sign(keyOf('mozilliansorg'))
      .build();
    const outcome = integrateChange(ada, change, context, NOW);
    expect(integrated(outcome).first_name).toMatchObject({ value: 'Ada', metadata: { display: 'public' } });
    expect(outcome).toMatchObject({ changedAttributes: ['first_name'] });
    expect(JSON.stringify(seen)).toBe(before);
  });

  it('lets several publishers sign their part', () => {
    const builder = newcomer()
      .sign(keyOf('ldap'))
      .set('staff_information.title', 'Engineer')
      .sign(keyOf('hris'));
    const change = builder.build();
    expect(change.staff_information?.title?.signature.publisher.name).toBe('hris');
    expect(change.first_name?.signature.publisher.name).toBe('ldap');
    expect(integrateChange(undefined, change, context, NOW).state).toBe('integrated');
  });

  it('takes the signature off what is set again', () => {
    const builder = newcomer().sign(keyOf('ldap')).set('first_name', 'Eve');
    expect(builder.build().first_name?.signature.publisher.value).toBe('');
    expect(integrateChange(undefined, builder.build(), context, NOW)).toMatchObject({
      code: 'invalid_signature',
    });
    const { first_name } = builder.sign(keyOf('ldap')).build();
    expect(first_name && verifyAttribute(first_name, context.publisherKeys)).toBe('verified');
  });

  it.each<[string, () => unknown, string]>([
    ['an unknown attribute', () => newcomer().set('bogus' as 'tags', 'x'), 'attribute_invalid'],
    ['an inherited name', () => newcomer().set('constructor' as 'tags', 'x'), 'attribute_invalid'],
    ['a group', () => newcomer().set('identities' as 'tags', {}), 'attribute_invalid'],
    ['null', () => newcomer().set('fun_title', null), 'attribute_invalid'],
    [
      'a display of null',
      () => newcomer().setMetadata('fun_title', { display: 'staff' }),
      'attribute_invalid',
    ],
    ['a signature over null', () => newcomer().sign(keyOf('ldap'), ['fun_title']), 'attribute_invalid'],
    ['a number for a name', () => newcomer().set('fun_title', 5).build(), 'profile_invalid'],
    [
      'a display that is not allowed',
      () => newcomer().setMetadata('active', { display: 'public' }).build(),
      'profile_invalid',
    ],
    ['a change of nobody', () => ProfileBuilder.empty().set('fun_title', 'x').build(), 'profile_invalid'],
  ])('refuses %s', (_, build, code) => {
    expect(build).toThrow(PublisherError);
    expect(build).toThrow(expect.objectContaining({ code }));
  });

  it('names the field and the rule, and not the value', () => {
    const builder = newcomer().setMetadata('active', { display: 'public' });
    expect(builder.validate()).toEqual([{ path: 'active.metadata.display', message: 'must be null' }]);
    expect(validatePartialProfile(newcomer().build()).ok).toBe(true);
  });
});

describe('ProfileBuilder.keepOwn', () => {
  const ada = integrated(integrateChange(undefined, newcomer().sign(keyOf('ldap')).build(), context, NOW));
  const fullScopes = { scopes: new Set(['read:fullprofile', 'display:all']) };

  it('keeps what differs and what the publisher may change, so that the server takes it', () => {
    const builder = ProfileBuilder.from(viewProfile(ada, fullScopes), () => new Date(LATER))
      .set('first_name', 'Ada')
      .set('last_name', 'Lovelace')
      .set('primary_email', 'other@example.net')
      .set('access_information.ldap', { team_moco: null, vpn: null })
      .keepOwn('ldap');
    expect(builder.changes).toEqual(['last_name', 'access_information.ldap']);
    const change = builder.sign(keyOf('ldap')).build();
    expect(integrateChange(ada, change, context, LATER)).toMatchObject({
      condition: 'update',
      changedAttributes: ['last_name', 'access_information.ldap'],
    });
  });

  it('has nothing to send when everything is as it was', () => {
    const builder = ProfileBuilder.from(viewProfile(ada, fullScopes))
      .set('access_information.ldap', { team_moco: null })
      .keepOwn('ldap');
    expect(builder.changes).toEqual([]);
  });

  it('keeps a changed display, where mozilliansorg changes it', () => {
    const builder = () =>
      ProfileBuilder.from(viewProfile(ada, fullScopes)).setMetadata('first_name', { display: 'staff' });
    expect(builder().keepOwn('mozilliansorg').changes).toEqual(['first_name']);
    expect(builder().keepOwn('ldap').changes).toEqual([]);
  });

  it('does not guess what a reader was not shown: what is set already may be another publisher’s', () => {
    const seen = viewProfile(ada, { scopes: new Set() });
    const hidden = { ...seen, user_id: ada.user_id };
    expect(hidden).not.toHaveProperty('first_name');
    const builder = ProfileBuilder.from(hidden)
      .set('first_name', 'Augusta')
      .set('access_information.ldap', { vpn: null });
    expect(builder.keepOwn('ldap').changes).toEqual(['access_information.ldap']);
    expect(ProfileBuilder.forUser(USER).set('first_name', 'A').keepOwn('ldap').changes).toEqual([]);
    expect(ProfileBuilder.forUser(USER).set('first_name', 'A').keepOwn('mozilliansorg').changes).toEqual([
      'first_name',
    ]);
  });

  it('goes by the rules that the server has', () => {
    const document = structuredClone(defaultPublisherRulesDocument) as unknown as {
      update: Record<string, unknown>;
    };
    document.update.first_name = 'ldap';
    const rules = parsePublisherRules(document);
    const builder = ProfileBuilder.from(viewProfile(ada, fullScopes)).set('first_name', 'Augusta');
    expect(builder.keepOwn('ldap', rules).changes).toEqual(['first_name']);
  });

  it('keeps for somebody new what the publisher may create', () => {
    const builder = newcomer().set('staff_information.title', 'x').set('access_information.hris', {});
    const kept = builder.keepOwn('ldap').changes;
    expect(kept).toContain('user_id');
    expect(kept).toContain('staff_information.title');
    expect(kept).not.toContain('access_information.hris');
  });
});
