import { mkdtempSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DynamoDBClient, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import {
  GetSecretValueCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
} from '@aws-sdk/client-secrets-manager';
import { CreateQueueCommand, GetQueueUrlCommand, SendMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { callAws } from '../../../local/aws/call';
import { startEmulators } from '../../../local/aws/emulators';
import { SecretStore } from '../../../local/aws/secret-store';
import { startSecretsManager } from '../../../local/aws/secrets-manager';

const client = (endpoint: string) => ({
  endpoint,
  region: 'us-east-1',
  credentials: { accessKeyId: 'a', secretAccessKey: 'b' },
  maxAttempts: 1,
});

const crash = (error: Error) => {
  throw error;
};

describe('startEmulators', () => {
  it('outlives connections that break in the middle of a request', async () => {
    const emulators = await startEmulators(undefined, crash);
    const { dynamodb, kinesis, sqs } = emulators.endpoints;
    for (const endpoint of [dynamodb, kinesis, sqs]) {
      const socket = connect(Number(new URL(endpoint).port), '127.0.0.1');
      socket.write('POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 100\r\n\r\nhalf');
      await new Promise((resolve) => setTimeout(resolve, 50));
      socket.resetAndDestroy();
    }
    await new Promise((resolve) => setTimeout(resolve, 100));
    await expect(new DynamoDBClient(client(dynamodb)).send(new ListTablesCommand({}))).resolves.toMatchObject(
      {
        TableNames: [],
      },
    );
    await expect(callAws('kinesis', kinesis, 'ListStreams', {})).resolves.toMatchObject({ StreamNames: [] });
    await emulators.close();
  });

  it('serves the SDK without a hint where queues are: the URL alone leads there', async () => {
    const emulators = await startEmulators(undefined, crash);
    process.env.AWS_ENDPOINT_URL_SQS = emulators.endpoints.sqs;
    const { endpoint: _unused, ...fromEnvironment } = client('');
    const sqs = new SQSClient(fromEnvironment);
    await sqs.send(new CreateQueueCommand({ QueueName: 'q' }));
    const { QueueUrl } = await sqs.send(new GetQueueUrlCommand({ QueueName: 'q' }));
    expect(new URL(QueueUrl ?? '').origin).toBe(emulators.endpoints.sqs);
    await expect(sqs.send(new SendMessageCommand({ QueueUrl, MessageBody: 'x' }))).resolves.toMatchObject({
      MessageId: expect.any(String),
    });
    delete process.env.AWS_ENDPOINT_URL_SQS;
    sqs.destroy();
    await emulators.close();
  });

  it('says why it cannot start', async () => {
    await expect(startEmulators('/dev/null/impossible', () => undefined)).rejects.toThrow();
  });
});

describe('startSecretsManager', () => {
  it('serves the SDK: nothing at first, then what was put, by name and by ARN, after a restart too', async () => {
    const directory = join(mkdtempSync(join(tmpdir(), 'secrets-')), 'secrets');
    const serve = async () => {
      const store = new SecretStore(directory);
      store.declare('name', 'arn:aws:secretsmanager:us-east-1:000000000000:secret:name-abcdef');
      const server = await startSecretsManager(store);
      return { server, sdk: new SecretsManagerClient(client(server.endpoint)) };
    };
    const first = await serve();
    const get = (sdk: SecretsManagerClient, SecretId: string) =>
      sdk.send(new GetSecretValueCommand({ SecretId }));
    await expect(get(first.sdk, 'name')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    await first.sdk.send(new PutSecretValueCommand({ SecretId: 'name', SecretString: 'v' }));
    await first.server.close();
    const second = await serve();
    const arn = 'arn:aws:secretsmanager:us-east-1:000000000000:secret:name-abcdef';
    await expect(get(second.sdk, arn)).resolves.toMatchObject({ SecretString: 'v', ARN: arn });
    await expect(get(second.sdk, '../name')).rejects.toMatchObject({ name: 'ResourceNotFoundException' });
    await expect(
      second.sdk.send(new PutSecretValueCommand({ SecretId: 'name', SecretString: 'x'.repeat(70_000) })),
    ).rejects.toMatchObject({ name: 'InvalidParameterException' });
    await second.server.close();
  });
});
