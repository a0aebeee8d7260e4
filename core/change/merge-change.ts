import { attributeAt, attributePaths, contentOf } from '../person/attributes';
import { emptyAttribute } from '../person/empty-profile';
import { isJsonEqual } from '../person/json-equality';
import type { Attribute, AttributePath, PartialProfile, Profile } from '../person/profile';
import type { PublisherRules } from '../person/publisher-rules';
import { isSameAttribute } from '../person/publishing';

/** One attribute of a change beside the one that it is about to replace. */
export interface Step {
  readonly path: AttributePath;
  readonly before: Attribute;
  readonly after: Attribute;
}

/** The attributes that a change mentions, beside what is stored; in the order of the schema. */
export function stepsOf(stored: Profile, change: PartialProfile): readonly Step[] {
  return attributePaths.flatMap((path) => {
    const after = attributeAt(change, path);
    const before = attributeAt(stored, path);
    return after && after !== before ? [{ path, before: before ?? emptyAttribute(path), after }] : [];
  });
}

/**
 * Whether a step takes the incoming attribute: contract CIS, section 6. Null keeps what is stored, so nothing is
 * ever cleared. Otherwise the whole attribute is taken, with its signature, as soon as its content, display or
 * verified differ; another signature, other times or another classification alone count for nothing.
 */
export function isTaken({ before, after }: Step): boolean {
  return contentOf(after) !== null && !isSameAttribute(before, after);
}

/** What the empty profile says of its times: nobody has said one. */
const UNSAID_YEAR = '1970-';

/**
 * Whether a step brings what its own publisher has replaced since, by the publisher's own times: a retry that
 * comes after a newer change must not undo it. A publisher that says no time, says the same time again, or has
 * said one that lies ahead is taken in the order of the stream.
 * @param now ISO 8601.
 */
export function isOutdated({ path, before, after }: Step, now: string): boolean {
  const { last_modified: sent } = after.metadata;
  const { last_modified: held } = before.metadata;
  return (
    contentOf(before) !== null &&
    isSameVoice(path, before.signature.publisher.name, after.signature.publisher.name) &&
    !sent.startsWith(UNSAID_YEAR) &&
    Date.parse(sent) < Date.parse(held) &&
    Date.parse(held) <= Date.parse(now)
  );
}

/** What others say of `active` is kept under the name `cis`. */
function isSameVoice(path: AttributePath, before: string, after: string): boolean {
  return before === after || (path === 'active' && before === 'cis');
}

/**
 * Whether a step on a stored profile is no wish to change anything, although it differs:
 *
 * - `last_modified` with another time: each write stamps its own, whoever sends what.
 * - `created` with another time, from a publisher that the rules do not let update it: publishers send the time
 *   at which *they* made the record, again and again.
 * - `active` in the name of cis. That signature is made here, at integration, and whoever may read `active` has one:
 *   what comes is a copy. It names no person, so somebody else's verifies as well, and would open or close any
 *   account without a publisher's key.
 * - an unsigned `user_id` of the right value and without a display: it only says whose profile is meant.
 *
 * Without the first two, repeating a create whose reply was lost would be refused instead of a noop.
 */
export function isAside({ path, before, after }: Step, rules: PublisherRules): boolean {
  const { name, value: jws } = after.signature.publisher;
  const isOtherContent = contentOf(before) !== null && !isJsonEqual(contentOf(before), contentOf(after));
  switch (path) {
    case 'last_modified':
      return isOtherContent;
    case 'created':
      return isOtherContent && rules.update.get('created') !== name;
    case 'active':
      return name === 'cis';
    case 'user_id':
      return jws === '' && !isOtherContent && after.metadata.display === null;
    default:
      return false;
  }
}
