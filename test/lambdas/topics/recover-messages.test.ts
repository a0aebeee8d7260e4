import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { readEventRecord } from '../../../core/events/read-event-record';
import { makeDynamoTopicStore } from '../../../lambdas/aws/dynamo-topic-store';
import { handler as recoverMessages } from '../../../lambdas/topics/recover-messages';
import { aTick } from '../../support/a-tick';
import { startDeliveryStack } from '../../support/delivery-stack';
import { kinesisClient } from '../../support/emulators';
import { MemoryOrigin } from '../../support/memory-origin';
import { deliveryOf } from '../../support/stream-delivery';

let stack: Awaited<ReturnType<typeof startDeliveryStack>>;
let server: Server;
const origin = new MemoryOrigin();

beforeAll(async () => {
  stack = await startDeliveryStack();
  server = createServer(async ({ method, url }, response) => {
    const answer = await (method === 'DELETE' ? origin.remove : origin.list)(`http://app.test${url}`);
    const { status, text } = { status: 500, text: '', ...answer };
    response.writeHead(status).end(text);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});

afterAll(async () => {
  server.close();
  server.closeAllConnections();
  await stack.stop();
});

async function eventsOfStream() {
  const kinesis = kinesisClient(process.env.AWS_ENDPOINT_URL_KINESIS ?? '');
  const { Records } = await deliveryOf(kinesis, 'events');
  kinesis.destroy();
  return Records.flatMap((record) => {
    const reading = readEventRecord(Buffer.from(record.kinesis.data, 'base64'));
    return reading.ok ? reading.events : [];
  });
}

describe('recover-messages', () => {
  it('fetches what the origin of a topic keeps, removes it there, and leaves what it cannot take', async () => {
    const { port } = server.address() as AddressInfo;
    const recovery = { originHost: `127.0.0.1:${port}/messages/`, enabled: true };
    await makeDynamoTopicStore(stack.documents, stack.tables.registry).create({
      key: { door: 'topics', name: 'orders' },
      number: 1,
      recovery,
      createdAt: '2026-11-20T12:00:00.000Z',
    });
    origin.add({ topic: 'unknown' });
    const good = origin.add();
    await recoverMessages(...aTick);
    await recoverMessages(...aTick);
    expect(origin.removed).toEqual([good]);
    const events = await eventsOfStream();
    expect(events.map(({ topic, dataJson }) => [topic.name, JSON.parse(dataJson)])).toEqual([
      ['orders', { id: good }],
      ['delivery.unrecovered', expect.objectContaining({ origin_host: recovery.originHost, refused: 1 })],
    ]);
  });
});
