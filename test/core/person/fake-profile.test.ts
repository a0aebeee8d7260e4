import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { integrateChange } from '../../../core/change/integrate-change';
import { attributeAt, attributePaths, contentOf, withAttributes } from '../../../core/person/attributes';
import { fakeProfile, fakeProfiles } from '../../../core/person/fake-profile';
import type { Attribute, AttributePath, Profile } from '../../../core/person/profile';
import { validateProfile } from '../../../core/person/profile-schema';
import { signAttribute } from '../../../core/person/signature';
import { makePublishers } from '../../support/publishers';

const at = '2026-11-01T12:00:00.000Z';
const { signingKeys, context } = makePublishers();
const preview = { ...context, verifySignatures: false, allowMintedIdentifiers: true };
const hundred = fakeProfiles(100, { seed: '1337', at });

const setPaths = (profile: Profile) =>
  attributePaths.filter((path) => contentOf(attributeAt(profile, path) as Attribute) !== null);

function signed(profile: Profile): Profile {
  const entries = setPaths(profile).map((path): [AttributePath, Attribute] => {
    const attribute = attributeAt(profile, path) as Attribute;
    const { name } = attribute.signature.publisher;
    return [path, signAttribute(attribute, { name, key: signingKeys[name] })];
  });
  return withAttributes(profile, new Map(entries));
}

describe('fakeProfile', () => {
  it('is valid by the schema, for any seed', () => {
    fc.assert(
      fc.property(fc.string(), fc.nat(10_000), fc.boolean(), (seed, index, withIdentifiers) => {
        const validated = validateProfile(fakeProfile({ seed, index, at, withIdentifiers }));
        expect(validated.ok ? [] : validated.issues).toEqual([]);
      }),
    );
  });

  it('follows from its arguments alone, today as in a year', () => {
    expect(fakeProfiles(100, { seed: '1337', at })).toEqual(hundred);
    const told = hundred.map(({ user_id, first_name }) => [user_id.value, first_name.value]);
    const digest = createHash('sha256').update(JSON.stringify(told)).digest('hex');
    expect(digest).toBe('0979a05046dc83e46a40b04e6b8a37cfd574c9daa4d401d075e2f441eb40fead');
  });

  it('is somebody else for another seed', () => {
    const ids = (seed: string) => fakeProfiles(100, { seed, at }).map(({ user_id }) => user_id.value);
    const other = new Set(ids('1338'));
    expect(ids('1337').filter((id) => other.has(id))).toEqual([]);
  });
});

describe('the people of one seed', () => {
  it('are all different: user_id, primary_email, uuid, primary_username', () => {
    const many = fakeProfiles(2000, { seed: 'x', at, withIdentifiers: true });
    for (const key of ['user_id', 'primary_email', 'uuid', 'primary_username'] as const) {
      expect(new Set(many.map((profile) => profile[key].value)).size).toBe(2000);
    }
  });

  it('come by every connection method', () => {
    const forms = [
      /^ad\|Mozilla-LDAP\|[a-z]+\d+$/,
      /^email\|[0-9a-f]{32}$/,
      /^github\|\d{7,8}$/,
      /^google-oauth2\|\d{21}$/,
      /^oauth2\|firefoxaccounts\|[0-9a-f]{32}$/,
    ];
    const counts = forms.map((form) => hundred.filter(({ user_id: id }) => form.test(id.value ?? '')).length);
    expect(counts).toEqual([20, 20, 20, 20, 20]);
  });

  it.each([2, 5, 100, 300])('hold exactly one who is inactive, when they are %i', (count) => {
    const people = fakeProfiles(count, { seed: '7', at });
    expect(people.filter(({ active }) => active.value === false)).toHaveLength(1);
  });

  it('show themselves to different circles', () => {
    const displays = new Set(hundred.map(({ first_name: name }) => name.metadata.display));
    expect(displays.size).toBeGreaterThanOrEqual(6);
  });
});

describe('what the integrator makes of them', () => {
  it('takes each, unsigned, as the preview does', () => {
    for (const withIdentifiers of [false, true]) {
      for (const profile of fakeProfiles(100, { seed: '1337', at, withIdentifiers })) {
        const outcome = integrateChange(undefined, profile, preview, at);
        expect(outcome).toMatchObject({ state: 'integrated', condition: 'create' });
      }
    }
  });

  it('takes each, signed by the publishers that it names, with all checks on', () => {
    for (const profile of fakeProfiles(15, { seed: 'strict', at })) {
      const outcome = integrateChange(undefined, signed(profile), context, at);
      expect(outcome).toMatchObject({ state: 'integrated', condition: 'create' });
    }
  });

  it('takes one again as a noop', () => {
    const profile = fakeProfile({ seed: 'x', index: 0, at });
    const first = integrateChange(undefined, profile, preview, at);
    const stored = (first as { profile: Profile }).profile;
    const later = '2026-12-01T00:00:00.000Z';
    expect(integrateChange(stored, profile, preview, later)).toMatchObject({ state: 'noop' });
  });
});
