/**
 * Publishes signed profile changes.
 *
 * @example
 * ```ts
 * import { ChangeClient, ProfileBuilder, readPublisherKey } from 'changewire/publisher';
 *
 * const { BASE_URL = 'http://127.0.0.1:9000', TOKEN = '', KEY_FILE = 'ldap.pem' } = process.env;
 * const ldap = await readPublisherKey('ldap', KEY_FILE);
 * const client = new ChangeClient({ baseUrl: BASE_URL, token: TOKEN });
 *
 * const change = ProfileBuilder.empty()
 *   .set('user_id', 'ad|Mozilla-LDAP|ada')
 *   .set('login_method', 'Mozilla-LDAP')
 *   .set('active', true)
 *   .set('primary_email', 'ada@example.net')
 *   .set('first_name', 'Ada', { display: 'public' })
 *   .set('access_information.ldap', { team_moco: null })
 *   .sign(ldap)
 *   .build();
 *
 * const { sequenceNumber } = await client.publish(change);
 * const ended = await client.waitForStatus(sequenceNumber);
 * const person = await client.readPerson('user_id', 'ad|Mozilla-LDAP|ada');
 * console.log(ended.state, person?.first_name?.value);
 * ```
 */
export type { SchemaIssue } from '../../core/person/json-guard';
export type { LookUpKey } from '../../core/person/ports';
export type {
  Attribute,
  AttributePath,
  Classification,
  Display,
  PartialProfile,
  Profile,
  PublisherName,
} from '../../core/person/profile';
export type { PublisherRules } from '../../core/person/publisher-rules';
export {
  type CallOptions,
  ChangeClient,
  type ChangeClientOptions,
  type ListUsersOptions,
} from './change-client';
export { PublisherError, type PublisherErrorCode, type PublisherErrorDetails } from './errors';
export { type AttributeSettings, ProfileBuilder } from './profile-builder';
export { type PublishAllOptions, type PublishProgress, publishAll } from './publish-all';
export { loadPublisherKey, type PublisherKey, parsePublisherKey, readPublisherKey } from './publisher-key';
export type { EndedChange, KnownUser, PublishedChange } from './replies';
export type { RetryPolicy } from './request';
export { FileJournal, type JournalEntry, type RunJournal } from './run-journal';
export { secretsManagerText } from './secrets-manager-text';
export { type ChangeStanding, type WaitForAllOptions, waitForAll } from './wait-for-all';
