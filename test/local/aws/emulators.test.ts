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

  it('finds the place of a time in a shard, and answers also when nothing came since', async () => {
    const emulators = await startEmulators(undefined, crash);
    const { kinesis } = emulators.endpoints;
    const ask = <T>(operation: string, input: object) => callAws<T>('kinesis', kinesis, operation, input);
    await ask('CreateStream', { StreamName: 's', ShardCount: 1 });
    const put = async (text: string) => {
      await ask('PutRecord', {
        StreamName: 's',
        PartitionKey: 'k',
        Data: Buffer.from(text).toString('base64'),
      });
    };
    const since = async (milliseconds: number) => {
      const { ShardIterator } = await ask<{ ShardIterator: string }>('GetShardIterator', {
        ...{ StreamName: 's', ShardId: 'shardId-000000000000', ShardIteratorType: 'AT_TIMESTAMP' },
        Timestamp: milliseconds / 1000,
      });
      const { Records } = await ask<{ Records: { Data: string }[] }>('GetRecords', { ShardIterator });
      return Records.map(({ Data }) => Buffer.from(Data, 'base64').toString());
    };
    try {
      const begin = Date.now();
      expect(await since(begin - 1000)).toEqual([]);
      await put('first');
      await put('second');
      await new Promise((resolve) => setTimeout(resolve, 20));
      const between = Date.now();
      await put('third');
      expect(await since(begin)).toEqual(['first', 'second', 'third']);
      expect(await since(between)).toEqual(['third']);
      await new Promise((resolve) => setTimeout(resolve, 20));
      expect(await since(Date.now())).toEqual([]);
    } finally {
      await emulators.close();
    }
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
