import { makeTimeLimit } from '../../../lambdas/shared/time-limit';

describe('a time limit', () => {
  const limit = makeTimeLimit(50);

  it('gives what the work gave', () => {
    expect(limit(() => 7)).toEqual({ outcome: 'ended', result: 7 });
    expect(limit(() => undefined)).toEqual({ outcome: 'ended', result: undefined });
  });

  it('stops a loop and a regular expression that would not end, and goes on working', () => {
    const loop = () => {
      for (;;) {}
    };
    expect(limit(loop)).toEqual({ outcome: 'stopped' });
    expect(limit(() => /^(a+)+$/.test(`${'a'.repeat(60)}b`))).toEqual({ outcome: 'stopped' });
    expect(limit(() => 1)).toEqual({ outcome: 'ended', result: 1 });
  });

  it('hands a failure of the work on', () => {
    expect(() => limit(() => JSON.parse('{'))).toThrow(SyntaxError);
  });
});
