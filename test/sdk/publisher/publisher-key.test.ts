import { generateKeyPairSync } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parsePublisherKey, readPublisherKey } from '../../../sdk/publisher';

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
});
