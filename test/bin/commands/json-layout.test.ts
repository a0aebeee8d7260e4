import fc from 'fast-check';
import { compactJson, indentedJson } from '../../../bin/commands/json-layout';

describe('the layout of JSON', () => {
  it('is that of JSON.stringify', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const [compact, indented] = [JSON.stringify(value), JSON.stringify(value, null, 2)];
        expect([indentedJson(compact), indentedJson(indented)]).toEqual([indented, indented]);
        expect([compactJson(compact), compactJson(indented)]).toEqual([compact, compact]);
      }),
    );
  });

  it('keeps the digits of numbers, and what is written in texts', () => {
    const text = '{ "total": 12.50, "ids": [12345678901234567890],\n "note": "a, {b}: \\"c\\"  d" }';
    expect(compactJson(text)).toBe(
      '{"total":12.50,"ids":[12345678901234567890],"note":"a, {b}: \\"c\\"  d"}',
    );
    expect(indentedJson('{"total":12.50}')).toBe('{\n  "total": 12.50\n}');
  });
});
