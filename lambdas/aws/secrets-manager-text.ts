import { GetSecretValueCommand, type SecretsManagerClient } from '@aws-sdk/client-secrets-manager';

/** A secret that a container keeps for a while. */
export interface SecretText {
  /** At most five minutes old. */
  current(): Promise<string>;
  /** Reads it again, unless that happened within the last 30 s; then it is as `current`. */
  renewed(): Promise<string>;
}

/** A key that was taken away must stop working soon. */
const MAX_AGE_MILLISECONDS = 5 * 60_000;

/** Forged signatures must not turn into a flood of calls. */
const MIN_AGE_MILLISECONDS = 30_000;

/** @param now epoch milliseconds. */
export function makeSecretText(
  client: SecretsManagerClient,
  secretId: string,
  now: () => number = Date.now,
): SecretText {
  let kept: { readonly text: Promise<string>; readonly readAt: number } | undefined;
  return {
    current: () => notOlderThan(MAX_AGE_MILLISECONDS),
    renewed: () => notOlderThan(MIN_AGE_MILLISECONDS),
  };

  function notOlderThan(milliseconds: number): Promise<string> {
    if (kept === undefined || now() - kept.readAt >= milliseconds) {
      const reading = { text: read(), readAt: now() };
      const before = kept;
      // A failure is not kept: the next caller tries again, or goes by what was read before it, while that is young
      // enough. Or a forged signature would take the keys away from everybody while the store does not answer.
      reading.text.catch(() => {
        kept = kept === reading ? before : kept;
      });
      kept = reading;
    }
    return kept.text;
  }

  async function read(): Promise<string> {
    const { SecretString } = await client.send(new GetSecretValueCommand({ SecretId: secretId }));
    if (SecretString === undefined) {
      throw new Error(`the secret ${secretId} holds no text`);
    }
    return SecretString;
  }
}
