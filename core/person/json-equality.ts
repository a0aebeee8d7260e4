import type { Json } from '../json';

/**
 * Whether two JSON values say the same: key order does not count, 1 and 1.0 are one number, true and 1 are not.
 * Only own keys are looked at, so that nothing inherited can stand in for a value.
 */
export function isJsonEqual(one: Json | undefined, other: Json | undefined): boolean {
  if (one === other) {
    return true;
  }
  if (typeof one !== 'object' || typeof other !== 'object' || one === null || other === null) {
    return false;
  }
  if (Array.isArray(one) || Array.isArray(other)) {
    return Array.isArray(one) && Array.isArray(other) && areListsEqual(one, other);
  }
  return areObjectsEqual(one as JsonMap, other as JsonMap);
}

type JsonMap = { readonly [key: string]: Json };

function areListsEqual(one: readonly Json[], other: readonly Json[]): boolean {
  return one.length === other.length && one.every((item, index) => isJsonEqual(item, other[index]));
}

function areObjectsEqual(one: JsonMap, other: JsonMap): boolean {
  const keys = Object.keys(one);
  return (
    keys.length === Object.keys(other).length &&
    keys.every((key) => Object.hasOwn(other, key) && isJsonEqual(one[key], other[key]))
  );
}
