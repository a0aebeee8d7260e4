import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readConfiguredRules } from '../../core/person/configured-rules';
import { defaultPublisherRulesDocument } from '../../core/person/publisher-rules';
import { readPublisherRules } from '../../lib/setting-files';
import { stageSettings } from '../../lib/stage';

const folder = mkdtempSync(path.join(tmpdir(), 'changewire-settings-'));
const file = (text: string) => {
  writeFileSync(path.join(folder, 'rules.json'), text);
  return 'rules.json';
};

describe('the publisher rules of a file', () => {
  it('reach the functions as they are', () => {
    const text = readPublisherRules(file(JSON.stringify(defaultPublisherRulesDocument)), folder);
    expect(readConfiguredRules(text).document).toEqual(defaultPublisherRulesDocument);
    expect(stageSettings('preview', { publisherRules: 'rules.json' }, folder).publisherRules).toBe(text);
    expect(stageSettings('preview').publisherRules).toBe('{}');
  });

  it.each([
    '',
    '[]',
    '{}',
    '{"create":{}}',
    '{"create":{"uuid":"cis"},"update":{}}',
    '{"create":{},"update":{"uuid":["cis"]}}',
    '{"create":{},"update":{},"delete":{}}',
  ])('are refused at synthesis in another shape: %s', (text) => {
    expect(() => readPublisherRules(file(text), folder)).toThrow('publisherRules');
  });

  it('are refused when no secret holds them, or they are not there', () => {
    const large = { create: { uuid: ['x'.repeat(70_000)] }, update: {} };
    expect(() => readPublisherRules(file(JSON.stringify(large)), folder)).toThrow('larger than 65536 bytes');
    expect(() => readPublisherRules('none.json', folder)).toThrow('cannot read the file');
  });
});
