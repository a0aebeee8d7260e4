import { createHash } from 'node:crypto';
import { attributeAt, attributePaths, contentOf } from '../../core/person/attributes';
import type { PartialProfile } from '../../core/person/profile';

/**
 * What a change says, as a short text: whose profile, which contents, displays and verified marks, in whose name.
 * Times and signatures are left out, so that a change that is built again after a crash is known again.
 */
export function changeFingerprint(change: PartialProfile): string {
  const said = attributePaths.flatMap((path) => {
    const attribute = attributeAt(change, path);
    if (!attribute || path === 'last_modified' || path === 'created') {
      return [];
    }
    const { display, verified } = attribute.metadata;
    return [[path, sorted(contentOf(attribute)), display, verified, attribute.signature.publisher.name]];
  });
  return createHash('sha256').update(JSON.stringify(said)).digest('base64url');
}

/** The order of keys says nothing in JSON. */
function sorted(json: unknown): unknown {
  if (Array.isArray(json)) {
    return json.map(sorted);
  }
  if (typeof json !== 'object' || json === null) {
    return json;
  }
  return Object.entries(json)
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([key, value]) => [key, sorted(value)]);
}
