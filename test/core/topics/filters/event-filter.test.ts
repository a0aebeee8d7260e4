import fc from 'fast-check';
import { type EventFilter, makeFilterJudge } from '../../../../core/topics/filters/event-filter';
import { filterSchema, toFilter } from '../../../../core/topics/filters/filter-schema';
import type { Matcher } from '../../../../core/topics/filters/matcher';
import { anEvent } from '../../../support/deliveries';

const event = anEvent({
  topic: { door: 'manage', name: 'order.paid' },
  source: '/shop',
  subject: 'order-7',
  attributes: { region: 'eu-west', weight: '2.50', urgent: 'true', type: 'shadow' },
  dataJson: JSON.stringify({
    total: 12.5,
    currency: 'EUR',
    gift: false,
    note: null,
    tags: ['new', 'fragile', 3],
    lines: [{ sku: 'a-1', count: 1 }, { sku: 'b-2', count: 20 }, 'stray'],
    grid: [[1], [2]],
    empty: [],
    'dotted.key': 'x',
  }),
});

const manyKeys = (count: number) => Array.from({ length: count }, (_, n) => `"k${n}":1`).join(',');

const passes = (filter: EventFilter, differences: object = {}) =>
  makeFilterJudge({ ...event, ...differences })(filter);
const field = (path: string, ...matchers: Matcher[]) => passes({ data: { [path]: matchers } });
const attribute = (name: string, ...matchers: Matcher[]) => passes({ attributes: { [name]: matchers } });

