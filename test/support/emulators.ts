import { spawn } from 'node:child_process';
import dns from 'node:dns';
import { createInterface } from 'node:readline';
import {
  CreateTableCommand,
  type CreateTableCommandInput,
  DynamoDBClient,
  waitUntilTableExists,
} from '@aws-sdk/client-dynamodb';
import { CreateStreamCommand, KinesisClient, waitUntilStreamExists } from '@aws-sdk/client-kinesis';
import { CreateQueueCommand, SQSClient } from '@aws-sdk/client-sqs';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { type TableDefinition, type TableName, tables } from '../../lambdas/tables';

/** Where the emulators of one test file listen. */
export interface Emulators {
  readonly dynamodbUrl: string;
  readonly kinesisUrl: string;
  readonly sqsUrl: string;
  stop(): Promise<void>;
}

const testAccount = {
  region: 'eu-central-1',
  credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
};

/** Starts DynamoDB, Kinesis and SQS emulators in one child process, empty, in memory. About 1 s. */
export async function startEmulators(): Promise<Emulators> {
  const child = spawn(process.execPath, [require.resolve('./emulator-process.cjs')], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const lines = createInterface({ input: child.stdout });
  const ready = new Promise<string>((resolve) => lines.once('line', resolve));
  const line = await Promise.race([ready, exited.then(() => undefined)]);
  if (line === undefined) {
    throw new Error('the emulators ended before they were ready');
  }
  const ports = JSON.parse(line) as Record<'dynamodb' | 'kinesis' | 'sqs', number>;
  return {
    dynamodbUrl: `http://127.0.0.1:${ports.dynamodb}`,
    kinesisUrl: `http://127.0.0.1:${ports.kinesis}`,
    sqsUrl: `http://127.0.0.1:${ports.sqs}`,
    async stop() {
      child.stdin.end();
      await exited;
      lines.close();
    },
  };
}

/** Points the clients that are made from the environment at the emulators, as the local runner does. */
export function useEmulators({ dynamodbUrl, kinesisUrl, sqsUrl }: Emulators): void {
  Object.assign(process.env, {
    AWS_REGION: testAccount.region,
    AWS_ACCESS_KEY_ID: testAccount.credentials.accessKeyId,
    AWS_SECRET_ACCESS_KEY: testAccount.credentials.secretAccessKey,
    AWS_ENDPOINT_URL_DYNAMODB: dynamodbUrl,
    AWS_ENDPOINT_URL_KINESIS: kinesisUrl,
    AWS_ENDPOINT_URL_SQS: sqsUrl,
    // One emulator answers for both.
    AWS_ENDPOINT_URL_SNS: sqsUrl,
  });
}

export function dynamodbClient(dynamodbUrl: string): DynamoDBClient {
  return new DynamoDBClient({ ...testAccount, endpoint: dynamodbUrl });
}

export function kinesisClient(kinesisUrl: string): KinesisClient {
  // The emulator speaks HTTP/1.1 only; the client's default is HTTP/2.
  return new KinesisClient({ ...testAccount, endpoint: kinesisUrl, requestHandler: new NodeHttpHandler() });
}

export function sqsClient(sqsUrl: string): SQSClient {
  return new SQSClient({ ...testAccount, endpoint: sqsUrl });
}

/** Makes every table of the map. @returns the physical name of each: `<prefix><name of the map>`. */
export async function createTables(dynamodbUrl: string, prefix = ''): Promise<Record<TableName, string>> {
  const client = dynamodbClient(dynamodbUrl);
  try {
    const names = await Promise.all(
      (Object.keys(tables) as TableName[]).map(async (name) => {
        const TableName = `${prefix}${name}`;
        await client.send(new CreateTableCommand(tableInput(TableName, tables[name])));
        await waitUntilTableExists({ client, maxWaitTime: 10, minDelay: 0.05, maxDelay: 0.2 }, { TableName });
        return [name, TableName] as const;
      }),
    );
    return Object.fromEntries(names) as Record<TableName, string>;
  } finally {
    client.destroy();
  }
}

export async function createStream(kinesisUrl: string, name: string, shards = 1): Promise<void> {
  const client = kinesisClient(kinesisUrl);
  try {
    await client.send(new CreateStreamCommand({ StreamName: name, ShardCount: shards }));
    await waitUntilStreamExists(
      { client, maxWaitTime: 10, minDelay: 0.05, maxDelay: 0.2 },
      { StreamName: name },
    );
  } finally {
    client.destroy();
  }
}

/** @returns the queue's URL. */
export async function createQueue(
  sqsUrl: string,
  name: string,
  attributes: Readonly<Record<string, string>> = {},
): Promise<string> {
  const client = sqsClient(sqsUrl);
  try {
    const { QueueUrl } = await client.send(
      new CreateQueueCommand({ QueueName: name, Attributes: { ...attributes } }),
    );
    return QueueUrl as string;
  } finally {
    client.destroy();
  }
}

function tableInput(name: string, definition: TableDefinition): CreateTableCommandInput {
  const indexes = Object.entries(definition.indexes);
  const keys = [definition, ...indexes.map(([, index]) => index)];
  const attributes = new Set(keys.flatMap((key) => [key.partitionKey, key.sortKey ?? key.partitionKey]));
  return {
    TableName: name,
    BillingMode: 'PAY_PER_REQUEST',
    AttributeDefinitions: [...attributes].map((AttributeName) => ({ AttributeName, AttributeType: 'S' })),
    KeySchema: keySchema(definition),
    ...(indexes.length > 0 && {
      GlobalSecondaryIndexes: indexes.map(([IndexName, index]) => ({
        IndexName,
        KeySchema: keySchema(index),
        Projection: index.include
          ? { ProjectionType: 'INCLUDE' as const, NonKeyAttributes: [...index.include] }
          : { ProjectionType: 'KEYS_ONLY' as const },
      })),
    }),
  };
}

function keySchema({ partitionKey, sortKey }: { partitionKey: string; sortKey?: string }) {
  return [
    { AttributeName: partitionKey, KeyType: 'HASH' as const },
    ...(sortKey ? [{ AttributeName: sortKey, KeyType: 'RANGE' as const }] : []),
  ];
}

/**
 * The queues' emulator knows a queue by a URL whose host, `sqs.<region>.localhost`, not every resolver knows
 * (RFC 6761). For whoever makes such URLs instead of being given them.
 * @returns what undoes it.
 */
export function resolveLocalhosts(): () => void {
  const { lookup } = dns;
  const resolve = (host: string, ...rest: unknown[]) =>
    (lookup as (...words: unknown[]) => void)(host.endsWith('.localhost') ? 'localhost' : host, ...rest);
  Object.assign(dns, { lookup: resolve });
  return () => void Object.assign(dns, { lookup });
}
