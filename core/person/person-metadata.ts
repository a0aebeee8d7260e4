import { findPerson } from './find-person';
import type { PersonReader } from './ports';

/** What `/v2/user/metadata` tells of an e-mail address. */
export interface PersonMetadata {
  readonly exists: {
    /** Somebody has it, active or not. */
    readonly cis: boolean;
    /** That person has groups of ldap. */
    readonly ldap: boolean;
  };
}

/** Contract CIS, section 1.2: whether an address is known; nothing else of the person. */
export async function describeExistence(primaryEmail: string, people: PersonReader): Promise<PersonMetadata> {
  const profile = await findPerson({ by: 'primary_email', value: primaryEmail, activity: 'any' }, people);
  const groups = profile?.access_information.ldap.values ?? null;
  return { exists: { cis: profile !== undefined, ldap: groups !== null } };
}
