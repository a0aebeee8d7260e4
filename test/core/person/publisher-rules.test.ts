import { attributePaths } from '../../../core/person/attributes';
import {
  defaultPublisherRules,
  defaultPublisherRulesDocument,
  parsePublisherRules,
} from '../../../core/person/publisher-rules';
import { readReference } from '../../support/reference-data';

const document = () => JSON.parse(JSON.stringify(defaultPublisherRulesDocument));

describe('the publisher rules', () => {
  it('have a rule for every attribute', () => {
    expect([...defaultPublisherRules.create.keys()]).toEqual([...attributePaths]);
    expect([...defaultPublisherRules.update.keys()]).toEqual([...attributePaths]);
  });

  it('let ldap and mozilliansorg create keys, and ldap update them', () => {
    expect(defaultPublisherRules.create.get('ssh_public_keys')).toEqual(['ldap', 'mozilliansorg']);
    expect(defaultPublisherRules.update.get('pgp_public_keys')).toBe('ldap');
  });

  const published = readReference('publisher-rules.json');
  (published ? it : it.skip)('are the published ones', () => {
    const parsed = parsePublisherRules(published);
    const sorted = (rules: typeof parsed) =>
      [...rules.create].map(([path, names]) => [path, [...names].sort()]);
    expect(sorted(defaultPublisherRules)).toEqual(sorted(parsed));
    expect(defaultPublisherRules.update).toEqual(parsed.update);
  });
});

describe('parsePublisherRules', () => {
  it('lets a rule on a group count for its members', () => {
    const rules = parsePublisherRules({
      ...document(),
      update: { ...document().update, identities: 'ldap' },
    });
    expect(rules.update.get('identities.mozilla_ldap_id')).toBe('ldap');
  });

  it.each<[string, (rules: ReturnType<typeof document>) => unknown, string]>([
    ['a missing attribute', (rules) => delete rules.create.tags, '"create" are wrong: tags must have a list'],
    [
      'a missing member',
      (rules) => delete rules.update.staff_information.team,
      'staff_information.team must',
    ],
    [
      'an unknown attribute',
      (rules) => Object.assign(rules.update, { tagz: 'ldap' }),
      'tagz is no attribute',
    ],
    ['an unknown member', (rules) => Object.assign(rules.create.identities, { x: [] }), 'identities.x is no'],
    ['a name where a list belongs', (rules) => Object.assign(rules.create, { tags: 'ldap' }), 'tags must'],
    ['a list where a name belongs', (rules) => Object.assign(rules.update, { tags: ['ldap'] }), 'tags must'],
    ['no update', (rules) => delete rules.update, 'object "update"'],
  ])('refuses %s and says which', (_, spoil, text) => {
    const rules = document();
    spoil(rules);
    expect(() => parsePublisherRules(rules)).toThrow(text);
  });

  it.each([null, [], 'text', {}])('refuses %j', (rules) => {
    expect(() => parsePublisherRules(rules)).toThrow('object "create"');
  });
});
