import { issuePath } from '../../../core/person/json-guard';

describe('issuePath', () => {
  it.each([
    ['half a surrogate pair that was sent', ['tags', '\ud800x'], 'tags.\ufffdx'],
    ['half a surrogate pair that the cut leaves', [`${'k'.repeat(63)}😀`], `${'k'.repeat(63)}\ufffd…`],
  ])('replaces %s, which stores cannot keep', (_what, path, told) => {
    expect(issuePath(path)).toBe(told);
  });

  it('leaves every other name as it is', () => {
    expect(issuePath(['é中😀', 0, 'x'])).toBe('é中😀.0.x');
  });
});
