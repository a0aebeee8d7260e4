import { textAttributes } from '../../../core/events/text-attributes';

describe('textAttributes', () => {
  it('are those of the event where it has some', () => {
    expect(textAttributes({ attributes: { a: '1' }, attributesJson: '{"b":"2"}' })).toEqual({ a: '1' });
  });

  it('are the texts of a message, and the JSON text of whatever else it has', () => {
    expect(textAttributes({ attributesJson: ' {"a":"\\u00fc","b":1.0,"c":{"d":[]},"e":null}' })).toEqual({
      a: 'ü',
      b: '1.0',
      c: '{"d":[]}',
      e: 'null',
    });
  });

  it.each([undefined, '{}', 'null', '"x"', '[1]', '7'])(
    'are none where a message has %s',
    (attributesJson) => {
      expect(textAttributes({ ...(attributesJson !== undefined && { attributesJson }) })).toBeUndefined();
    },
  );

  it('take a name that objects have from their prototype for any other', () => {
    expect(Object.entries(textAttributes({ attributesJson: '{"__proto__":"x"}' }) ?? {})).toEqual([
      ['__proto__', 'x'],
    ]);
  });
});
