import { existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { seedPeople } from '../../../bin/commands/seed-people';
import { parsePublisherKeys } from '../../../core/person/keys';
import type { Profile } from '../../../core/person/profile';
import { validateProfile } from '../../../core/person/profile-schema';
import { verifyAttribute } from '../../../core/person/signature';
import { prepareKeys } from '../../../local/keys';
import { emptyHome, runCommand, type StubApi, startStubApi } from '../command-host';

const folder = mkdtempSync(path.join(tmpdir(), 'changewire-fake-'));
let api: StubApi | undefined;
afterEach(() => api?.close());

/** Accepts whatever comes, and says that all of it was integrated; the first `rejected` ones were not. */
async function startChangeApi(rejected = 0): Promise<StubApi> {
  api = await startStubApi(({ path: url, body }) => {
    if (url === '/changes') {
      const members = (body as unknown[]).map((_, index) => ({
        status_code: 200,
        sequence_number: `${index}`,
      }));
      return { status: 200, body: members };
    }
    const number = Number(new URL(url, 'http://x').searchParams.get('sequenceNumber'));
    return { status: 200, body: { state: number < rejected ? 'rejected' : 'integrated' } };
  });
  return api;
}

const readPeople = (file: string): Profile[] => JSON.parse(readFileSync(file, 'utf8'));

/** A stack of which nothing but the API is asked. */
const nowhere = {
  endpoints: { dynamodb: '', kinesis: '', sqs: '', secretsManager: '', lambda: '' },
  outputs: {},
};

describe('fake', () => {
  it('writes people to a file, the same for the same seed, each on its line', async () => {
    const [one, other] = [path.join(folder, 'one.json'), path.join(folder, 'other.json')];
    await runCommand(['fake', '--number', '7', '--seed', 'x', '--out', one]);
    await runCommand(['fake', '--number', '7', '--seed', 'x', '--out', other]);
    const text = readFileSync(one, 'utf8');
    expect(readFileSync(other, 'utf8')).toBe(text);
    expect(text.trimEnd().split('\n')).toHaveLength(9);
    expect(readPeople(one).map((person) => validateProfile(person).ok)).toEqual(Array(7).fill(true));
    expect(readPeople(one)[0]?.uuid.value).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('prints them without --out', async () => {
    const { printed, exitCode } = await runCommand(['fake', '--number', '2']);
    expect(exitCode).toBe(0);
    expect(JSON.parse(printed.join('\n'))).toHaveLength(2);
  });

  it('signs in the names of the publishers, and leaves identifiers to cis', async () => {
    const home = emptyHome();
    const { directory, publishersJwksPath } = await prepareKeys(path.join(home, 'keys'));
    const file = path.join(folder, 'signed.json');
    const ran = await runCommand(['fake', '--number', '2', '--sign', '--out', file], { home });
    expect(ran).toMatchObject({ exitCode: 0, noted: [] });
    const keys = parsePublisherKeys(JSON.parse(readFileSync(publishersJwksPath, 'utf8')));
    const [person] = readPeople(file) as [Profile];
    for (const attribute of [person.user_id, person.first_name, person.access_information.hris]) {
      expect(verifyAttribute(attribute, keys)).toBe('verified');
    }
    expect([person.uuid.value, person.primary_username.value]).toEqual([null, null]);
    const elsewhere = await runCommand(['fake', '--number', '1', '--sign', '--keys', directory]);
    expect(elsewhere.exitCode).toBe(0);
  });

  it('says which key is missing', async () => {
    const { exitCode, noted } = await runCommand(['fake', '--sign', '--keys', path.join(folder, 'none')]);
    expect(exitCode).toBe(1);
    expect(noted.join()).toMatch(/cannot read the key of \w+/);
  });

  it('publishes them, and tells how they ended', async () => {
    const { url } = await startChangeApi();
    const words = ['fake', '--number', '3', '--publish', '--base-url', url, '--token', 't'];
    const { exitCode, printed } = await runCommand(words);
    expect(exitCode).toBe(0);
    expect(JSON.parse(printed.join())).toEqual({ integrated: 3, noop: 0, rejected: 0, pending: 0 });
    expect(api?.calls[0]).toMatchObject({ path: '/changes', authorization: 'Bearer t' });
  });

  it('ends with 4 when some were rejected', async () => {
    const { url } = await startChangeApi(1);
    const words = ['fake', '--number', '3', '--publish', '--base-url', url, '--token', 't'];
    const { exitCode, printed } = await runCommand(words);
    expect(exitCode).toBe(4);
    expect(JSON.parse(printed.join())).toMatchObject({ integrated: 2, rejected: 1 });
  });
});

describe('seedPeople', () => {
  let keysDirectory: string;
  beforeAll(async () => {
    keysDirectory = (await prepareKeys(path.join(folder, 'keys'))).directory;
  }, 60_000);

  async function seed(options: Partial<Parameters<typeof seedPeople>[2]> = {}, baseUrl = api?.url ?? '') {
    const noted: string[] = [];
    const host = { home: folder, now: Date.now, note: (line: string) => void noted.push(line) };
    const stack = { baseUrl, keysDirectory, issuer: 'i', audience: 'a', strict: false, ...nowhere };
    await seedPeople(host as unknown as Parameters<typeof seedPeople>[0], stack, {
      ...{
        number: 3,
        dataDirectory: undefined,
        verifySignatures: false,
        signal: new AbortController().signal,
      },
      ...options,
    });
    return noted;
  }
  const seeds = () =>
    api?.calls.filter(({ path: url }) => url === '/changes').flatMap(({ body }) => body as Profile[]);

  it('seeds a kept stack once', async () => {
    await startChangeApi();
    const dataDirectory = mkdtempSync(path.join(folder, 'data-'));
    expect((await seed({ dataDirectory })).join()).toMatch(/seeded +3 of 3 fake people/);
    expect(await seed({ dataDirectory })).toEqual([]);
    expect(seeds()).toHaveLength(3);
  });

  it('seeds nobody where the setting is 0', async () => {
    await startChangeApi();
    await seed({ number: 0 });
    expect(api?.calls).toHaveLength(0);
  });

  it('signs where signatures are verified, and only there', async () => {
    await startChangeApi();
    await seed();
    await seed({ verifySignatures: true });
    const signatures = seeds()?.map(({ user_id }) => user_id.signature.publisher.value.length > 0);
    expect(signatures).toEqual([false, false, false, true, true, true]);
  });

  it('tells a failure and leaves the stack to be seeded another time', async () => {
    const dataDirectory = mkdtempSync(path.join(folder, 'data-'));
    api = await startStubApi(() => ({ status: 403, body: { code: 'insufficient_scope' } }));
    expect((await seed({ dataDirectory })).join()).toMatch(/could not be seeded.*insufficient_scope/);
    expect(existsSync(path.join(dataDirectory, 'seeded.json'))).toBe(false);
  });

  it('ends silently when the stack is stopped meanwhile', async () => {
    await startChangeApi();
    expect(await seed({ signal: AbortSignal.abort() })).toEqual([]);
  });
});
