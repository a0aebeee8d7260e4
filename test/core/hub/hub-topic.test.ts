import fc from 'fast-check';
import { selects } from '../../../core/events/topic-pattern';
import { isHubTopic, systemEventTopic, userEventTopic } from '../../../core/hub/hub-topic';

const anyText = fc.string({ minLength: 1, maxLength: 24, unit: 'grapheme' });

describe('userEventTopic', () => {
  it.each([
    ['message', 'hub.chat.message'],
    ['order.created', 'hub.chat.order.created'],
    ['a b', 'hub.chat.a%20b'],
    ['a/b#c:d', 'hub.chat.a%2Fb%23c%3Ad'],
    ['*', 'hub.chat.%2A'],
    ['order.*', 'hub.chat.order.%2A'],
    ['%20', 'hub.chat.%2520'],
    ['é😀', 'hub.chat.%C3%A9%F0%9F%98%80'],
    ['__proto__', 'hub.chat.__proto__'],
    // A client cannot say that another one has come or gone.
    ['connected', 'hub.chat.connected'],
    ['sys.connected', 'hub.chat.sys%2Econnected'],
    ['gp.left', 'hub.chat.gp%2Eleft'],
  ])('of %j is %s', (eventName, name) => {
    expect(userEventTopic('Chat', eventName)).toEqual({ door: 'hub', name });
  });

  it('tells hubs apart by whole words, and not by case', () => {
    expect(userEventTopic('a.b', 'c')).not.toEqual(userEventTopic('a', 'b.c'));
    expect(userEventTopic('CHAT', 'c')).toEqual(userEventTopic('chat', 'c'));
  });

  it('refuses a name whose topic would be too long', () => {
    expect(() => userEventTopic('chat', 'x'.repeat(247))).not.toThrow();
    expect(() => userEventTopic('chat', 'x'.repeat(248))).toThrow(
      /^ce-eventName: .* 257 characters; the limit is 256/,
    );
    expect(() => userEventTopic('chat', '😀'.repeat(21))).toThrow('ce-eventName');
  });

  it('gives two names two topics, never one of the system, always one that can be listened to', () => {
    fc.assert(
      fc.property(anyText, anyText, (one, other) => {
        const [first, second] = [userEventTopic('chat', one), userEventTopic('chat', other)];
        expect(first.name === second.name).toBe(one === other);
        expect(isHubTopic(first)).toBe(true);
        for (const system of ['hub.chat.sys.*', 'hub.chat.gp.*']) {
          expect(selects({ door: 'hub', name: system, isPattern: true }, first)).toBe(false);
        }
        expect(selects({ door: 'hub', name: 'hub.chat.*', isPattern: true }, first)).toBe(true);
      }),
    );
  });
});

describe('isHubTopic', () => {
  it('knows its own alone', () => {
    expect(isHubTopic(systemEventTopic('Chat', 'sys.connected'))).toBe(true);
    for (const name of [
      'hub.chat',
      'hub.chat.*',
      'hub..a',
      'chat.message',
      'hub.chat.a b',
      `hub.chat.${'x'.repeat(248)}`,
    ]) {
      expect(isHubTopic({ door: 'hub', name })).toBe(false);
    }
    expect(isHubTopic({ door: 'manage', name: 'hub.chat.message' })).toBe(false);
  });
});
