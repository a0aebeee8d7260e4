import { randomBytes } from 'node:crypto';
import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, GetCommand } from '@aws-sdk/lib-dynamodb';
import type { ChangeStatus } from '../../../core/change/change';
import type { ChangeStatusStore, ProfileStore } from '../../../core/change/ports';
import type { CrashMarkerStore } from '../../../core/crash-guard';
import { makeDynamoChangeStatusStore } from '../../../lambdas/aws/dynamo-change-status-store';
import { changeMarkKey, makeDynamoCrashMarkers } from '../../../lambdas/aws/dynamo-crash-markers';
import { makeDynamoPersonDirectory } from '../../../lambdas/aws/dynamo-person-directory';
import { makeDynamoPersonReader } from '../../../lambdas/aws/dynamo-person-reader';
import { makeDynamoProfileStore } from '../../../lambdas/aws/dynamo-profile-store';
import { createTables, dynamodbClient, type Emulators, startEmulators } from '../../support/emulators';
import { makeMemoryVault } from '../../support/memory-vault';
import { profileWith, storedProfile } from '../../support/stored-profile';

interface Stores {
  readonly profiles: ProfileStore;
  readonly statuses: ChangeStatusStore;
  readonly markers: CrashMarkerStore;
}

let emulators: Emulators;
let client: DynamoDBDocumentClient;
beforeAll(async () => {
  emulators = await startEmulators();
  await createTables(emulators.dynamodbUrl);
  client = DynamoDBDocumentClient.from(dynamodbClient(emulators.dynamodbUrl), {
    marshallOptions: { removeUndefinedValues: true },
  });
});
afterAll(async () => {
  client.destroy();
  await emulators.stop();
});

function dynamoStores(): Stores {
  return {
    profiles: makeDynamoProfileStore(client, 'profiles'),
    statuses: makeDynamoChangeStatusStore(client, 'change-statuses'),
    markers: makeDynamoCrashMarkers(client, { name: 'change-statuses', keyOf: changeMarkKey }),
  };
}

const status = (sequenceNumber: string, rest: Partial<ChangeStatus> = {}): ChangeStatus => ({
  sequenceNumber,
  shardId: 'shardId-000000000001',
  state: 'integrated',
  condition: 'create',
  userId: 'ad|test|someone',
  acceptedAt: '2026-01-01T00:00:00.000Z',
  endedAt: '2026-01-01T00:00:01.000Z',
  ...rest,
});

/** Noise that gzip cannot shrink. */
const noise = (bytes: number) => randomBytes(bytes).toString('latin1');

