import type { PublisherKeys, SigningKey } from '../person/keys';
import type { PublisherRules } from '../person/publisher-rules';

/** What integration goes by; made once per container. */
export interface IntegrationContext {
  readonly rules: PublisherRules;
  readonly publisherKeys: PublisherKeys;
  /** Signs what Changewire itself decides, under the publisher name `cis`. */
  readonly cisKey: SigningKey;
  readonly verifySignatures: boolean;
  readonly verifyPublishers: boolean;
  /** Developer preview: a new profile may bring its own uuid and primary_username. */
  readonly allowMintedIdentifiers: boolean;
  /** Makes uuids unguessable from user ids. By default it is derived from `cisKey`. */
  readonly uuidSalt?: string;
}