describe('a filter on data', () => {
  it.each<[string, Matcher, boolean]>([
    ['currency', 'EUR', true],
    ['currency', 'eur', false],
    ['currency', { prefix: 'EU' }, true],
    ['currency', { prefix: 'UR' }, false],
    ['currency', { suffix: 'UR' }, true],
    ['currency', { suffix: 'EU' }, false],
    ['currency', { anything_but: ['USD', 1] }, true],
    ['currency', { anything_but: ['USD', 'EUR'] }, false],
    ['missing', { anything_but: ['x'] }, false],
    ['total', 12.5, true],
    ['total', '12.5', false],
    ['total', { numeric: ['>=', 12.5, '<', 13] }, true],
    ['total', { numeric: ['>', 12.5] }, false],
    ['total', { numeric: ['<', 12.5] }, false],
    ['total', { numeric: ['=', 12.5, '>', 12.5] }, false],
    ['total', { numeric: ['<=', 12.5, '=', 12.5] }, true],
    ['currency', { numeric: ['>', 0] }, false],
    ['gift', false, true],
    ['gift', null, false],
    ['note', null, true],
    ['note', { exists: true }, true],
    ['missing', { exists: false }, true],
    ['missing', { exists: true }, false],
    ['missing', null, false],
    ['tags', 'fragile', true],
    ['tags', 3, true],
    ['tags', 'old', false],
    ['tags', { anything_but: ['new'] }, true],
    ['tags', { anything_but: ['new', 'fragile', 3] }, false],
    ['lines.sku', 'b-2', true],
    ['lines.sku', { suffix: '-1' }, true],
    ['lines.count', { numeric: ['>', 1, '<', 20] }, false],
    ['lines', 'stray', true],
    ['lines', { anything_but: ['stray'] }, true],
    ['grid', 1, false],
    ['grid', { exists: true }, true],
    ['empty', { exists: true }, true],
    ['empty', { anything_but: ['x'] }, false],
    ['dotted.key', 'x', true],
    ['__proto__', { exists: true }, false],
    ['constructor', { exists: true }, false],
    ['currency.length', { exists: true }, false],
    ['tags.length', { exists: true }, false],
  ])('%s matches %j: %s', (path, matcher, expected) => {
    expect(field(path, matcher)).toBe(expected);
  });

  it('takes any matcher of a field, and needs every field', () => {
    expect(field('currency', 'USD', { prefix: 'E' })).toBe(true);
    expect(passes({ data: { currency: ['EUR'], gift: [true] } })).toBe(false);
    expect(passes({ data: { currency: ['EUR'] }, attributes: { region: ['us'] } })).toBe(false);
    expect(passes({ data: { currency: ['EUR'] }, attributes: { region: ['eu-west'] } })).toBe(true);
  });

  it.each([
    ['1', 1],
    ['1.0', 1],
    ['10e-1', 1],
    ['-0', 0],
    ['0.10', 0.1],
    ['1E400', Number.POSITIVE_INFINITY],
  ])('compares %s by its value', (written, value) => {
    const judge = makeFilterJudge({ ...event, dataJson: `{"n":${written}}` });
    expect(judge({ data: { n: [value] } })).toBe(true);
    expect(judge({ data: { n: [{ anything_but: [value] }] } })).toBe(false);
  });

  it.each(['1', '"text"', 'null', '[]', '[[{"a":1}]]', '{}'])('finds no field in %s', (dataJson) => {
    expect(passes({ data: { a: [1, { exists: true }] } }, { dataJson })).toBe(false);
    expect(passes({ data: { a: [{ exists: false }] } }, { dataJson })).toBe(true);
  });

  it('looks into the elements where the data is a list', () => {
    expect(passes({ data: { a: [2] } }, { dataJson: '[{"a":1},{"a":2}]' })).toBe(true);
  });

  it('finds __proto__ as data alone', () => {
    const judge = makeFilterJudge({ ...event, dataJson: '{"__proto__":{"admin":true},"a":{"__proto__":1}}' });
    expect(judge({ data: { admin: [{ exists: true }] } })).toBe(false);
    expect(judge({ data: { '__proto__.admin': [true] } })).toBe(true);
    expect(({} as { admin?: unknown }).admin).toBeUndefined();
  });

  it('reads the data once for all filters, and not at all for those on attributes', () => {
    const parse = jest.spyOn(JSON, 'parse');
    const judge = makeFilterJudge(event);
    judge({ attributes: { region: ['eu-west'] } });
    judge({ attributes: { region: ['us'] }, data: { total: [1] } });
    expect(parse).not.toHaveBeenCalled();
    judge({ data: { total: [1], gift: [false] } });
    judge({ data: { currency: ['EUR'] } });
    expect(parse).toHaveBeenCalledTimes(1);
    parse.mockRestore();
  });

  it.each<[string, string]>([
    ['objects nested 40 000 deep', `${'{"a":'.repeat(40_000)}1${'}'.repeat(40_000)}`],
    ['lists nested 120 000 deep', `{"a":${'['.repeat(120_000)}${']'.repeat(120_000)}}`],
    ['a list of 60 000', `{"a":[${Array.from({ length: 60_000 }, (_, n) => n % 97).join(',')}]}`],
    ['keys below a long one', `{"${'a'.repeat(100_000)}":{${manyKeys(12_000)}}}`],
    ['25 000 keys', `{${Array.from({ length: 25_000 }, (_, n) => `"${n}":1`).join(',')}}`],
  ])('takes hostile data: %s', (_, dataJson) => {
    const judge = makeFilterJudge({ ...event, dataJson });
    for (let round = 0; round < 2000; round += 1) {
      expect(judge({ data: { 'a.a': [{ prefix: 'x' }], a: [{ suffix: `${round}x` }] } })).toBe(false);
      expect(judge({ data: { a: [{ numeric: ['>', 100 + round] }, { anything_but: [] }] } })).toBe(
        judge({ data: { a: [{ anything_but: [] }] } }),
      );
    }
  });

  it('finds a path of 500 characters, the longest that a filter names', () => {
    const [word, key] = ['w'.repeat(249), 'k'.repeat(500)];
    const judge = makeFilterJudge({
      ...event,
      dataJson: JSON.stringify({ [`${word}w`]: { [word]: 1 }, [key]: 2 }),
    });
    expect(judge({ data: { [`${word}w.${word}`]: [1], [key]: [2] } })).toBe(true);
  });
});

