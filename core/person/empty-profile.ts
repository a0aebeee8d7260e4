import { attributeDefinitions, attributePaths, withAttributes } from './attributes';
import type { Attribute, AttributePath, Profile } from './profile';

/** What a profile names as its schema; the original's address, which readers compare. */
export const PROFILE_SCHEMA_ADDRESS = 'https://auth.mozilla.com/.well-known/profile.schema';

const NEVER = '1970-01-01T00:00:00Z';

/** An attribute that nobody has set: null, unsigned, with the schema's defaults. A new object each time. */
export function emptyAttribute(path: AttributePath): Attribute {
  const { kind, defaults } = attributeDefinitions[path];
  const { classification, display, publisher } = defaults;
  const unsigned = { alg: 'RS256', typ: 'JWS', value: '' } as const;
  const rest = {
    signature: {
      publisher: { ...unsigned, name: publisher },
      additional: [{ ...unsigned, name: null }],
    },
    metadata: { classification, last_modified: NEVER, created: NEVER, verified: true, display },
  };
  return kind === 'string' || kind === 'boolean' ? { ...rest, value: null } : { ...rest, values: null };
}

/** The null profile v2: every attribute there, none set. A new object each time. */
export function emptyProfile(): Profile {
  const attributes = new Map(attributePaths.map((path) => [path, emptyAttribute(path)]));
  return withAttributes({ schema: PROFILE_SCHEMA_ADDRESS } as Profile, attributes);
}
