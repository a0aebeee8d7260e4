import { createServer, request as forward, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type TableDefinition, type TableName, tables } from '../lambdas/tables';
import { type WireItem, writeUnits } from './index-units';
import type { Counts } from './prices';

type Counted = Omit<Counts, 'lambdaRequests'>;

export interface RequestCounter {
  /** The emulators' addresses, through the counter. */
  readonly urls: Readonly<Record<'dynamodbUrl' | 'kinesisUrl' | 'sqsUrl', string>>;
  /** What was asked for since the last call. */
  take(): Counted;
  stop(): void;
}

const none: Counted = { writeUnits: 0, readUnits: 0, kinesisPuts: 0, sqsRequests: 0 };
const PAYLOAD_UNIT_BYTES = 25 * 1024;

/**
 * Passes everything on to the emulators and counts it as AWS would charge it. The emulator of DynamoDB leaves indexes
 * out of its accounts, so what a write costs is worked out from the item before and after it, by `lambdas/tables.ts`.
 */
export async function startRequestCounter(
  emulators: Readonly<Record<'dynamodbUrl' | 'kinesisUrl' | 'sqsUrl', string>>,
): Promise<RequestCounter> {
  let counts = none;
  const count = (name: keyof Counted, by: number) => {
    counts = { ...counts, [name]: counts[name] + by };
  };
  const dynamodb = await startProxy(emulators.dynamodbUrl, async (operation, input, pass) => {
    const writes = writesOf(operation, input);
    const before = await Promise.all(writes.map((write) => readItem(write)));
    const answer = await pass(writes.length > 0 ? input : { ...input, ReturnConsumedCapacity: 'TOTAL' });
    for (const [index, write] of writes.entries()) {
      // A condition that fails costs what there is; nothing is written to an index then.
      count('writeUnits', writeUnits(write.table, before[index], await readItem(write)));
    }
    for (const { CapacityUnits } of [JSON.parse(answer.text || '{}').ConsumedCapacity ?? []].flat()) {
      count('readUnits', CapacityUnits);
    }
    return answer;
  });
  const kinesis = await startProxy(emulators.kinesisUrl, async (operation, input, pass) => {
    const records = operation === 'PutRecords' ? (input.Records ?? []) : [input];
    count(
      'kinesisPuts',
      records.reduce((sum, { Data = '' }) => sum + Math.ceil((Data.length * 0.75) / PAYLOAD_UNIT_BYTES), 0),
    );
    return pass(input);
  });
  const sqs = await startProxy(emulators.sqsUrl, async (_, input, pass) => {
    count('sqsRequests', 1);
    return pass(input);
  });
  return {
    urls: { dynamodbUrl: dynamodb.url, kinesisUrl: kinesis.url, sqsUrl: sqs.url },
    take: () => {
      const taken = counts;
      counts = none;
      return taken;
    },
    stop: () => {
      dynamodb.stop();
      kinesis.stop();
      sqs.stop();
    },
  };

  async function readItem({ table, key }: Write): Promise<WireItem | undefined> {
    const body = JSON.stringify({ TableName: table, Key: key, ConsistentRead: true });
    const headers = {
      'x-amz-target': 'DynamoDB_20120810.GetItem',
      'content-type': 'application/x-amz-json-1.0',
    };
    const authorization =
      'AWS4-HMAC-SHA256 Credential=test/20270101/eu-central-1/dynamodb/aws4_request, SignedHeaders=host, Signature=0';
    const signed = { ...headers, authorization, 'x-amz-date': '20270101T000000Z' };
    return JSON.parse((await send(emulators.dynamodbUrl, signed, body)).text).Item;
  }
}

/** As much of the calls' bodies as is looked at. */
interface WireInput {
  readonly TableName?: string;
  readonly Item?: WireItem;
  readonly Key?: WireItem;
  readonly RequestItems?: Readonly<
    Record<
      string,
      readonly {
        readonly PutRequest?: { readonly Item: WireItem };
        readonly DeleteRequest?: { readonly Key: WireItem };
      }[]
    >
  >;
  readonly Data?: string;
  readonly Records?: readonly { readonly Data?: string }[];
}

interface Write {
  readonly table: string;
  readonly key: WireItem;
}

function writesOf(operation: string, input: WireInput): readonly Write[] {
  const keyOf = (table: string, item: WireItem): WireItem => {
    const { partitionKey, sortKey }: TableDefinition = tables[table as TableName];
    return Object.fromEntries(
      [partitionKey, sortKey].flatMap((name) => (name === undefined ? [] : [[name, item[name] ?? {}]])),
    );
  };
  const { TableName: table = '', Item: item, Key: key, RequestItems = {} } = input;
  switch (operation) {
    case 'PutItem':
      return [{ table, key: keyOf(table, item ?? {}) }];
    case 'UpdateItem':
    case 'DeleteItem':
      return [{ table, key: key ?? {} }];
    case 'BatchWriteItem':
      return Object.entries(RequestItems).flatMap(([name, requests]) =>
        requests.map(({ PutRequest, DeleteRequest }) => ({
          table: name,
          key: DeleteRequest?.Key ?? keyOf(name, PutRequest?.Item ?? {}),
        })),
      );
    default:
      return [];
  }
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

async function startProxy(
  target: string,
  handle: (operation: string, input: WireInput, pass: (input: object) => Promise<Answer>) => Promise<Answer>,
) {
  const server = createServer(async (incoming, outgoing) => {
    const { 'content-length': _, ...headers } = incoming.headers;
    const text = await textOf(incoming);
    const operation = String(headers['x-amz-target']).split('.')[1] ?? '';
    const answer = await handle(operation, JSON.parse(text || '{}'), (input) =>
      send(target, headers, JSON.stringify(input)),
    );
    const {
      'content-length': __,
      'transfer-encoding': ___,
      'x-amz-crc32': ____,
      ...answered
    } = answer.headers;
    outgoing.writeHead(answer.status, answered).end(answer.text);
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

function send(url: string, headers: IncomingHttpHeaders, body: string): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const call = forward(url, {
      method: 'POST',
      headers: { ...headers, 'content-length': Buffer.byteLength(body) },
    });
    call.once('response', async (response) => {
      resolve({
        status: response.statusCode ?? 500,
        headers: response.headers,
        text: await textOf(response),
      });
    });
    call.once('error', reject).end(body);
  });
}

async function textOf(message: AsyncIterable<unknown>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) {
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks).toString();
}
