import { integrateChange } from '../core/change/integrate-change';
import type { IntegrationContext } from '../core/change/integration-context';
import type { StoredProfile } from '../core/change/ports';
import { attributeAt, withAttributes } from '../core/person/attributes';
import { parsePublisherKeys } from '../core/person/keys';
import type { Attribute, AttributePath, PartialProfile, Profile } from '../core/person/profile';
import { encodeRecord, type StreamRecord } from '../core/stream-record';
import { type Claim, claimed, makePublishers } from '../test/support/publishers';
import { vectorText } from './vectors';

const SHARD = 'shardId-000000000000';
const CREATED_AT = '2027-01-01T00:00:00.000Z';
const changed: readonly AttributePath[] = ['fun_title', 'location'];

/** A person of 25 kB whose profile can be changed as often as is asked for, two signed attributes each time. */
export interface ChangingPerson {
  readonly context: IntegrationContext;
  readonly profile: Profile;
  /** The whole profile as its keeper sends it, two attributes of it new; without a user_id, so that it fits anybody. */
  changeText(number: number): string;
  /** @param userId whose change it is. */
  record(userId: string, number: number): StreamRecord;
  row(userId: string): StoredProfile;
}

export function makeChangingPerson(): ChangingPerson {
  const { context, signingKeys } = makePublishers();
  const theirs = parsePublisherKeys(JSON.parse(vectorText('publishers_jwks')));
  const create: PartialProfile = JSON.parse(vectorText('create-by-ldap'));
  const created = integrateChange(undefined, create, { ...context, publisherKeys: theirs }, CREATED_AT);
  if (created.state !== 'integrated') {
    throw new Error('the vector does not integrate');
  }
  const { profile } = created;
  const texts = new Map<number, string>();
  let sequence = 49_590_338_271_490_256_608n;
  return {
    context,
    profile,
    changeText,
    record(userId, number) {
      sequence += 1n;
      const change = JSON.parse(changeText(number));
      const record = { v: 1, kind: 'change', userId, acceptedAt: CREATED_AT, profile: change };
      const arrivedAt = new Date().toISOString();
      const data = encodeRecord(record);
      return { sequenceNumber: String(sequence), shardId: SHARD, partitionKey: userId, data, arrivedAt };
    },
    row: (userId) => ({
      ...{ userId, version: 1, lastSequenceNumber: '1', lastShardId: SHARD, profile, outbox: [] },
    }),
  };

  function changeText(number: number): string {
    const known = texts.get(number) ?? makeText(number);
    texts.set(number, known);
    return known;
  }

  function makeText(number: number): string {
    const time = new Date(Date.parse(CREATED_AT) - 1_000_000_000 + number * 1000).toISOString();
    const claim = (path: AttributePath): Attribute => {
      const { display } = attributeAt(profile, path)?.metadata ?? {};
      const metadata = { last_modified: time, created: time, display: display ?? 'public' };
      const claims: Claim = { publisher: 'mozilliansorg', content: `Number ${number}`, metadata };
      return claimed(path, claims, signingKeys.mozilliansorg);
    };
    const { user_id: _, ...rest } = withAttributes(
      profile,
      new Map(changed.map((path) => [path, claim(path)])),
    );
    return JSON.stringify(rest);
  }
}