describe.each([
  ['in memory', () => makeMemoryVault(undefined, { maxRowBytes: 390_000 })],
  ['on DynamoDB', dynamoStores],
])('the stores of the integrator %s', (_, makeStores) => {
  let stores: Stores;
  beforeAll(() => {
    stores = makeStores();
  });

  it('give back what was written, and nothing for what is not there', async () => {
    const stored = storedProfile(
      'ad|test|jörg 💡',
      { first_name: 'Jörg "💡" \u0000' },
      {
        lastSequenceNumber: '9'.repeat(129),
        outbox: [
          {
            status: status('1'),
            event: {
              id: 'evt_1',
              topic: { door: 'system', name: 'profile.created' },
              source: '/profiles',
              time: '2026-01-01T00:00:01.000Z',
              dataJson: '{"changed":["first_name"]}',
            },
          },
        ],
      },
    );
    expect(await stores.profiles.write(stored, 0)).toBe('written');
    const read = await stores.profiles.readMany(['ad|test|jörg 💡', 'nobody', 'ad|test|jörg 💡']);
    expect([...read]).toEqual([['ad|test|jörg 💡', stored]]);
  });

  it('write only on the version that was read', async () => {
    const first = storedProfile('ad|test|versions');
    expect(await stores.profiles.write({ ...first, version: 2 }, 1)).toBe('version_conflict');
    expect(await stores.profiles.write(first, 0)).toBe('written');
    expect(await stores.profiles.write(first, 0)).toBe('version_conflict');
    expect(await stores.profiles.write({ ...first, version: 2 }, 1)).toBe('written');
    expect(await stores.profiles.write({ ...first, version: 2 }, 1)).toBe('version_conflict');
    expect((await stores.profiles.readMany(['ad|test|versions'])).get('ad|test|versions')?.version).toBe(2);
  });

  it('keep of a deleted profile how far its changes got, and no more', async () => {
    const stored = storedProfile('ad|test|deleted', { primary_email: 'gone@example.org' });
    await stores.profiles.write(stored, 0);
    const deleted = { ...stored, version: 2, lastSequenceNumber: '101', profile: undefined };
    expect(stores.profiles.fits(deleted)).toBe(true);
    expect(await stores.profiles.write(deleted, 1)).toBe('written');
    const read = (await stores.profiles.readMany(['ad|test|deleted'])).get('ad|test|deleted');
    expect(read).toEqual(deleted);
    expect(await stores.profiles.write({ ...stored, version: 3 }, 2)).toBe('written');
  });

  it('keep the mark of an erasure, also beneath a profile made anew', async () => {
    const erased = { at: '2026-11-20T10:00:00.000Z', until: '2026-11-28T10:00:00.000Z' };
    const made = storedProfile('ad|test|erased', { primary_email: 'erased@example.org' }, { erased });
    const mark = { ...made, profile: undefined };
    const read = async () => (await stores.profiles.readMany(['ad|test|erased'])).get('ad|test|erased');
    expect(await stores.profiles.write(mark, 0)).toBe('written');
    expect(await read()).toEqual(mark);
    expect(await stores.profiles.write({ ...made, version: 2 }, 1)).toBe('written');
    expect(await read()).toEqual({ ...made, version: 2 });
  });

  it('refuse a row that is too large, and say so beforehand', async () => {
    const large = storedProfile('ad|test|large', { description: noise(400_000) });
    const fitting = storedProfile('ad|test|large', { description: noise(50_000) });
    expect(stores.profiles.fits(large)).toBe(false);
    expect(await stores.profiles.write(large, 0)).toBe('too_large');
    expect((await stores.profiles.readMany(['ad|test|large'])).size).toBe(0);
    expect(stores.profiles.fits(fitting)).toBe(true);
    expect(await stores.profiles.write(fitting, 0)).toBe('written');
  });

  it('read many at once, more than one call takes', async () => {
    const userIds = Array.from({ length: 130 }, (_each, index) => `many|${index}`);
    await Promise.all(userIds.map((userId) => stores.profiles.write(storedProfile(userId), 0)));
    const read = await stores.profiles.readMany(userIds);
    expect([...read.keys()].sort()).toEqual([...userIds].sort());
    expect((await stores.profiles.readMany([])).size).toBe(0);
  });

  it('record a status once: the first write wins', async () => {
    const first = status('77');
    expect(await stores.statuses.record(first)).toBe('recorded');
    const later = status('77', { state: 'rejected', code: 'internal_error', text: 'late' });
    expect(await stores.statuses.record(later)).toBe('already_recorded');
    expect(await stores.statuses.find('77')).toEqual(first);
  });

  it('keep the statuses of two shards apart', async () => {
    const other = status('78', { shardId: 'shardId-000000000002', state: 'noop' });
    expect(await stores.statuses.record(status('78'))).toBe('recorded');
    expect(await stores.statuses.record(other)).toBe('recorded');
    const positions = [
      { sequenceNumber: '78', shardId: 'shardId-000000000002' },
      { sequenceNumber: '78', shardId: 'shardId-000000000002' },
      { sequenceNumber: '79', shardId: 'shardId-000000000001' },
    ];
    expect(await stores.statuses.readMany(positions.slice(0, 1))).toEqual([other]);
    expect(await stores.statuses.readMany(positions.slice(2))).toEqual([]);
    expect(await stores.statuses.find('79')).toBeUndefined();
  });

  it('count tries apart from statuses, and forget them', async () => {
    const position = { sequenceNumber: '80', shardId: 'shardId-000000000001' };
    expect(await stores.markers.mark(position)).toBe(1);
    expect(await stores.markers.mark(position)).toBe(2);
    expect(await stores.statuses.find('80')).toBeUndefined();
    expect(await stores.statuses.readMany([position])).toEqual([]);
    await stores.statuses.record(status('80'));
    expect(await stores.statuses.find('80')).toEqual(status('80'));
    await stores.markers.clear(position);
    expect(await stores.markers.mark(position)).toBe(1);
  });
});

