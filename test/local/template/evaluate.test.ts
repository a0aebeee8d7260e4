// biome-ignore-all lint/suspicious/noTemplateCurlyInString: Fn::Sub is written like this.
import { evaluate, NO_VALUE, type Scope } from '../../../local/template/evaluate';

const scope: Scope = {
  ref: (name) => {
    const values: Record<string, unknown> = { Table: 'table-name', 'AWS::NoValue': NO_VALUE, Count: 3 };
    if (!(name in values)) throw new Error(`no ${name}`);
    return values[name];
  },
  attribute: (logicalId, name) => `${logicalId}/${name}`,
  condition: (name) => name === 'Yes',
  mapping: (map, first, second) => `${map}.${first}.${second}`,
};

describe('evaluate', () => {
  it.each([
    [{ Ref: 'Table' }, 'table-name'],
    [{ 'Fn::GetAtt': ['Table', 'Arn'] }, 'Table/Arn'],
    [{ 'Fn::GetAtt': 'Table.Nested.Arn' }, 'Table/Nested.Arn'],
    [{ 'Fn::Join': ['-', ['a', { Ref: 'Table' }, { Ref: 'Count' }]] }, 'a-table-name-3'],
    [{ 'Fn::Sub': '${Table}:${Table.Arn}:${!Literal}' }, 'table-name:Table/Arn:${Literal}'],
    [{ 'Fn::Sub': ['${Own}-${Table}', { Own: { Ref: 'Table' } }] }, 'table-name-table-name'],
    [{ 'Fn::Select': ['1', { 'Fn::Split': [':', 'a:b:c'] }] }, 'b'],
    [{ 'Fn::If': ['Yes', 1, 2] }, 1],
    [{ 'Fn::If': ['No', 1, { Ref: 'Table' }] }, 'table-name'],
    [{ 'Fn::FindInMap': ['Map', { Ref: 'Table' }, 'x'] }, 'Map.table-name.x'],
    [{ 'Fn::Or': [{ 'Fn::Equals': [1, 2] }, { 'Fn::Not': [{ Condition: 'No' }] }] }, true],
    [{ 'Fn::And': [{ Condition: 'Yes' }, { 'Fn::Equals': ['a', 'b'] }] }, false],
    [{ 'Fn::Base64': 'abc' }, 'YWJj'],
  ])('resolves %j', (value, expected) => {
    expect(evaluate(value, scope)).toEqual(expected);
  });

  it('leaves out what has no value, in lists and in objects', () => {
    const none = { Ref: 'AWS::NoValue' };
    expect(evaluate({ a: none, b: [1, none, 2], c: { 'Fn::If': ['No', 1, none] } }, scope)).toEqual({
      b: [1, 2],
    });
  });

  it('takes an object with more members, or an IAM condition, for what it is', () => {
    const value = { Ref: 'Table', Other: 1 };
    expect(evaluate(value, scope)).toEqual(value);
    expect(evaluate({ Condition: { Bool: true } }, scope)).toEqual({ Condition: { Bool: true } });
  });

  it('refuses a function that it does not implement, by name', () => {
    expect(() => evaluate({ deep: [{ 'Fn::ImportValue': 'x' }] }, scope)).toThrow('Fn::ImportValue');
  });

  it('refuses references to nothing and elements that do not exist', () => {
    expect(() => evaluate({ Ref: 'Nothing' }, scope)).toThrow('no Nothing');
    expect(() => evaluate({ 'Fn::Select': [5, ['a']] }, scope)).toThrow('no such element');
    expect(() => evaluate({ 'Fn::Join': ['', 'text'] }, scope)).toThrow('expected a list');
  });
});
