import { createServer, request as forward } from 'node:http';
import type { AddressInfo } from 'node:net';

const writes = new Set(['PutItem', 'UpdateItem', 'DeleteItem', 'BatchWriteItem']);

export interface WriteCounter {
  readonly url: string;
  /** Write units by table since the last call. */
  take(): Record<string, number>;
  stop(): void;
}

/** Passes everything on to the emulator, and adds up the units of the writes by table. */
export async function startWriteCounter(dynamodbUrl: string): Promise<WriteCounter> {
  const units = new Map<string, number>();
  const server = createServer(async (incoming, outgoing) => {
    const operation = String(incoming.headers['x-amz-target']).split('.')[1] ?? '';
    const input = JSON.parse((await bodyOf(incoming)).toString());
    const body = JSON.stringify(
      writes.has(operation) ? { ...input, ReturnConsumedCapacity: 'TOTAL' } : input,
    );
    const { 'content-length': _length, ...headers } = incoming.headers;
    const call = forward(dynamodbUrl, { method: 'POST', headers }, async (answer) => {
      const text = await bodyOf(answer);
      const consumed = writes.has(operation) ? JSON.parse(text.toString()).ConsumedCapacity : undefined;
      for (const { TableName, CapacityUnits } of [consumed ?? []].flat()) {
        units.set(TableName, (units.get(TableName) ?? 0) + CapacityUnits);
      }
      outgoing.writeHead(answer.statusCode ?? 500, answer.headers).end(text);
    });
    call.end(body);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    take: () => {
      const taken = Object.fromEntries(units);
      units.clear();
      return taken;
    },
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function bodyOf(message: AsyncIterable<unknown>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) {
    chunks.push(chunk as Buffer);
  }
  return Buffer.concat(chunks);
}
