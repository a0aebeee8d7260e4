import { createPublicKey } from 'node:crypto';
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { SecretStore } from '../../local/aws/secret-store';
import { publishCisKey } from '../../local/cis-public-key';
import {
  addPublisherJwk,
  prepareKeys,
  privateKeyPath,
  publishers,
  readPublishersJwks,
} from '../../local/keys';
import { mintToken } from '../../local/token';

const json = (path: string) => JSON.parse(readFileSync(path, 'utf8'));
let directory: string;
beforeAll(async () => {
  directory = join(mkdtempSync(join(tmpdir(), 'keys-')), 'keys');
  await prepareKeys(directory);
});

describe('prepareKeys', () => {
  it('leaves files that only their owner can read', () => {
    const files = readdirSync(directory, { withFileTypes: true }).filter((entry) => entry.isFile());
    const modes = files.map(({ name }) => statSync(join(directory, name)).mode & 0o777);
    expect(new Set(modes)).toEqual(new Set([0o600]));
    expect(statSync(directory).mode & 0o777).toBe(0o700);
  });

  it('publishes the public half of every publisher’s key and nothing of the private one', () => {
    const jwks = readPublishersJwks(directory);
    expect(Object.keys(jwks).sort()).toEqual([...publishers].sort());
    for (const [name, { keys }] of Object.entries(jwks)) {
      const own = createPublicKey(readFileSync(privateKeyPath(directory, name))).export({ format: 'jwk' });
      expect(keys).toEqual([
        { ...own, alg: 'RS256', use: 'sig', kid: expect.stringMatching(new RegExp(`^${name}-`)) },
      ]);
    }
  });

  it.each(['tokens.json', 'publishers-jwks.json', 'ldap.private.pem'])(
    'names %s when it is damaged, and quotes nothing of it',
    async (name) => {
      const damaged = join(mkdtempSync(join(tmpdir(), 'keys-')), 'keys');
      cpSync(directory, damaged, { recursive: true });
      writeFileSync(join(damaged, name), 'hunter2');
      const failure: Error = await prepareKeys(damaged).then(
        () => new Error('it was read'),
        (error) => error,
      );
      expect(failure.message).toContain(`${join(damaged, name)} is damaged`);
      expect(failure.message).not.toContain('hunter2');
    },
  );

  it('keeps what is there, and the key of cis that the stack has made', async () => {
    const before = readdirSync(directory).map((name) => readFileSync(join(directory, name), 'utf8'));
    const [ldap] = readPublishersJwks(directory).ldap?.keys ?? [];
    addPublisherJwk(directory, 'cis', ldap!);
    await prepareKeys(directory);
    expect(readPublishersJwks(directory).cis).toEqual({ keys: [ldap] });
    rmSync(join(directory, 'publishers-jwks.json'));
    await prepareKeys(directory);
    const after = readdirSync(directory).map((name) => readFileSync(join(directory, name), 'utf8'));
    expect(after).toEqual(before);
  });

  it('makes two tokens that cannot be guessed', () => {
    const tokens = json(join(directory, 'tokens.json'));
    expect(tokens.registration_token).toMatch(/^[\w-]{32}$/);
    expect(tokens.trigger_token).not.toBe(tokens.registration_token);
  });
});

describe('mintToken', () => {
  const claims = {
    issuer: 'http://issuer',
    audience: 'api',
    subject: 'somebody',
    scopes: ['write', 'read:profile'],
    ttlSeconds: 60,
  };

  it('mints what a verifier with the issuer’s JWKS accepts', async () => {
    const token = await mintToken({ ...claims, keysDirectory: directory });
    const jwks = createLocalJWKSet(json(join(directory, 'issuer-jwks.json')));
    const { payload, protectedHeader } = await jwtVerify(token, jwks, {
      issuer: 'http://issuer',
      audience: 'api',
      algorithms: ['RS256'],
    });
    expect(payload).toMatchObject({ sub: 'somebody', scope: 'write read:profile' });
    expect((payload.exp ?? 0) - (payload.iat ?? 0)).toBe(60);
    expect(protectedHeader.kid).toMatch(/^issuer-/);
  });

  it('says when there is no key to sign with', async () => {
    await expect(mintToken({ ...claims, keysDirectory: tmpdir() })).rejects.toThrow('issuer.private.pem');
  });
});

describe('publishCisKey', () => {
  const secrets = [
    { name: 'stack-secretsciskey1A958657', arn: 'a', content: 'cisKey' },
    { name: 'stack-secretspublishersjwks44298CCD', arn: 'b', content: 'publishersJwks' },
  ] as const;

  function storeWith(published: unknown) {
    const store = new SecretStore(join(mkdtempSync(join(tmpdir(), 'secrets-')), 'secrets'));
    for (const { name, arn } of secrets) store.declare(name, arn);
    store.put('stack-secretsciskey1A958657', readFileSync(privateKeyPath(directory, 'hris'), 'utf8'));
    store.put('stack-secretspublishersjwks44298CCD', JSON.stringify(published));
    return store;
  }

  it('adds the public half of what the stack generated, for functions and for the outside', () => {
    const store = storeWith(readPublishersJwks(directory));
    publishCisKey(directory, store, secrets);
    const published = JSON.parse(store.find('b')?.value ?? '{}');
    expect(published.cis.keys[0].n).toBe(published.hris.keys[0].n);
    expect(published).toEqual(readPublishersJwks(directory));
  });

  it('leaves alone what a user configured', () => {
    const store = storeWith({ ldap: { keys: [] } });
    publishCisKey(directory, store, secrets);
    expect(JSON.parse(store.find('b')?.value ?? '')).toEqual({ ldap: { keys: [] } });
  });

  it('passes over a secret that holds no key', () => {
    const store = storeWith({});
    store.put('stack-secretsciskey1A958657', 'not a key');
    expect(() => publishCisKey(directory, store, secrets)).not.toThrow();
  });
});
