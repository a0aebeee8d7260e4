import { parseSigningKey } from '../../core/person/keys';
import type { Attribute, PublisherName } from '../../core/person/profile';
import { signAttribute } from '../../core/person/signature';
import { CommandError, exitCodes } from './command-error';

/**
 * The profile with every attribute signed that is set and has no signature yet; the others stay as they are.
 * @param privateKey PEM (PKCS#1 or PKCS#8) or a JWK.
 * @throws CommandError when there is no profile, or the key is none.
 */
export function signDocument(document: unknown, publisher: string, privateKey: string): unknown {
  if (!isObject(document)) {
    throw new CommandError('only a profile, a JSON object, can be signed', exitCodes.usage);
  }
  const signer = { name: publisher as PublisherName, key: parseSigningKey(privateKey) };
  const signGroup = (group: Record<string, unknown>): Record<string, unknown> =>
    Object.fromEntries(
      Object.entries(group).map(([name, member]) => {
        if (!isObject(member)) {
          return [name, member];
        }
        return [
          name,
          isUnsigned(member)
            ? signAttribute(member, signer)
            : isAttribute(member)
              ? member
              : signGroup(member),
        ];
      }),
    );
  return signGroup(document);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Groups, such as `identities`, hold attributes and have no signature of their own. */
function isAttribute(member: Record<string, unknown>): boolean {
  return isObject(member.signature) && isObject(member.signature.publisher);
}

/** Null is never signed. */
function isUnsigned(member: Record<string, unknown>): member is Record<string, unknown> & Attribute {
  const publisher = isAttribute(member) && (member.signature as { publisher: { value?: unknown } }).publisher;
  return publisher !== false && !publisher.value && (member.value ?? member.values ?? null) !== null;
}
