import { generateKeyPairSync } from 'node:crypto';
import { noOwnTargets } from '../core/webhooks/targets/target-arn';
import { type FunctionName, functions } from '../lambdas/functions';
import { vectorText } from './vectors';

/** By id. */
export const fakeSecrets: ReadonlyMap<string, string> = new Map([
  ['CIS_KEY_SECRET_ID', pem()],
  ['PUBLISHERS_JWKS_SECRET_ID', vectorText('publishers_jwks')],
  ['PUBLISHER_RULES_SECRET_ID', '{}'],
  ['TRIGGER_TOKEN_SECRET_ID', 'trigger'],
  ['REGISTRATION_TOKEN_SECRET_ID', 'register'],
  ['TOKEN_SECRET_ID', 'x'.repeat(40)],
]);

function pem(): string {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  return privateKey.export({ type: 'pkcs8', format: 'pem' }) as string;
}

const settings: Readonly<Record<string, string>> = {
  ...{ VERIFY_TOKENS: 'false', JWKS_URI: '', TOKEN_ISSUER: '', TOKEN_AUDIENCE: '', REQUIRE_AUTH: 'false' },
  ...{ V2_WAIT_SECONDS: '0', ALLOW_DELETE: 'false', ACCEPT_UNKNOWN_TOPICS: 'true', DEDUPE_DAYS: '30' },
  ...{ VERIFY_SIGNATURES: 'true', VERIFY_PUBLISHERS: 'true', ALLOW_MINTED_IDENTIFIERS: 'false' },
  ...{ ALLOW_PRIVATE_TARGETS: 'true', TARGET_ARNS: JSON.stringify(noOwnTargets), FORWARD_PROXY: '' },
  ...{ DEDUPE_TRIGGERS: 'true', OPEN_REGISTRATION: 'false', PUBLIC_METADATA: 'false', HAS_BACKUPS: 'false' },
  ...{
    RESEND_DEAD_LETTERS_AFTER_MINUTES: '60',
    PUBSUB: '{"baseUrl":"http://127.0.0.1:9","project":"bench"}',
    PUBLISH_QUEUE_URL: '',
  },
  ...{ NOTICES_QUEUE_URL: '', SETTLE_SECONDS: '0', STREAM_RETENTION_HOURS: '24', LOG_RETENTION_DAYS: '30' },
};

/** Every variable of a function, as the preview has it; what names a thing of AWS is named after the variable. */
export function environmentOf(stem: FunctionName, awsUrl: string): Record<string, string> {
  const own = functions[stem].environment.map((name) => [
    name,
    settings[name] ?? (name.endsWith('_QUEUE_URL') ? `${awsUrl}/1/${name}` : name),
  ]);
  return {
    ...Object.fromEntries(own),
    ...{ AWS_REGION: 'eu-central-1', AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test' },
    AWS_ENDPOINT_URL: awsUrl,
    // The SDK warns of versions of Node that Lambda no longer has.
    NODE_NO_WARNINGS: '1',
  };
}