describe('the profiles table', () => {
  const row = async (userId: string) =>
    (await client.send(new GetCommand({ TableName: 'profiles', Key: { user_id: userId } }))).Item;

  it('leaves index attributes out when they are null or empty, and hashes long ones', async () => {
    const profiles = makeDynamoProfileStore(client, 'profiles');
    await profiles.write(storedProfile('plain', { uuid: null, primary_email: '' }), 0);
    expect(Object.keys((await row('plain')) ?? {}).sort()).toEqual([
      'active',
      'last_sequence_number',
      'last_shard_id',
      'outbox',
      'profile',
      'user_id',
      'version',
    ]);
    const long = 'ü'.repeat(2000);
    await profiles.write(storedProfile('email|ada|1', { uuid: 'u-1', primary_username: long }), 0);
    expect(await row('email|ada|1')).toMatchObject({
      connection_method: 'email',
      uuid: 'u-1',
      primary_username: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
    });
    const people = makeDynamoPersonReader(client, 'profiles');
    expect(await people.findUserIds('primary_username', long)).toEqual(['email|ada|1']);
  });

  it('lets the mark of an erasure expire, and no profile', async () => {
    const profiles = makeDynamoProfileStore(client, 'profiles');
    const erased = { at: '2026-11-20T10:00:00.000Z', until: '2026-11-28T10:00:00.000Z' };
    const made = storedProfile('email|erased|1', { uuid: 'u-9' }, { erased });
    await profiles.write({ ...made, profile: undefined }, 0);
    expect(await row('email|erased|1')).toMatchObject({ expires_at: Date.parse(erased.until) / 1000 });
    expect(await row('email|erased|1')).not.toHaveProperty('uuid');
    await profiles.write({ ...made, version: 2 }, 1);
    expect(await row('email|erased|1')).not.toHaveProperty('expires_at');
    await profiles.write(storedProfile('email|erased|2', {}, { profile: undefined }), 0);
    expect(await row('email|erased|2')).not.toHaveProperty('expires_at');
  });

  it('is asked by every look-up key', async () => {
    const profiles = makeDynamoProfileStore(client, 'profiles');
    const values = { uuid: 'u-2', primary_email: 'ada@example.org', primary_username: 'ada' };
    await profiles.write(storedProfile('email|2', values), 0);
    await profiles.write(storedProfile('email|3', { primary_email: 'ada@example.org' }), 0);
    const people = makeDynamoPersonReader(client, 'profiles');
    expect(await people.findUserIds('uuid', 'u-2')).toEqual(['email|2']);
    expect(await people.findUserIds('primary_username', 'ada')).toEqual(['email|2']);
    expect([...(await people.findUserIds('primary_email', 'ada@example.org'))].sort()).toEqual([
      'email|2',
      'email|3',
    ]);
    expect(await people.findUserIds('uuid', '')).toEqual([]);
    expect(await people.findUserIds('uuid', 'nobody')).toEqual([]);
    expect(await people.readProfile('email|2')).toEqual(
      profileWith({ user_id: 'email|2', active: true, ...values }),
    );
    expect(await people.readProfile('nobody')).toBeUndefined();
  });

  it('shows nobody who was deleted', async () => {
    const profiles = makeDynamoProfileStore(client, 'profiles');
    const stored = storedProfile('email|gone', { uuid: 'u-gone', primary_email: 'gone@example.net' });
    await profiles.write(stored, 0);
    await profiles.write({ ...stored, version: 2, profile: undefined }, 1);
    expect(Object.keys((await row('email|gone')) ?? {}).sort()).toEqual([
      ...['last_sequence_number', 'last_shard_id', 'outbox', 'user_id', 'version'],
    ]);
    const people = makeDynamoPersonReader(client, 'profiles');
    expect(await people.readProfile('email|gone')).toBeUndefined();
    expect(await people.findUserIds('uuid', 'u-gone')).toEqual([]);
    expect(await people.findUserIds('primary_email', 'gone@example.net')).toEqual([]);
    const directory = makeDynamoPersonDirectory(client, 'profiles', people);
    const { items } = await directory.readProfiles({ limit: 1000 });
    expect(items.length).toBeGreaterThan(0);
    expect(items.map(({ userId }) => userId)).not.toContain('email|gone');
    const listed = await directory.readSummaries({ prefix: 'email|gone', active: undefined, limit: 10 });
    expect(listed.items).toEqual([]);
  });

  it('is not given a profile that fits the row and no reply', async () => {
    const profiles = makeDynamoProfileStore(client, 'profiles');
    const repetitive = storedProfile('email|large', { description: 'x'.repeat(2_000_000) });
    expect(profiles.fits(repetitive)).toBe(false);
    expect(await profiles.write(repetitive, 0)).toBe('too_large');
    expect(profiles.fits(storedProfile('email|large', { description: 'x'.repeat(1_900_000) }))).toBe(true);
  });

  it('answers a refusal, not an exception, when the store takes a row to be invalid', async () => {
    const profiles = makeDynamoProfileStore(client, 'profiles');
    expect(await profiles.write(storedProfile('x'.repeat(3000)), 0)).toBe('refused');
  });

  it('throws when the store cannot be reached', async () => {
    const nowhere = DynamoDBDocumentClient.from(dynamodbClient('http://127.0.0.1:9'));
    const profiles = makeDynamoProfileStore(nowhere, 'profiles');
    await expect(profiles.write(storedProfile('a'), 0)).rejects.toThrow();
    await expect(profiles.readMany(['a'])).rejects.toThrow();
    nowhere.destroy();
  });

  it('takes a row of damaged bytes for an outage rather than for a new user', async () => {
    await client.send(
      new PutItemCommand({
        TableName: 'profiles',
        Item: { user_id: { S: 'damaged' }, version: { N: '1' }, profile: { B: Buffer.from('x') } },
      }),
    );
    await expect(makeDynamoProfileStore(client, 'profiles').readMany(['damaged'])).rejects.toThrow();
  });
});

describe('the change-statuses table', () => {
  it('does not show what has expired, and lets it be recorded anew', async () => {
    const day = 86_400_000;
    let now = Date.parse('2026-01-01T00:00:00Z');
    const statuses = makeDynamoChangeStatusStore(client, 'change-statuses', () => now);
    await statuses.record(status('500'));
    now += 30 * day - 1000;
    expect(await statuses.find('500')).toEqual(status('500'));
    now += 2000;
    expect(await statuses.find('500')).toBeUndefined();
    expect(await statuses.readMany([status('500')])).toEqual([]);
    const anew = status('500', { state: 'noop' });
    expect(await statuses.record(anew)).toBe('recorded');
    expect(await statuses.find('500')).toEqual(anew);
  });
});
