import { makeDataJudge } from '../../../../core/topics/schemas/judge-data';

const draft4 = 'http://json-schema.org/draft-04/schema#';
const draft7 = 'http://json-schema.org/draft-07/schema#';

describe('a judge of data', () => {
  it.each<[string, object, unknown, string]>([
    [
      'a type',
      { type: 'object' },
      's3cret',
      'data does not fit the schema of its topic: expected {"type":"object"}',
    ],
    [
      'a member of a list',
      { properties: { items: { items: { minimum: 5 } } } },
      { items: [7, 4] },
      'data.items.1 does not fit the schema of its topic: expected {"minimum":5}',
    ],
    ['what is missing', { required: ['a', 'b'] }, { a: 1 }, 'expected {"required":["a","b"]}'],
    ['a pattern', { pattern: '^[A-Z]+$' }, 's3cret', 'expected {"pattern":"^[A-Z]+$"}'],
    ['what is too much', { additionalProperties: false }, { x: 1 }, 'data.x is not allowed by the schema'],
    [
      'one of many',
      { anyOf: [{ type: 'null' }, { type: 'number' }] },
      's3cret',
      'expected {"anyOf":[{"type":"null"}',
    ],
    [
      'what lies behind references',
      { $defs: { a: { properties: { 'x/y': { const: 1 } } } }, allOf: [{ $ref: '#/$defs/a' }] },
      { 'x/y': 's3cret' },
      'data.x/y does not fit the schema of its topic: expected {"const":1}',
    ],
    ['an enum', { enum: ['a', 'b'] }, 's3cret', 'expected {"enum":["a","b"]}'],
    ['draft-04', { $schema: draft4, minimum: 3, exclusiveMinimum: true }, 3, 'expected {"minimum":3}'],
    ['draft-07', { $schema: draft7, items: [{ type: 'null' }] }, [1], 'data.0 does not fit'],
    ['2020-12', { prefixItems: [{ type: 'null' }] }, [1], 'data.0 does not fit'],
  ])('tells of %s where and what was expected, never the value', (_, schema, data, told) => {
    const misfit = makeDataJudge(schema as never)(data);
    expect(misfit).toContain(told);
    expect(misfit).not.toContain('s3cret');
  });

  it.each<[object, unknown]>([
    [{ $schema: draft4, minimum: 3, exclusiveMinimum: true }, 4],
    [{ $schema: draft7, items: [{ type: 'null' }] }, [null, 1]],
    [{ properties: { a: { $ref: '#' } } }, { a: { a: {} } }],
    [{ multipleOf: 0.01 }, 4.35],
    [{ format: 'date-time' }, '2026-11-20T12:00:00Z'],
  ])('lets pass what fits %j', (schema, data) => {
    expect(makeDataJudge(schema as never)(data)).toBeUndefined();
  });

  it('refuses data that is too deep for a schema that refers to itself', () => {
    const deep = JSON.parse(`${'['.repeat(50_000)}${']'.repeat(50_000)}`);
    expect(makeDataJudge({ items: { $ref: '#' } } as never)(deep)).toContain('nested too deep');
  });

  it('leaves the schema as it was', () => {
    const schema = Object.freeze({ $defs: Object.freeze({ a: Object.freeze({}) }), $ref: '#/$defs/a' });
    makeDataJudge(schema)(1);
    expect(Object.getOwnPropertyNames(schema)).toEqual(['$defs', '$ref']);
  });
});
