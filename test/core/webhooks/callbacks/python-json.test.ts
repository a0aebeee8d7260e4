import { createHash } from 'node:crypto';
import fc from 'fast-check';
import { parseExactJson } from '../../../../core/exact-json';
import {
  canonicalPythonJson,
  pythonJson,
  pythonNumber,
} from '../../../../core/webhooks/callbacks/python-json';

const canonical = (text: string) => canonicalPythonJson(parseExactJson(text)!);
const md5 = (text: string) => createHash('md5').update(text).digest('hex');

describe('canonicalPythonJson', () => {
  // Contract ADS, section 5: seen on the original.
  it.each([
    ['{"event":"nosubs","payload":null}', '62a7801f243fd9cc10607cbd5c5fc4c4'],
    ['{"payload":{"n":1},"event":"ev201"}', 'f492f02b6efce20a5ff97481ed9846cf'],
    ['{"event":"relation_added","payload":"str"}', 'ae8254b9caa648931a936dd1465b9cb5'],
    [
      '{"event":"relation_added","payload":[{"b":1,"a":"é😀","f":1.0,"big":1e22}],"extra":9}',
      '1bd68bdd0778a4a9ab84cfbdf460e406',
    ],
    [
      '{"event":"t","payload":{"del":"\\u007f","sl":"/","nl":"\\n\\t\\u0001","q":"\\"\\\\","i":12345678901234567890,"e":1e-7,"e2":1E5,"z":-0.0,"s":0.1}}',
      '8cebbc931729bab18c46bb88d907a9d9',
    ],
  ])('gives %s the md5 that the original gave it', (text, expected) => {
    expect(md5(canonical(text))).toBe(expected);
  });

  it('writes what the original wrote', () => {
    expect(canonical('{"payload":[{"b":1,"a":"é😀","f":1.0,"big":1e22}],"extra":9}')).toBe(
      '{"extra": 9, "payload": [{"a": "\\u00e9\\ud83d\\ude00", "b": 1, "big": 1e+22, "f": 1.0}]}',
    );
  });

  it('sorts by code points, at every level', () => {
    expect(canonical('{"\u{1F600}":1,"\uffff":{"b":1,"a":2},"":3}')).toBe(
      '{"": 3, "\\uffff": {"a": 2, "b": 1}, "\\ud83d\\ude00": 1}',
    );
  });

  it('is the same for the same content, however it is spaced and ordered', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 3 })), (record) => {
        const turned = Object.fromEntries(Object.entries(record).reverse());
        expect(canonical(JSON.stringify(turned, undefined, 3))).toBe(canonical(JSON.stringify(record)));
        expect(JSON.parse(canonical(JSON.stringify(record)))).toEqual(JSON.parse(JSON.stringify(record)));
        expect(canonical(JSON.stringify(record))).toMatch(/^[\x20-\x7e]*$/);
      }),
    );
  });
});

describe('pythonNumber', () => {
  it.each([
    ...[
      ['1', '1'],
      ['-0', '0'],
      ['12345678901234567890', '12345678901234567890'],
      ['1.0', '1.0'],
    ],
    ...[
      ['1e22', '1e+22'],
      ['10000000000000000000000.0', '1e+22'],
      ['1E5', '100000.0'],
      ['-0.0', '-0.0'],
    ],
    ...[
      ['1e-7', '1e-07'],
      ['0.0001', '0.0001'],
      ['0.00001', '1e-05'],
      ['1e15', '1000000000000000.0'],
    ],
    ...[
      ['1e16', '1e+16'],
      ['123456789012345680.0', '1.2345678901234568e+17'],
      ['0.1', '0.1'],
      ['12.50', '12.5'],
    ],
    ...[
      ['-1.5e-10', '-1.5e-10'],
      ['1e100', '1e+100'],
      ['5e-324', '5e-324'],
      ['1e400', 'Infinity'],
    ],
    ...[
      ['-1e400', '-Infinity'],
      ['1e-400', '0.0'],
      ['100.0', '100.0'],
      ['1234.5', '1234.5'],
    ],
  ])('spells %s as Python does: %s', (text, expected) => {
    expect(pythonNumber(text as string)).toBe(expected);
  });

  it('never changes the value', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (value) => {
        const text = Object.is(value, -0) ? '-0.0' : String(value);
        expect(Number(pythonNumber(/[.e]/.test(text) ? text : `${text}.0`))).toBe(value);
      }),
    );
  });
});

describe('pythonJson', () => {
  it('leaves the order of keys and the text of numbers as they came', () => {
    const value = parseExactJson('{"z":1.0,"a":[1E5,-0,{"é":"\\u007f/"}],"e":{},"l":[]}')!;
    expect(pythonJson(value)).toBe('{"z": 1.0, "a": [1E5, -0, {"\\u00e9": "\\u007f/"}], "e": {}, "l": []}');
  });
});
