import fc from 'fast-check';
import { sliceElements, sliceMembers } from '../../core/json-slices';

describe('sliceMembers', () => {
  it('gives the texts as they came, with every digit and space within them', () => {
    const text = ' { "a" : 1.10 , "b":12345678901234567890,"c": {"d": [1, "}"] } ,\n"e":"x\\"}" , "f":null}';
    expect(Object.fromEntries(sliceMembers(text))).toEqual({
      a: '1.10',
      b: '12345678901234567890',
      c: '{"d": [1, "}"] }',
      e: '"x\\"}"',
      f: 'null',
    });
  });

  it.each(['{}', ' { } ', '{\n}'])('finds nothing in %j', (text) => {
    expect(sliceMembers(text).size).toBe(0);
  });

  it('lets the last of a name count, and reads escaped names', () => {
    expect(Object.fromEntries(sliceMembers('{"a":1,"\\u0061":2,"\\"":3,"__proto__":4}'))).toEqual(
      Object.fromEntries([
        ['a', '2'],
        ['"', '3'],
        ['__proto__', '4'],
      ]),
    );
  });

  it('does not run out of stack', () => {
    const deep = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
    expect(sliceMembers(`{"a":${deep},"b":1}`).get('a')).toBe(deep);
  });

  it('agrees with JSON.parse on whatever is JSON, however it is spaced', () => {
    const spacing = fc.constantFrom(undefined, 1, '\t');
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), spacing, (object, space) => {
        const text = JSON.stringify(object, undefined, space);
        const parsed = JSON.parse(text) as Record<string, unknown>;
        const slices = sliceMembers(text);
        expect([...slices.keys()]).toEqual(expect.arrayContaining(Object.keys(parsed)));
        for (const [name, slice] of slices) {
          expect(JSON.parse(slice)).toEqual(parsed[name]);
          expect(text).toContain(slice);
        }
      }),
    );
  });
});

describe('sliceElements', () => {
  it('gives the texts as they came', () => {
    expect(sliceElements('[ 1.0 ,"a,]", [2 ,3],{"x":"]"} ]')).toEqual([
      '1.0',
      '"a,]"',
      '[2 ,3]',
      '{"x":"]"}',
    ]);
  });

  it('agrees with JSON.parse', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue()), fc.constantFrom(undefined, 2), (array, space) => {
        const text = JSON.stringify(array, undefined, space);
        expect(sliceElements(text).map((slice) => JSON.parse(slice))).toEqual(JSON.parse(text));
      }),
    );
  });
});
