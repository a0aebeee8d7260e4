import { PublisherError } from './errors';

/**
 * Reads a secret's text from AWS Secrets Manager, with the credentials and the region of the environment. The
 * AWS client (`@aws-sdk/client-secrets-manager`) is loaded by the first call; whoever keeps keys in files needs
 * none.
 *
 * @example
 * ```ts
 * const hris = await loadPublisherKey('hris', secretsManagerText('publishers/hris'));
 * ```
 * @param secretId the name or the ARN of the secret.
 */
export function secretsManagerText(secretId: string): () => Promise<string> {
  return async () => {
    const { GetSecretValueCommand, SecretsManagerClient } = await import('@aws-sdk/client-secrets-manager');
    const { SecretString: text } = await new SecretsManagerClient().send(
      new GetSecretValueCommand({ SecretId: secretId }),
    );
    if (text === undefined) {
      throw new PublisherError('key_invalid', `the secret ${secretId} holds no text`);
    }
    return text;
  };
}