describe('a filter on attributes', () => {
  it.each<[string, Matcher, boolean]>([
    ['region', 'eu-west', true],
    ['region', { prefix: 'eu-' }, true],
    ['region', { suffix: 'west' }, true],
    ['region', { anything_but: ['us'] }, true],
    ['region', { anything_but: ['us', 'eu-west'] }, false],
    ['weight', 2.5, true],
    ['weight', '2.5', false],
    ['weight', { numeric: ['>', 2, '<=', 2.5] }, true],
    ['weight', { anything_but: [2.5] }, false],
    ['region', { numeric: ['>', 0] }, false],
    ['urgent', true, true],
    ['urgent', null, false],
    ['missing', { exists: false }, true],
    ['missing', { exists: true }, false],
    ['missing', null, false],
    ['subject', { prefix: 'order-' }, true],
    ['source', '/shop', true],
    ['type', 'order.paid', true],
    ['type', 'shadow', false],
    ['constructor', { exists: true }, false],
    ['__proto__', { exists: true }, false],
    ['toString', { exists: false }, true],
  ])('%s matches %j: %s', (name, matcher, expected) => {
    expect(attribute(name, matcher)).toBe(expected);
  });

  it('takes no text for a number that is longer than any number', () => {
    expect(
      passes({ attributes: { n: [{ numeric: ['>', 5] }] } }, { attributes: { n: '7'.repeat(400) } }),
    ).toBe(true);
    const judge = makeFilterJudge({ ...event, attributes: { n: '7'.repeat(200_000) } });
    const matchers = Array.from({ length: 100 }, (_, n) => n);
    for (let round = 0; round < 2000; round += 1) {
      expect(judge({ attributes: { n: [...matchers, { numeric: ['>', round] }] } })).toBe(false);
    }
  });

  it('finds none in an event without any', () => {
    const { attributes: _, subject: __, ...bare } = event;
    const judge = makeFilterJudge(bare);
    expect(judge({ attributes: { subject: [{ exists: false }], region: [{ exists: false }] } })).toBe(true);
  });
});

/** What the words of a filter mean, without regard to cost. */
function naive(matcher: Matcher, values: readonly unknown[] | undefined): boolean {
  if (matcher !== null && typeof matcher === 'object' && 'exists' in matcher) {
    return matcher.exists === (values !== undefined);
  }
  return (values ?? []).some((value) => {
    if (matcher === null || typeof matcher !== 'object') {
      return value === matcher;
    }
    if ('prefix' in matcher) {
      return typeof value === 'string' && value.startsWith(matcher.prefix);
    }
    if ('suffix' in matcher) {
      return typeof value === 'string' && value.endsWith(matcher.suffix);
    }
    if ('anything_but' in matcher) {
      return !matcher.anything_but.some((one) => one === value);
    }
    if ('numeric' in matcher) {
      const compare = (comparison: unknown, bound: unknown) => {
        const [left, right] = [value as number, bound as number];
        const outcomes = { '=': left === right, '<': left < right, '<=': left <= right, '>': left > right };
        return comparison === '>=' ? left >= right : outcomes[comparison as keyof typeof outcomes];
      };
      const parts = matcher.numeric as readonly unknown[];
      return (
        typeof value === 'number' &&
        compare(parts[0], parts[1]) &&
        (parts.length < 4 || compare(parts[2], parts[3]))
      );
    }
    return false;
  });
}

function valuesAt(data: unknown, path: string): unknown[] | undefined {
  let nodes = Array.isArray(data) ? data : [data];
  for (const word of path.split('.')) {
    const held = nodes.filter(
      (node) =>
        typeof node === 'object' && node !== null && !Array.isArray(node) && Object.hasOwn(node, word),
    );
    if (held.length === 0) {
      return undefined;
    }
    nodes = held.flatMap((node) => (node as Record<string, unknown>)[word]);
  }
  return nodes;
}

