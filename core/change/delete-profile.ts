import type { Profile } from '../person/profile';
import type { ChangeOutcome } from './change';

/**
 * Deletes a profile: contract CIS, section 1.1. Nobody's signature is asked for, as in the original; the door
 * takes deletions only where the stage allows them. Deleting what is not there is a noop.
 */
export function deleteProfile(stored: Profile | undefined): ChangeOutcome {
  return stored ? { state: 'integrated', condition: 'delete', uuid: stored.uuid.value } : { state: 'noop' };
}
