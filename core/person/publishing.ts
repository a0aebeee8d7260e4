import { contentOf } from './attributes';
import { isJsonEqual } from './json-equality';
import type { Attribute, AttributePath } from './profile';
import type { PublisherRules } from './publisher-rules';

/** It keeps what people decide of themselves, so it may change who sees an attribute that another one owns. */
const KEEPER_OF_DISPLAYS = 'mozilliansorg';

/** Whether two versions of an attribute differ in anything that integration counts. */
export function isSameAttribute(one: Attribute, other: Attribute): boolean {
  return (
    one === other ||
    (one.metadata.display === other.metadata.display &&
      one.metadata.verified === other.metadata.verified &&
      isJsonEqual(contentOf(one), contentOf(other)))
  );
}

/**
 * What the publisher rules forbid in a step from one version of an attribute to the next: contract CIS, section 5.
 * @param publisher in whose name `after` comes.
 * @returns `undefined` when the step is allowed.
 */
export function forbiddenStep(
  path: AttributePath,
  { before, after }: { readonly before: Attribute; readonly after: Attribute },
  publisher: string,
  rules: PublisherRules,
): 'create' | 'update' | undefined {
  if (contentOf(before) === null && contentOf(after) !== null) {
    return rules.create.get(path)?.includes(publisher) ? undefined : 'create';
  }
  const isAllowed =
    isSameAttribute(before, after) ||
    (publisher === KEEPER_OF_DISPLAYS && isJsonEqual(contentOf(before), contentOf(after))) ||
    rules.update.get(path) === publisher;
  return isAllowed ? undefined : 'update';
}
