import { attributeAt, attributePaths, contentOf, withAttributes } from '../person/attributes';
import { emptyProfile } from '../person/empty-profile';
import type { Attribute, AttributePath, PartialProfile, Profile } from '../person/profile';
import type { MergeOutcome } from './change';
import {
  type CisSigner,
  deriveSalt,
  mintIdentifiers,
  stampLastModified,
  vouchForActive,
} from './cis-attributes';
import type { IntegrationContext } from './integration-context';
import { isFakeProfile, judgeNewcomer, judgePublishers, judgeSignatures, judgeTarget } from './judge-change';
import { isAside, isOutdated, isTaken, type Step, stepsOf } from './merge-change';

/**
 * Judges one change and merges it into the profile: contract CIS, sections 4 to 6. Pure: the same arguments give
 * the same outcome. It never throws for a change that has passed the schema.
 *
 * Judged in this order: is it meant for this profile, may a new profile look like this, may the publishers do
 * what they do, have they signed it. What its own publisher has replaced since (see {@link isOutdated}) is left
 * alone. Only what differs from the stored profile is judged; the rest was judged
 * when it came. A change is taken whole or not at all, and one that alters nothing is a `noop`, a repeated
 * create too.
 *
 * `active`: nobody but `cis` may update it. `cis` speaks for `hris`, which knows who has left: a change of
 * `active` that hris has signed is verified, taken, and signed again by `cis`. A profile that comes without
 * `active` is created with null: whoever may create it can still say so.
 *
 * @param stored of this user; `undefined` when there is none.
 * @param change that has passed the schema. Attributes that are missing count as null.
 * @param now ISO 8601; becomes `last_modified`.
 */
export function integrateChange(
  stored: Profile | undefined,
  change: PartialProfile,
  context: IntegrationContext,
  now: string,
): MergeOutcome {
  const signer = { key: context.cisKey, now };
  return stored ? update(stored, change, context, signer) : create(change, context, signer);
}

function update(
  stored: Profile,
  change: PartialProfile,
  context: IntegrationContext,
  signer: CisSigner,
): MergeOutcome {
  const wished = stepsOf(stored, change).filter((step) => isTaken(step) && !isAside(step, context.rules));
  const steps = wished.filter((step) => !isOutdated(step, signer.now));
  const refusal =
    judgeTarget(stored, change) ?? judgePublishers(steps, false, context) ?? judgeSignatures(steps, context);
  if (refusal) {
    return refusal;
  }
  const remark = outdatedRemark(wished.filter((step) => !steps.includes(step)));
  if (steps.length === 0) {
    return { state: 'noop', ...remark };
  }
  const taken = attributesOf(steps);
  const merged = withAttributes(stored, taken);
  const stamps = new Map<AttributePath, Attribute>([
    ['last_modified', stampLastModified(merged.last_modified, signer)],
    ...(taken.has('active') ? [['active', vouchForActive(merged.active, signer)] as const] : []),
  ]);
  return {
    state: 'integrated',
    condition: 'update',
    profile: withAttributes(merged, stamps),
    changedAttributes: [...taken.keys()],
    ...remark,
  };
}

/** Why a change that is right has not done all that it says. */
function outdatedRemark(steps: readonly Step[]): { readonly text?: string } {
  const names = steps.map(({ path }) => path).join(', ');
  return names === '' ? {} : { text: `left as it is, because its publisher has sent a newer one: ${names}` };
}

/**
 * A new profile is the empty one, changed. Null attributes are held against the rules as well, since the
 * original does so, and then left as the empty profile has them: nobody can sign them.
 */
function create(change: PartialProfile, context: IntegrationContext, signer: CisSigner): MergeOutcome {
  blank ??= emptyProfile();
  const empty = blank;
  const steps = stepsOf(empty, change);
  const refusal =
    judgeNewcomer(change, context) ??
    judgePublishers(steps, isFakeProfile(change, context), context) ??
    judgeSignatures(steps, context);
  if (refusal) {
    return refusal;
  }
  const merged = withAttributes(empty, attributesOf(steps.filter(isTaken)));
  const salt = context.uuidSalt ?? deriveSalt(context.cisKey);
  const stamps = new Map<AttributePath, Attribute>([
    ...mintIdentifiers(merged.user_id.value ?? '', merged, { ...signer, salt }),
    ['active', vouchForActive(merged.active, signer)],
    ['last_modified', stampLastModified(merged.last_modified, signer)],
  ]);
  const profile = withAttributes(merged, stamps);
  return { state: 'integrated', condition: 'create', profile, changedAttributes: attributesSet(profile) };
}

/** What every new profile starts from; only ever copied. */
let blank: Profile | undefined;

function attributesOf(steps: readonly Step[]): ReadonlyMap<AttributePath, Attribute> {
  return new Map(steps.map(({ path, after }) => [path, after]));
}

function attributesSet(profile: Profile): readonly AttributePath[] {
  return attributePaths.filter((path) => {
    const attribute = attributeAt(profile, path);
    return attribute !== undefined && contentOf(attribute) !== null;
  });
}
