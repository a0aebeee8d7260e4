import fc from 'fast-check';
import {
  pubsubAttributes,
  pubsubUrl,
  topicOfPubsubUrl,
} from '../../../../core/webhooks/requests/pubsub-message';

describe('pubsubUrl', () => {
  it('holds any name, also one that looks like a URL, and gives it back', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: 'grapheme' }), (topic) => {
        const url = pubsubUrl(topic);
        expect(url).toMatch(/^pubsub:[\w%.!~*'()-]+$/);
        expect(topicOfPubsubUrl(url)).toBe(topic);
      }),
    );
    expect(topicOfPubsubUrl(pubsubUrl('https://x.example/a?b#c'))).toBe('https://x.example/a?b#c');
  });

  it('is there for half a character, too', () => {
    expect(topicOfPubsubUrl(pubsubUrl('a\ud800b'))).toBe('a\ufffdb');
  });

  it.each(['https://x.example/', 'arn:aws:sqs:eu-central-1:123456789012:orders', ''])(
    'is none of %j',
    (url) => {
      expect(topicOfPubsubUrl(url)).toBeUndefined();
    },
  );
});

describe('pubsubAttributes', () => {
  it.each<[string, string, [string, string][]]>([
    ['texts as they are', '{"a":"x","b":""}', Object.entries({ a: 'x', b: '' })],
    [
      'numbers with every digit',
      '{"n":1.50,"big":12345678901234567890}',
      [
        ['n', '1.50'],
        ['big', '12345678901234567890'],
      ],
    ],
    [
      'true and null as their words',
      '{"t":true,"z":null}',
      [
        ['t', 'true'],
        ['z', 'null'],
      ],
    ],
    ['what is nested as its text', '{"o": {"a": [1, "x"]}}', [['o', '{"a": [1, "x"]}']]],
    [
      'any name',
      '{"__proto__":"p","":"e"}',
      [
        ['__proto__', 'p'],
        ['', 'e'],
      ],
    ],
    ['half a character as one that stands for it', '{"a\\ud800":"\\udc00"}', [['a\ufffd', '\ufffd']]],
    ['none for null', 'null', []],
    ['a list under the name attributes', '[1, 2]', [['attributes', '[1, 2]']]],
    ['a text under the name attributes', '"vip"', [['attributes', 'vip']]],
  ])('renders %s', (_what, json, expected) => {
    expect(pubsubAttributes(json)).toEqual(expected);
  });

  it('gives a text for every name of any object', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (attributes) => {
        const rendered = new Map(pubsubAttributes(JSON.stringify(attributes)));
        for (const [name, value] of Object.entries(attributes)) {
          expect(rendered.get(name)).toBe(typeof value === 'string' ? value : JSON.stringify(value));
        }
        expect(rendered.size).toBe(Object.keys(attributes).length);
      }),
    );
  });
});
