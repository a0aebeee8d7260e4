import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import type { IntegrationContext } from '../../core/change/integration-context';
import type { Json } from '../../core/json';
import { withAttributes } from '../../core/person/attributes';
import { emptyAttribute } from '../../core/person/empty-profile';
import type { SigningKey } from '../../core/person/keys';
import type {
  Attribute,
  AttributePath,
  Metadata,
  PartialProfile,
  PublisherName,
} from '../../core/person/profile';
import { publisherNames } from '../../core/person/profile';
import { defaultPublisherRules } from '../../core/person/publisher-rules';
import { signAttribute } from '../../core/person/signature';

export interface TestPublishers {
  readonly signingKeys: Readonly<Record<PublisherName, SigningKey>>;
  /** All checks on, as in production. */
  readonly context: IntegrationContext;
}

/** A key for every publisher, and the context that trusts them. Takes a moment: once per test file. */
export function makePublishers(): TestPublishers {
  const pairs = publisherNames.map(
    (name) => [name, generateKeyPairSync('rsa', { modulusLength: 2048 })] as const,
  );
  const signingKeys = Object.fromEntries(pairs.map(([name, pair]) => [name, pair.privateKey]));
  return {
    signingKeys: signingKeys as Record<PublisherName, KeyObject>,
    context: {
      rules: defaultPublisherRules,
      publisherKeys: new Map(pairs.map(([name, pair]) => [name, [pair.publicKey]])),
      cisKey: signingKeys.cis as KeyObject,
      verifySignatures: true,
      verifyPublishers: true,
      allowMintedIdentifiers: false,
    },
  };
}

export interface Claim {
  readonly publisher: PublisherName;
  readonly content: Json;
  readonly metadata?: Partial<Metadata>;
}

/** An attribute as a publisher sends it; signed if there is a key, and not null. */
export function claimed(path: AttributePath, claim: Claim, key?: SigningKey): Attribute {
  const empty = emptyAttribute(path);
  const unsigned = {
    signature: { ...empty.signature, publisher: { ...empty.signature.publisher, name: claim.publisher } },
    metadata: { ...empty.metadata, ...claim.metadata },
    ['values' in empty ? 'values' : 'value']: claim.content,
  } as unknown as Attribute;
  return key && claim.content !== null ? signAttribute(unsigned, { name: claim.publisher, key }) : unsigned;
}

/** A change of the claims given; each signed by its publisher if there are keys. */
export function changeOfClaims(
  claims: Partial<Record<AttributePath, Claim>>,
  keys?: Partial<Record<PublisherName, SigningKey>>,
): PartialProfile {
  const entries = Object.entries(claims) as [AttributePath, Claim][];
  return withAttributes(
    {} as PartialProfile,
    new Map(entries.map(([path, claim]) => [path, claimed(path, claim, keys?.[claim.publisher])])),
  );
}
