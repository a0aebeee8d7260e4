import { PutItemCommand } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { listByConnectionMethod, listPeople } from '../../../core/person/list-people';
import { parsePageToken } from '../../../core/person/page-token';
import { makeDynamoPersonDirectory } from '../../../lambdas/aws/dynamo-person-directory';
import { makeDynamoPersonReader } from '../../../lambdas/aws/dynamo-person-reader';
import { makeDynamoProfileStore } from '../../../lambdas/aws/dynamo-profile-store';
import { createTables, dynamodbClient, type Emulators, startEmulators } from '../../support/emulators';
import { storedProfile } from '../../support/stored-profile';

let emulators: Emulators;
let client: DynamoDBDocumentClient;
const directory = () =>
  makeDynamoPersonDirectory(client, 'profiles', makeDynamoPersonReader(client, 'profiles'));
const long = `${'x'.repeat(1100)}@example.org`;

beforeAll(async () => {
  emulators = await startEmulators();
  await createTables(emulators.dynamodbUrl);
  client = DynamoDBDocumentClient.from(dynamodbClient(emulators.dynamodbUrl));
  const store = makeDynamoProfileStore(client, 'profiles');
  const people = [
    ...Array.from({ length: 120 }, (_, index) =>
      storedProfile(`email|${1000 + index}`, {
        uuid: `u-${index}`,
        primary_email: `${index}@x`,
        active: index % 3 !== 0,
      }),
    ),
    storedProfile('ad|Mozilla-LDAP|ada', { primary_email: long }),
    storedProfile('ad|Other|bob', { uuid: null, primary_email: '', active: null }),
    storedProfile('oauth2|firefoxaccounts|ü', {}),
    storedProfile('email-like|eve', {}),
    storedProfile('nobar', {}),
  ];
  for (const person of people) {
    expect(await store.write(person, 0)).toBe('written');
  }
  // What is left of somebody whose profile was deleted.
  const left = { user_id: { S: 'email|deleted' }, version: { N: '2' }, outbox: { B: Buffer.alloc(1) } };
  await client.send(new PutItemCommand({ TableName: 'profiles', Item: left }));
}, 60_000);

afterAll(async () => {
  client?.destroy();
  await emulators?.stop();
});

describe('the list of all profiles', () => {
  it('comes page by page, everybody once, and nobody who was deleted', async () => {
    const found: string[] = [];
    let next: string | undefined;
    let pages = 0;
    do {
      const page = await listPeople(
        { activity: 'any', after: parsePageToken(next) },
        directory(),
        (profile) => String(profile.user_id.value),
      );
      found.push(...page.items);
      next = page.next;
      pages += 1;
    } while (next !== undefined);
    expect(new Set(found).size).toBe(125);
    expect(found).toHaveLength(125);
    expect(pages).toBe(2);
  });

  it('reads as many rows as it is asked for', async () => {
    const stretch = await directory().readProfiles({ limit: 7 });
    expect(stretch.items).toHaveLength(7);
    expect(stretch.last).toBe(stretch.items.at(-1)?.userId);
    expect(stretch.items[0]?.open().user_id.value).toBe(stretch.items[0]?.userId);
  });

  it('names nobody who was deleted as its place, when somebody else is there to name', async () => {
    const all = await directory().readProfiles({ limit: 1000 });
    for (let limit = 2; limit <= 127; limit += 1) {
      const { last } = await directory().readProfiles({ limit });
      expect(last).not.toBe('email|deleted');
    }
    expect(all.last).toBeUndefined();
  });

  it('goes on after somebody who is gone', async () => {
    const { items } = await directory().readProfiles({ after: 'email|never-was', limit: 1000 });
    const rest = await directory().readProfiles({ after: items[0]?.userId, limit: 1000 });
    expect(rest.items).toHaveLength(items.length - 1);
  });
});

describe('the list by connection method', () => {
  const list = async (connectionMethod: string, activity: 'active' | 'inactive' | 'any' = 'any') =>
    (await listByConnectionMethod({ connectionMethod, activity, after: undefined }, directory())).items;

  it.each([
    ['email', 120],
    ['email|1', 120],
    ['email|100', 10],
    ['ad', 2],
    ['ad|Mozilla-LDAP', 1],
    ['oauth2|firefoxaccounts', 1],
    ['oauth2', 1],
    ['google-oauth2', 0],
    ['ema', 0],
    ['|', 0],
    ['x'.repeat(2000), 0],
  ])('takes the beginning of a user_id, whole to the first bar: %.30s', async (method, count) => {
    expect(await list(method)).toHaveLength(count);
  });

  it('tells who is active; who is not known to be is not', async () => {
    expect(await list('email', 'active')).toHaveLength(80);
    expect(await list('email', 'inactive')).toHaveLength(40);
    expect(await list('ad', 'inactive')).toEqual([
      { uuid: null, user_id: 'ad|Other|bob', primary_email: null, active: false },
    ]);
  });

  it('tells values that are too long for the index as they are', async () => {
    expect(await list('ad', 'active')).toEqual([
      { uuid: null, user_id: 'ad|Mozilla-LDAP|ada', primary_email: long, active: true },
    ]);
  });

  it('goes on after a place, in the order of the ids', async () => {
    const page = { prefix: 'email', active: undefined, limit: 50 };
    const first = await directory().readSummaries(page);
    const second = await directory().readSummaries({ ...page, after: first.last });
    const third = await directory().readSummaries({ ...page, after: second.last });
    expect([first, second, third].flatMap(({ items }) => items.map(({ user_id }) => user_id))).toEqual(
      Array.from({ length: 120 }, (_, index) => `email|${1000 + index}`),
    );
    expect(third.last).toBeUndefined();
  });
});