describe('filters', () => {
  const key = fc.constantFrom('a', 'b', 'c');
  const text = fc.string({ unit: fc.constantFrom('a', 'b', '😀', '\ud83d'), maxLength: 3 });
  const number = fc.oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom(0.5, -0.5, 2.5));
  const scalar = fc.oneof(text, number, fc.boolean(), fc.constant(null));
  const data = fc.letrec((tie) => ({
    value: fc.oneof({ depthSize: 'small' }, scalar, tie('list'), tie('object')),
    list: fc.array(tie('value'), { maxLength: 4 }),
    object: fc.dictionary(key, tie('value'), { maxKeys: 3 }),
  })).value;
  const comparison = fc.constantFrom('=', '<', '<=', '>', '>=');
  const filled = text.filter((one) => one !== '');
  const matcher = fc.oneof(
    scalar,
    filled.map((prefix) => ({ prefix })),
    filled.map((suffix) => ({ suffix })),
    fc.array(scalar, { minLength: 1, maxLength: 3 }).map((all) => ({ anything_but: all })),
    fc.boolean().map((exists) => ({ exists })),
    fc.tuple(comparison, number).map((numeric) => ({ numeric })),
    fc.tuple(comparison, number, comparison, number).map((numeric) => ({ numeric })),
  );
  const path = fc.array(key, { minLength: 1, maxLength: 4 }).map((words) => words.join('.'));
  const fields = fc.dictionary(path, fc.array(matcher, { minLength: 1, maxLength: 3 }), {
    minKeys: 1,
    maxKeys: 3,
  });

  it('decide as a model does that looks at every value', () => {
    fc.assert(
      fc.property(data, fc.array(fields, { minLength: 1, maxLength: 5 }), (value, filters) => {
        const parsed = JSON.parse(JSON.stringify(value));
        const judge = makeFilterJudge({ ...event, dataJson: JSON.stringify(value) });
        for (const filter of filters) {
          const { data: taken } = toFilter(filterSchema.parse({ data: filter }));
          const expected = Object.entries(taken!).every(([at, matchers]) =>
            matchers.some((one) => naive(one, valuesAt(parsed, at))),
          );
          expect(judge({ data: taken! })).toBe(expected);
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('never fail on any data', () => {
    fc.assert(
      fc.property(fc.json(), fields, (dataJson, filter) => {
        expect(typeof makeFilterJudge({ ...event, dataJson })({ data: filter as never })).toBe('boolean');
      }),
    );
  });
});

describe('filterSchema', () => {
  const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, n) => [`f${n}`, [n]]));
  it.each<[string, unknown]>([
    ['nothing', {}],
    ['no fields', { data: {}, attributes: {} }],
    ['an unknown part', { headers: { a: ['b'] } }],
    ['a field without matchers', { data: { a: [] } }],
    ['a matcher that is no list', { data: { a: 'b' } }],
    ['an unknown matcher', { data: { a: [{ regex: '.*' }] } }],
    ['two matchers in one', { data: { a: [{ prefix: 'a', suffix: 'b' }] } }],
    ['an empty prefix', { data: { a: [{ prefix: '' }] } }],
    ['half a comparison', { data: { a: [{ numeric: ['>'] }] } }],
    ['a comparison with a text', { data: { a: [{ numeric: ['>', '5'] }] } }],
    ['an unknown comparison', { data: { a: [{ numeric: ['!=', 5] }] } }],
    ['anything but nothing', { data: { a: [{ anything_but: [] }] } }],
    ['a number that stands for its neighbours', { data: { a: [2 ** 53] } }],
    ['nine words', { data: { 'a.a.a.a.a.a.a.a.a': [1] } }],
    ['21 fields', { data: many(11), attributes: many(10) }],
    ['101 matchers', { data: { a: Array.from({ length: 101 }, (_, n) => n) } }],
    ['5 kB', { data: { a: Array.from({ length: 10 }, () => 'x'.repeat(500)) } }],
    ['__proto__ as data', JSON.parse('{"data":{"__proto__":["x"],"a":["b"]}}')],
    ['__proto__ as an attribute', JSON.parse('{"attributes":{"__proto__":["x"],"a":["b"]}}')],
    ['__proto__ as a matcher', JSON.parse('{"data":{"a":[{"__proto__":{"prefix":"x"}}]}}')],
  ])('refuses %s', (_, filter) => {
    expect(filterSchema.safeParse(filter).success).toBe(false);
  });

  it('takes each kind of matcher as it came', () => {
    const filter = {
      attributes: { region: ['eu', { prefix: 'us-' }] },
      data: {
        'a.b': [1, -0.5, true, null, { suffix: 'x' }, { anything_but: ['x', 2] }, { exists: false }],
        c: [{ numeric: ['>=', 5, '<', 9] }, { numeric: ['=', 1] }],
      },
    };
    expect(toFilter(filterSchema.parse(filter))).toEqual(filter);
  });
});
