import { indexKey } from '../../../lambdas/aws/index-key';

describe('indexKey', () => {
  it.each([
    ['null', null],
    ['nothing', undefined],
    ['an empty text', ''],
    ['half a surrogate pair', '\ud800@example.net'],
  ])('leaves the attribute out for %s, which AWS refuses', (_what, value) => {
    expect(indexKey(value)).toBeUndefined();
  });

  it('keeps what fits, and hashes what does not', () => {
    expect(indexKey('é😀@example.net')).toBe('é😀@example.net');
    expect(indexKey('x'.repeat(1024))).toBe('x'.repeat(1024));
    expect(indexKey('é'.repeat(513))).toMatch(/^sha256:[0-9a-f]{64}$/);
  });
});
