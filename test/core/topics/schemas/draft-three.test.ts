import { findDraftThreeProblem, toDraftFour } from '../../../../core/topics/schemas/draft-three';
import { makeDataJudge } from '../../../../core/topics/schemas/judge-data';
import { findSchemaProblem, tryOut } from '../../../../core/topics/schemas/topic-schema';

const $schema = 'http://json-schema.org/draft-03/schema#';
const judge = (schema: object, data: unknown) => makeDataJudge({ $schema, ...schema } as never)(data);

describe('a schema of Draft 3', () => {
  const member = { a: 1 };
  it.each<[string, object, fits: readonly unknown[], misfits: readonly unknown[]]>([
    ['properties that are required', { properties: { a: { required: true } } }, [member, 7], [{ b: 1 }]],
    ['properties that are not', { properties: { a: { required: false, type: 'null' } } }, [{}], [member]],
    ['a "required" that is nobody\'s property', { required: true, items: { required: true } }, [{}, []], []],
    [
      'required beside a reference',
      {
        properties: { a: { $ref: '#/definitions/x', required: true } },
        definitions: { x: { type: 'integer' } },
      },
      [member],
      [{}, { a: '' }],
    ],
    [
      'required in what is referred to: nobody asks',
      { properties: { a: { $ref: '#/definitions/x' } }, definitions: { x: { required: true } } },
      [{}],
      [],
    ],
    ['divisibleBy', { divisibleBy: 3 }, [9, 'x'], [10]],
    ['any type', { type: 'any' }, [null, 1], []],
    ['any among the types', { type: ['string', 'any'] }, [null], []],
    [
      'schemas among the types',
      { type: ['string', { properties: { a: { required: true } } }] },
      ['x', member],
      [{}],
    ],
    ['one schema alone', { type: [{ minimum: 3 }] }, [3], [2]],
    ['disallow', { disallow: 'string' }, [1], ['x']],
    ['disallow with schemas', { disallow: ['null', { type: 'number', minimum: 5 }] }, [4, 'x'], [null, 6]],
    ['disallow anything', { disallow: 'any' }, [], [1, null]],
    ['extends', { extends: { minimum: 3 }, maximum: 5 }, [4], [2, 6]],
    ['extends several', { extends: [{ minimum: 3 }, { divisibleBy: 2 }] }, [4], [2, 5]],
    ['dependencies on a name', { dependencies: { a: 'b' } }, [{ b: 1 }, { a: 1, b: 1 }], [member]],
    ['dependencies on names', { dependencies: { a: ['b', 'c'] } }, [{ a: 1, b: 1, c: 1 }], [{ a: 1, b: 1 }]],
    [
      'dependencies on a schema',
      { dependencies: { a: { properties: { b: { required: true } } } } },
      [{}],
      [member],
    ],
    [
      'items by place',
      { items: [{ type: 'string' }], additionalItems: { divisibleBy: 2 } },
      [['a', 2]],
      [['a', 3], [1]],
    ],
    ['exclusive bounds', { minimum: 3, exclusiveMinimum: true }, [4], [3]],
    [
      'other properties',
      { patternProperties: { '^a': { divisibleBy: 2 } }, additionalProperties: false },
      [{ a: 2 }],
      [member, { b: 1 }],
    ],
    [
      'a reference to itself',
      { properties: { a: { $ref: '#' } }, additionalProperties: { disallow: 'null' } },
      [{ a: { b: 1 } }],
      [{ a: { b: null } }],
    ],
    [
      'keywords that it does not know',
      { anyOf: [{ enum: [1] }], not: {}, minProperties: 3, multipleOf: 2, const: 1, default: { $ref: 'x' } },
      [{}, 3],
      [],
    ],
  ])('judges as its client does: %s', (_, schema, fits, misfits) => {
    expect(findSchemaProblem({ $schema, ...schema } as never)).toBeUndefined();
    expect(tryOut({ $schema, ...schema } as never)).toBeUndefined();
    expect(fits.map((data) => judge(schema, data))).toEqual(fits.map(() => undefined));
    expect(misfits.map((data) => judge(schema, data))).toEqual(misfits.map(() => expect.any(String)));
  });

  it.each<[string, object, string]>([
    ['required as a list', { required: ['a'] }, '"required" that is neither true nor false'],
    ['the same, further down', { extends: { properties: { a: { required: 'yes' } } } }, '"required"'],
    ['a type that there is not', { type: 'text' }, '"type" that is none of Draft 3'],
    ['no type at all', { type: [] }, '"type"'],
    ['a type that is none', { disallow: [7] }, '"disallow"'],
    [
      'a reference to what lies elsewhere in Draft 4',
      { extends: { minimum: 1 }, items: { $ref: '#/extends' } },
      '"#/extends"',
    ],
    ['a reference to a name', { items: { $ref: '#other' } }, '"#other"'],
    ['a reference to nowhere', { items: { $ref: '#/definitions/x' } }, '"#/definitions/x"'],
    ['a reference elsewhere', { items: { $ref: 'http://example.org/' } }, 'nothing is fetched'],
    ['a pattern that is none', { properties: { a: { pattern: '(' } } }, 'no regular expression'],
  ])('is refused with %s', (_, schema, told) => {
    expect(findSchemaProblem({ $schema, ...schema } as never)).toContain(told);
  });

  it('may have names that need escaping, and any that objects have', () => {
    const names = ['a/b~c %', 'constructor', '__proto__', 'required'];
    for (const name of names) {
      const definitions = Object.fromEntries([[name, { type: 'string' }]]);
      const reference = `#/definitions/${encodeURIComponent(name.replaceAll('~', '~0').replaceAll('/', '~1'))}`;
      const schema = { definitions, items: { $ref: reference }, properties: { [name]: { required: true } } };
      expect(findDraftThreeProblem({ $schema, ...schema } as never)).toBeUndefined();
      expect([judge(schema, ['x']), judge(schema, {})]).toEqual([
        undefined,
        expect.stringContaining('required'),
      ]);
      expect(judge(schema, [1])).toContain('"type":"string"');
    }
  });

  it('says that it is of Draft 4 once it is translated, and stays as it was itself', () => {
    const schema = Object.freeze({ $schema, type: 'any' });
    expect(toDraftFour(schema)).toEqual({ $schema: 'http://json-schema.org/draft-04/schema#' });
  });
});
