import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { SecretsManagerClient } from '@aws-sdk/client-secrets-manager';
import { SQSClient } from '@aws-sdk/client-sqs';
import { DynamoDBDocumentClient } from '@aws-sdk/lib-dynamodb';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { lazily } from '../shared/lazily';

/**
 * A call that hangs must fail while the function can still say so: four tries of three seconds stay below
 * every function's own time-out.
 */
const MAX_ATTEMPTS = 4;
const requestHandler = lazily(
  () => new NodeHttpHandler({ connectionTimeout: 1000, requestTimeout: 3000, throwOnRequestTimeout: true }),
);
const settings = () => ({ maxAttempts: MAX_ATTEMPTS, requestHandler: requestHandler() });

/** The clients of a container: made at the first use, once, from the environment alone. */
export const documentClient = lazily(() =>
  DynamoDBDocumentClient.from(new DynamoDBClient(settings()), {
    marshallOptions: { removeUndefinedValues: true },
  }),
);

/** Over HTTP/1.1, which every emulator of Kinesis speaks; the SDK's own default is HTTP/2. */
export const kinesisClient = lazily(() => new KinesisClient(settings()));

/** Without the time-out of the others: receiving waits for up to 20 s. */
export const sqsClient = lazily(
  // The environment names the endpoint; the host in a queue's URL is a name that only AWS resolves.
  () => new SQSClient({ maxAttempts: MAX_ATTEMPTS, useQueueUrlAsEndpoint: false }),
);

export const secretsClient = lazily(() => new SecretsManagerClient(settings()));
