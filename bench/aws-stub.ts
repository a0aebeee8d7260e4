import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { isDeepStrictEqual } from 'node:util';
import { toTopicRow } from '../lambdas/aws/topic-row';
import { fakeSecrets } from './function-environment';

type Input = Readonly<Record<string, unknown>>;

/** The one thing that the stores hold: a message is accepted for a topic alone that somebody has made. */
const ordersTopic = Object.fromEntries(
  Object.entries(
    toTopicRow({ key: { door: 'topics', name: 'orders' }, createdAt: '2026-11-20T12:00:00.000Z' }),
  ).map(([name, text]) => [name, { S: text }]),
);

function asksForMessages({ ExpressionAttributeValues: values }: Input): boolean {
  return isDeepStrictEqual((values as Input | undefined)?.[':partition'], ordersTopic.partition);
}

/** What AWS says when its stores are empty and take all: enough for the first answer of every function. */
const answers: Readonly<Record<string, (input: Input) => unknown>> = {
  BatchGetItem: () => ({ Responses: {}, UnprocessedKeys: {} }),
  Query: (input) => {
    const Items = asksForMessages(input) ? [ordersTopic] : [];
    return { Items, Count: Items.length, ScannedCount: Items.length };
  },
  Scan: () => ({ Items: [], Count: 0, ScannedCount: 0 }),
  PutRecord: () => ({ SequenceNumber: '1', ShardId: 'shardId-000000000000' }),
  PutRecords: ({ Records }) => ({
    FailedRecordCount: 0,
    Records: (Records as unknown[]).map(() => ({ SequenceNumber: '1', ShardId: 'shardId-000000000000' })),
  }),
  SendMessageBatch: ({ Entries }) => ({
    Successful: (Entries as { Id: string }[]).map(({ Id }) => ({ Id, MessageId: Id })),
    Failed: [],
  }),
  GetSecretValue: ({ SecretId }) => ({ SecretString: fakeSecrets.get(String(SecretId)) ?? '{}' }),
};

/** Stands in for every service of AWS at once. */
export async function startAwsStub(): Promise<{ readonly url: string; stop(): void }> {
  const server = createServer(async (incoming, outgoing) => {
    const chunks: Buffer[] = [];
    for await (const chunk of incoming) {
      chunks.push(chunk as Buffer);
    }
    const operation = String(incoming.headers['x-amz-target']).split('.')[1] ?? '';
    const input = chunks.length > 0 && operation !== '' ? JSON.parse(Buffer.concat(chunks).toString()) : {};
    outgoing.writeHead(200, { 'content-type': 'application/x-amz-json-1.0' });
    outgoing.end(JSON.stringify(answers[operation]?.(input) ?? {}));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
