/**
 * Takes the place of the SDK's chain of credential providers in the bundles (see `lib/constructs/bundles.ts`):
 * Lambda hands a function its role's credentials in the environment and nowhere else, and the chain's other
 * links (sign-on, assumed roles, processes, instance metadata) weigh more than the clients themselves.
 * https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html#configuration-envvars-runtime
 * @throws Error, at a client's first call, when the environment has none.
 */
export function defaultProvider() {
  return async () => {
    const { AWS_ACCESS_KEY_ID: accessKeyId, AWS_SECRET_ACCESS_KEY: secretAccessKey } = process.env;
    const { AWS_SESSION_TOKEN: sessionToken } = process.env;
    if (!accessKeyId || !secretAccessKey) {
      throw new Error('AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY must be in the environment');
    }
    return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
  };
}
