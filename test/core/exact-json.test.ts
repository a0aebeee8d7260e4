import fc from 'fast-check';
import { parseExactJson } from '../../core/exact-json';

describe('parseExactJson', () => {
  it('takes exactly what the platform takes, and keeps the text of every part', () => {
    fc.assert(
      fc.property(fc.json({ maxDepth: 6 }), fc.string({ maxLength: 3 }), fc.nat(), (json, noise, place) => {
        const at = place % (json.length + 1);
        for (const text of [
          json,
          ` ${json}\n`,
          json.slice(0, at) + noise + json.slice(at),
          json.slice(0, at),
        ]) {
          const isJson = accepts(text);
          expect(parseExactJson(text) !== undefined).toBe(isJson);
          if (isJson) {
            expect(JSON.parse(parseExactJson(text)!.text)).toEqual(JSON.parse(text));
          }
        }
      }),
    );
  });

  it.each([
    ...[
      '',
      ' ',
      '01',
      '1.',
      '.5',
      '+1',
      '-',
      '1e',
      'NaN',
      'Infinity',
      '-Infinity',
      'nul',
      "'a'",
      '"a',
      '"\n"',
    ],
    ...[
      '"\\x"',
      '"\\u12"',
      '[1,]',
      '[,1]',
      '{"a":1,}',
      '{a:1}',
      '{"a" 1}',
      '[1 2]',
      '1 2',
      '{}{}',
      '\u00a01',
    ],
  ])('refuses %j', (text) => {
    expect(parseExactJson(text)).toBeUndefined();
  });

  it('keeps numbers as they were written', () => {
    const text = '[1.0, 1e22, -0.0, 12345678901234567890, 1E5]';
    const array = parseExactJson(text);
    const texts = array?.kind === 'array' ? array.items.map((item) => item.text) : [];
    expect(texts).toEqual(['1.0', '1e22', '-0.0', '12345678901234567890', '1E5']);
    expect(array?.text).toBe(text);
  });

  it('lets the last of two members of one name count, whatever the name', () => {
    const found = parseExactJson('{"__proto__":1,"a":1,"a":[2],"constructor":3}');
    expect(found?.kind === 'object' && [...found.members].map(([name, { text }]) => [name, text])).toEqual([
      ['__proto__', '1'],
      ['a', '[2]'],
      ['constructor', '3'],
    ]);
  });

  it('refuses what is nested so deep that it would take its readers down, and takes less', () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
    expect(parseExactJson(nested(500))).toBeDefined();
    expect(parseExactJson(nested(502))).toBeUndefined();
    expect(parseExactJson(nested(1_000_000))).toBeUndefined();
    expect(parseExactJson('{"a":'.repeat(100_000))).toBeUndefined();
  });

  it('reads a long text in a time that grows with its length', () => {
    const long = JSON.stringify({ a: '\\'.repeat(200_000), b: '"'.repeat(200_000) });
    expect(parseExactJson(long)?.text).toBe(long);
    expect(parseExactJson(long.slice(0, -2))).toBeUndefined();
  });
});

function accepts(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
