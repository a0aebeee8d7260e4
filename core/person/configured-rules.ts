import { parseConfiguredJson } from '../json';
import { defaultPublisherRulesDocument, type PublisherRules, parsePublisherRules } from './publisher-rules';

/** Rules as somebody configured them: what is published, and what integration goes by. */
export interface ConfiguredRules {
  readonly document: unknown;
  readonly rules: PublisherRules;
}

/**
 * Reads the configured rules; an empty object stands for those of this release.
 * @throws Error when the text is not JSON, or does not say of every attribute who may create and update it.
 */
export function readConfiguredRules(text: string): ConfiguredRules {
  const configured: unknown = parseConfiguredJson(text, 'the publisher rules');
  const document = isEmptyObject(configured) ? defaultPublisherRulesDocument : configured;
  return { document, rules: parsePublisherRules(document) };
}

function isEmptyObject(value: unknown): boolean {
  return (
    typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length === 0
  );
}
