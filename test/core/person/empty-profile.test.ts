import { emptyAttribute, emptyProfile } from '../../../core/person/empty-profile';
import { readReference } from '../../support/reference-data';

describe('emptyProfile', () => {
  it('is all null and unsigned', () => {
    const text = JSON.stringify(emptyProfile());
    expect(text.match(/"values?":null/g)).toHaveLength(53);
    expect(text).not.toMatch(/"value":"[^"]/);
  });

  it('is new each time, so that nobody can alter it for others', () => {
    expect(emptyProfile()).not.toBe(emptyProfile());
    expect(emptyProfile().uuid).not.toBe(emptyProfile().uuid);
    expect(emptyAttribute('uuid')).toEqual(emptyProfile().uuid);
  });

  const published = readReference('user_profile_null.json');
  (published ? it : it.skip)('is the published one', () => {
    expect(emptyProfile()).toEqual(published);
  });
});
