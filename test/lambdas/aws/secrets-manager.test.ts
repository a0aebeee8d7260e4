import {
  type GetSecretValueCommand,
  PutSecretValueCommand,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { makeSecretText } from '../../../lambdas/aws/secrets-manager-text';
import { makeSecretsManagerValue } from '../../../lambdas/aws/secrets-manager-value';

/** Secrets Manager with one secret. */
function fakeClient(held: { text?: string | undefined; failure?: string | undefined }) {
  const counts = { reads: 0 };
  const client = {
    async send(command: GetSecretValueCommand | PutSecretValueCommand) {
      if (held.failure) {
        throw Object.assign(new Error('refused'), { name: held.failure });
      }
      if (command instanceof PutSecretValueCommand) {
        held.text = command.input.SecretString;
        return {};
      }
      counts.reads += 1;
      return { SecretString: held.text };
    },
  } as unknown as SecretsManagerClient;
  return { client, counts };
}

describe('a secret that is kept for a while', () => {
  it('is read once in five minutes', async () => {
    let now = 0;
    const held = { text: 'old' };
    const { client, counts } = fakeClient(held);
    const secret = makeSecretText(client, 'id', () => now);
    expect(await Promise.all([secret.current(), secret.current()])).toEqual(['old', 'old']);
    held.text = 'new';
    now = 299_999;
    expect(await secret.current()).toBe('old');
    expect(counts.reads).toBe(1);
    now = 300_000;
    expect(await secret.current()).toBe('new');
    expect(counts.reads).toBe(2);
  });

  it('is renewed on demand, once in 30 s at most', async () => {
    let now = 0;
    const held = { text: 'old' };
    const { client, counts } = fakeClient(held);
    const secret = makeSecretText(client, 'id', () => now);
    await secret.current();
    held.text = 'new';
    for (now = 0; now < 30_000; now += 1000) {
      expect(await secret.renewed()).toBe('old');
    }
    expect(counts.reads).toBe(1);
    expect(await secret.renewed()).toBe('new');
    expect(await secret.current()).toBe('new');
    expect(counts.reads).toBe(2);
  });

  it('keeps no failure', async () => {
    const held: { text: string; failure?: string | undefined } = {
      text: 'x',
      failure: 'InternalServiceError',
    };
    const secret = makeSecretText(fakeClient(held).client, 'id', () => 0);
    await expect(secret.current()).rejects.toThrow('refused');
    held.failure = undefined;
    expect(await secret.current()).toBe('x');
  });

  it('outlives a renewal that fails, for its five minutes', async () => {
    let now = 0;
    const held: { text: string; failure?: string | undefined } = { text: 'x' };
    const secret = makeSecretText(fakeClient(held).client, 'id', () => now);
    await secret.current();
    held.failure = 'InternalServiceError';
    for (now = 60_000; now < 300_000; now += 60_000) {
      await expect(secret.renewed()).rejects.toThrow('refused');
      expect(await secret.current()).toBe('x');
    }
    await expect(secret.current()).rejects.toThrow('refused');
  });

  it('that holds no text is a failure', async () => {
    await expect(makeSecretText(fakeClient({}).client, 'id').current()).rejects.toThrow('holds no text');
  });
});

describe('the value of a secret', () => {
  it('is undefined before it was ever set', async () => {
    const secret = makeSecretsManagerValue(fakeClient({ failure: 'ResourceNotFoundException' }).client, 'id');
    expect(await secret.read()).toBeUndefined();
  });

  it('is what was written', async () => {
    const secret = makeSecretsManagerValue(fakeClient({}).client, 'id');
    await secret.write('text');
    expect(await secret.read()).toBe('text');
  });

  it('is not taken to be missing when it may not be read', async () => {
    const secret = makeSecretsManagerValue(fakeClient({ failure: 'AccessDeniedException' }).client, 'id');
    await expect(secret.read()).rejects.toThrow('refused');
  });
});
