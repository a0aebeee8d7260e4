import type { AttributePath } from './profile';

/** Which publisher may create and which may update each attribute: contract CIS, section 5. */
export interface PublisherRules {
  readonly create: ReadonlyMap<AttributePath, readonly string[]>;
  /** An empty name: nobody. */
  readonly update: ReadonlyMap<AttributePath, string>;
}
