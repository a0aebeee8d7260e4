import { sign, verify } from 'node:crypto';
import { asciiJson } from '../ascii-json';
import type { Json } from '../json';
import { isJsonEqual } from './json-equality';
import type { PublisherKeys, SigningKey } from './keys';
import type { Attribute, PublisherName } from './profile';

export type SignatureVerdict = 'verified' | 'unsigned' | 'malformed' | 'unknown_publisher' | 'mismatch';

/** The header of every signature made here. */
const HEADER = Buffer.from('{"alg":"RS256","typ":"JWT"}').toString('base64url');

/**
 * Whether the publisher that an attribute names has signed exactly this attribute: contract CIS, section 4. The
 * signed JSON is compared by meaning, not by text, so that any writer of JSON may sign.
 *
 * The format signs neither the attribute's name nor the person: a value that is signed once verifies in any
 * attribute of the same shape, of anyone. That is a known weakness of profile v2; who may publish what is
 * limited by the publisher rules alone.
 */
export function verifyAttribute(attribute: Attribute, keys: PublisherKeys): SignatureVerdict {
  const { signature, ...signed } = attribute;
  const { name, value } = signature.publisher;
  if (value === '') {
    return 'unsigned';
  }
  const jws = parseJws(value);
  if (jws === undefined) {
    return 'malformed';
  }
  const candidates = keys.get(name) ?? [];
  if (candidates.length === 0) {
    return 'unknown_publisher';
  }
  const isAuthentic = candidates.some((key) => verify('sha256', jws.signedText, key, jws.signature));
  const payload = isAuthentic ? parseJson(jws.payload) : undefined;
  return isAuthentic && isJsonEqual(payload, signed as unknown as Json) ? 'verified' : 'mismatch';
}

/**
 * The attribute with a publisher's signature over all of it but `signature`.
 * @param attribute must not be null: null is never signed.
 */
export function signAttribute<A extends Attribute>(
  attribute: A,
  publisher: { readonly name: PublisherName; readonly key: SigningKey },
): A {
  const { signature, ...signed } = attribute;
  // The JSON that the original's library signs: as inserted, no spaces, everything beyond ASCII escaped.
  const payload = Buffer.from(asciiJson(signed)).toString('base64url');
  const text = `${HEADER}.${payload}`;
  const mark = sign('sha256', Buffer.from(text), publisher.key).toString('base64url');
  return {
    ...attribute,
    signature: {
      ...signature,
      publisher: { alg: 'RS256', typ: 'JWS', name: publisher.name, value: `${text}.${mark}` },
    },
  };
}

interface ParsedJws {
  readonly signedText: Buffer;
  readonly payload: Buffer;
  readonly signature: Buffer;
}

/** `undefined` for what is no compact JWS with RS256: `none` and HS256 among them. */
function parseJws(jws: string): ParsedJws | undefined {
  const [header = '', ...parts] = jws.split('.');
  const [payload, signature] = parts.map(decodeBase64Url);
  if (parts.length !== 2 || !payload || !signature || !isRs256Header(header)) {
    return undefined;
  }
  return { signedText: Buffer.from(jws.slice(0, jws.lastIndexOf('.'))), payload, signature };
}

/** Strictly: the lenient decoder ignores stray characters and spare bits, so that two texts would be one. */
function decodeBase64Url(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64url');
  return bytes.toString('base64url') === text ? bytes : undefined;
}

/** Nearly all have the one header. */
function isRs256Header(text: string): boolean {
  const bytes = text === HEADER ? undefined : decodeBase64Url(text);
  return text === HEADER || (bytes !== undefined && isRs256(parseJson(bytes)));
}

/** `crit` asks for the understanding of extensions; none is understood here (RFC 7515, section 4.1.11). */
function isRs256(header: Json | undefined): boolean {
  const isObject = typeof header === 'object' && header !== null && !Array.isArray(header);
  const members = isObject ? (header as { readonly [name: string]: Json }) : {};
  return Object.hasOwn(members, 'alg') && members.alg === 'RS256' && !Object.hasOwn(members, 'crit');
}

function parseJson(bytes: Buffer): Json | undefined {
  try {
    return JSON.parse(bytes.toString());
  } catch {
    return undefined;
  }
}
