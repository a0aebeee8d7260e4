import { attributeDefinitions, contentOf, leafName } from '../person/attributes';
import type { AttributePath, PartialProfile, Profile } from '../person/profile';
import { forbiddenStep } from '../person/publishing';
import { type SignatureVerdict, verifyAttribute } from '../person/signature';
import type { ChangeOutcome, RejectionCode } from './change';
import type { IntegrationContext } from './integration-context';
import type { Step } from './merge-change';

export type Rejected = Extract<ChangeOutcome, { state: 'rejected' }>;

/** A profile keeps its user_id for ever: it is the key under which it is stored. */
export function judgeTarget(stored: Profile, change: PartialProfile): Rejected | undefined {
  const userId = change.user_id?.value ?? null;
  return userId === null || userId === stored.user_id.value
    ? undefined
    : rejected('schema_invalid', 'user_id is not that of the profile that is to be changed');
}

/** Whether a change may start a profile. */
export function judgeNewcomer(
  change: PartialProfile,
  { allowMintedIdentifiers }: IntegrationContext,
): Rejected | undefined {
  if (!change.user_id?.value) {
    return rejected('schema_invalid', 'user_id is missing; a new profile needs one');
  }
  return bringsIdentifiers(change) && !allowMintedIdentifiers
    ? rejected(
        'uuid_or_primary_username_set',
        'The fields primary_username or uuid have been set in a new profile.',
      )
    : undefined;
}

/** Whether the publisher rules allow each step; the text is the original's. */
export function judgePublishers(
  steps: readonly Step[],
  isFake: boolean,
  { rules, verifyPublishers }: IntegrationContext,
): Rejected | undefined {
  for (const step of verifyPublishers ? steps : []) {
    const { path, after } = step;
    const { name } = after.signature.publisher;
    const isOfFake = isFake && name === attributeDefinitions[path].defaults.publisher;
    const forbidden = forbiddenStep(path, step, name, rules);
    const isAllowedToCis = isSpokenForByCis(step) && !forbiddenStep(path, step, 'cis', rules);
    if (forbidden && !isOfFake && !isAllowedToCis) {
      const text = `[${forbidden}] ${name} is NOT allowed to publish field ${leafName(path)}`;
      return rejected('invalid_publisher', text);
    }
  }
  return undefined;
}

/** Whether what cis may do is enough: see `integrateChange` on `active`. */
function isSpokenForByCis({ path, before, after }: Step): boolean {
  return path === 'active' && after.signature.publisher.name === 'hris' && contentOf(before) !== null;
}

/**
 * The original's fake users bring identifiers, are unsigned, and name as publisher of each attribute the one
 * that the empty profile names, which the create rules do not always allow (`identities.mozilla_ldap_id` by
 * mozilliansorg). The developer preview takes new ones all the same, and nothing else that breaks the rules.
 */
export function isFakeProfile(change: PartialProfile, context: IntegrationContext): boolean {
  return bringsIdentifiers(change) && context.allowMintedIdentifiers && !context.verifySignatures;
}

function bringsIdentifiers({ uuid, primary_username: username }: PartialProfile): boolean {
  return (uuid?.value ?? null) !== null || (username?.value ?? null) !== null;
}

/** Whether each step is signed by the publisher that it names. Null is never signed. */
export function judgeSignatures(
  steps: readonly Step[],
  { verifySignatures, publisherKeys }: IntegrationContext,
): Rejected | undefined {
  for (const { path, after } of verifySignatures ? steps : []) {
    const verdict = contentOf(after) === null ? 'verified' : verifyAttribute(after, publisherKeys);
    if (verdict !== 'verified') {
      return rejected('invalid_signature', signatureText(verdict, path, after.signature.publisher.name));
    }
  }
  return undefined;
}

function signatureText(
  verdict: Exclude<SignatureVerdict, 'verified'>,
  path: AttributePath,
  publisher: string,
): string {
  switch (verdict) {
    case 'unsigned':
      return `${path} is not signed; ${publisher} must sign what it publishes`;
    case 'malformed':
      return `the signature of ${path} is no compact JWS with RS256`;
    case 'unknown_publisher':
      return `no key is known of ${publisher}, which ${path} names as its publisher`;
    case 'mismatch':
      return `the signature of ${path} does not verify: ${publisher} has not signed this`;
  }
}

function rejected(code: RejectionCode, text: string): Rejected {
  return { state: 'rejected', code, text };
}
