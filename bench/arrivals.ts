import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A subscriber that answers every webhook at once and remembers when each change's came, by this process's clock. */
export interface Arrivals {
  readonly url: string;
  of(sequenceNumber: string): Promise<number>;
  close(): Promise<void>;
}

export async function listenForArrivals(): Promise<Arrivals> {
  const arrivedAt = new Map<string, number>();
  const waiting = new Map<string, (at: number) => void>();
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) {
      chunks.push(chunk as Buffer);
    }
    const at = performance.now();
    response.writeHead(204).end();
    const { data } = JSON.parse(Buffer.concat(chunks).toString()) as { data: { sequence_number: string } };
    arrivedAt.set(data.sequence_number, at);
    waiting.get(data.sequence_number)?.(at);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    of: (sequenceNumber) => {
      const known = arrivedAt.get(sequenceNumber);
      return known !== undefined
        ? Promise.resolve(known)
        : new Promise((resolve) => waiting.set(sequenceNumber, resolve));
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
