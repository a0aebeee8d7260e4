import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  type SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';

/** The value of one secret, to be read and to be set. */
export interface SecretValue {
  /** `undefined` when the secret has no value yet. */
  read(): Promise<string | undefined>;
  write(text: string): Promise<void>;
}

export function makeSecretsManagerValue(client: SecretsManagerClient, secretId: string): SecretValue {
  return {
    async read() {
      try {
        const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: secretId }));
        return SecretString;
      } catch (error) {
        // A secret without a value answers like one that does not exist; writing to the latter fails clearly.
        if (error instanceof Error && error.name === 'ResourceNotFoundException') {
          return undefined;
        }
        throw error;
      }
    },
    async write(text) {
      await client.send(new PutSecretValueCommand({ SecretId: secretId, SecretString: text }));
    },
  };
}
