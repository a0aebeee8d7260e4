import type { PartialProfile } from './profile';

/** The text of a top-level attribute such as `user_id`; `undefined` when it is missing, null or no text. */
export function attributeText(profile: PartialProfile, name: string): string | undefined {
  const attribute = Object.hasOwn(profile, name) ? profile[name] : undefined;
  if (typeof attribute !== 'object' || !('value' in attribute)) {
    return undefined;
  }
  return typeof attribute.value === 'string' ? attribute.value : undefined;
}
