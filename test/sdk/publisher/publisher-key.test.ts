import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  loadPublisherKey,
  parsePublisherKey,
  readPublisherKey,
  secretsManagerText,
} from '../../../sdk/publisher';
import { startSecrets } from '../../support/secrets-server';

const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
const folder = mkdtempSync(path.join(tmpdir(), 'publisher-key-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('a publisher key', () => {
  it('is read from PEM and JWK, as text, object or file', async () => {
    const pem = privateKey.export({ type: 'pkcs1', format: 'pem' }) as string;
    const jwk = privateKey.export({ format: 'jwk' });
    const file = path.join(folder, 'ldap.jwk');
    writeFileSync(file, JSON.stringify(jwk));
    const keys = [
      parsePublisherKey('ldap', pem),
      parsePublisherKey('ldap', jwk),
      parsePublisherKey('ldap', JSON.stringify(jwk)),
      await readPublisherKey('ldap', file),
    ];
    for (const { name, key } of keys) {
      expect([name, key.equals(privateKey)]).toEqual(['ldap', true]);
    }
  });

  it('that cannot be read is an error that names the publisher and nothing of the key', async () => {
    expect(() => parsePublisherKey('hris', 'hunter2')).toThrow(
      expect.objectContaining({ code: 'key_invalid', message: expect.stringContaining('hris') }),
    );
    expect(() => parsePublisherKey('hris', 'hunter2')).not.toThrow(/hunter2/);
    await expect(readPublisherKey('hris', path.join(folder, 'none.pem'))).rejects.toMatchObject({
      code: 'key_invalid',
    });
  });

  it('is loaded from wherever a function gets its text', async () => {
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
    expect((await loadPublisherKey('hris', async () => pem)).key.equals(privateKey)).toBe(true);
    const down = loadPublisherKey('hris', () => Promise.reject(new Error('no connection')));
    await expect(down).rejects.toMatchObject({ code: 'key_invalid', cause: new Error('no connection') });
  });

  it('is loaded from Secrets Manager', async () => {
    const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
    const secrets = await startSecrets(new Map([['publishers/hris', pem]]));
    const region = { AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'x', AWS_SECRET_ACCESS_KEY: 'x' };
    const before = { ...process.env };
    Object.assign(process.env, region, { AWS_ENDPOINT_URL_SECRETS_MANAGER: secrets.url });
    try {
      const { name, key } = await loadPublisherKey('hris', secretsManagerText('publishers/hris'));
      expect([name, key.equals(privateKey)]).toEqual(['hris', true]);
      await expect(loadPublisherKey('hris', secretsManagerText('none'))).rejects.toMatchObject({
        code: 'key_invalid',
      });
    } finally {
      process.env = before;
      secrets.stop();
    }
  });
});
