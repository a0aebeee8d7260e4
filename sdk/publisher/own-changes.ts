import { attributeAt } from '../../core/person/attributes';
import type { Attribute, AttributePath, PartialProfile, PublisherName } from '../../core/person/profile';
import type { PublisherRules } from '../../core/person/publisher-rules';
import { forbiddenStep, isSameAttribute } from '../../core/person/publishing';

/** Why an attribute need not, or must not, be sent. */
export type Withheld = 'unchanged' | 'forbidden';

/**
 * Whether a publisher should send an attribute: contract CIS, section 5.
 * @param known what is known of the person; an attribute that it lacks may be set or not, because readers are not
 *   shown everything, so only who may do both sends it.
 * @returns `undefined` when it should.
 */
export function withheld(
  path: AttributePath,
  wanted: Attribute,
  known: PartialProfile,
  publisher: PublisherName,
  rules: PublisherRules,
): Withheld | undefined {
  const before = attributeAt(known, path);
  if (before === undefined) {
    const mayDoBoth = rules.create.get(path)?.includes(publisher) && rules.update.get(path) === publisher;
    return mayDoBoth ? undefined : 'forbidden';
  }
  if (isSameAttribute(before, wanted)) {
    return 'unchanged';
  }
  return forbiddenStep(path, { before, after: wanted }, publisher, rules) ? 'forbidden' : undefined;
}
