import fc from 'fast-check';
import { pageToken, parsePageObject, parsePageToken } from '../../../core/person/page-token';
import { userIdProblem } from '../../../core/person/user-id';

const refusal = expect.objectContaining({ code: 'parameter_invalid', status: 400 });
const refused = (read: () => unknown) => {
  try {
    return read();
  } catch (error) {
    return error;
  }
};

describe('a page token', () => {
  const userIds = fc
    .string({ unit: 'grapheme', minLength: 1, maxLength: 100 })
    .filter((text) => userIdProblem(text) === undefined);

  it('leads back to its user, alone and in an object, whatever the user_id', () => {
    fc.assert(
      fc.property(userIds, (userId) => {
        const token = pageToken(userId);
        expect(token).toMatch(/^[\w-]+$/);
        expect(parsePageToken(token)).toBe(userId);
        expect(parsePageObject(token)).toBe(userId);
        expect(parsePageObject(JSON.stringify({ id: token }))).toBe(userId);
        expect(parsePageObject(`{'id': '${token}'}`)).toBe(userId);
      }),
    );
  });

  it('is the start where there is none', () => {
    for (const text of [undefined, '']) {
      expect(parsePageToken(text)).toBeUndefined();
      expect(parsePageObject(text)).toBeUndefined();
    }
  });

  it.each([
    ['email|ada', 'email|ada'],
    ['ad|Mozilla-LDAP|ada', 'ad|Mozilla-LDAP|ada'],
    ['email%7Cada', 'email|ada'],
    ['oauth2%7Cfirefoxaccounts%7C%C3%BC', 'oauth2|firefoxaccounts|ü'],
  ])('may be a plain user_id, as the original has them: %s', (text, userId) => {
    expect(parsePageToken(text)).toBe(userId);
  });

  it.each([
    [`{'id': 'email|x'}`, 'email|x'],
    [`{"id": "email|x"}`, 'email|x'],
    [`{u'id': u'email|x'}`, 'email|x'],
    [`{'id': "email|o'hara"}`, "email|o'hara"],
    [String.raw`{'id': 'email|o\'h"ara'}`, `email|o'h"ara`],
    [String.raw`{'id': 'ad|Mozilla\\x'}`, String.raw`ad|Mozilla\x`],
    [`{ 'id' : 'email|Ünï😀' }`, 'email|Ünï😀'],
    [`  {"id":"email|x","more":1}`, 'email|x'],
  ])('is read from what a client pastes: %s', (text, userId) => {
    expect(parsePageObject(text)).toBe(userId);
  });

  it.each([
    '{}',
    '{',
    '[]',
    'null',
    'None',
    '{"id":null}',
    '{"id":5}',
    '{"id":{"S":"email|x"}}',
    `{'id': ''}`,
    `{'id': 'email|x'`,
    `{'id': 'email|x', 'id': 'email|y'}`,
    `{'__proto__': {'id': 'email|x'}}`,
    '{"__proto__":{"id":"email|x"}}',
    `{'id': __import__('os')}`,
    '!!!!',
    'ada lovelace',
    '%ff',
    '=',
    `email|${'x'.repeat(1100)}`,
    `email|${'x'.repeat(5000)}`,
    `{'id': '${'\\'.repeat(3000)}`,
    'email|\ud800',
  ])('is refused, quickly, when it is none: %.40s', (text) => {
    const startedAt = performance.now();
    expect(refused(() => parsePageObject(text))).toEqual(refusal);
    expect(performance.now() - startedAt).toBeLessThan(100);
  });
});
