import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { SQSEvent, SQSRecord } from 'aws-lambda';
import { asciiJson } from '../../../core/ascii-json';
import type { Subscription } from '../../../core/topics/subscriptions/subscription';
import { makeDynamoEventHistory } from '../../../lambdas/aws/dynamo-event-history';
import { makeDynamoSubscriptionStore } from '../../../lambdas/aws/dynamo-subscription-store';
import { handler as deliverWebhooks } from '../../../lambdas/webhooks/deliver-webhooks';
import { aDeliveryMessage, anEvent, aSubscription } from '../../support/deliveries';
import { type DeliveryStack, startDeliveryStack } from '../../support/delivery-stack';
import { type ForwardProxy, startForwardProxy } from '../../support/forward-proxy';

let stack: DeliveryStack;
let proxy: ForwardProxy;
const received: string[] = [];
const receiver = createServer((request, response) => {
  received.push(`${request.url} ${request.headers.authorization ?? '-'}`);
  response.end(request.url === '/token' ? JSON.stringify({ access_token: 't1', expires_in: 600 }) : '');
});
let port: number;

beforeAll(async () => {
  stack = await startDeliveryStack();
  proxy = await startForwardProxy();
  process.env.FORWARD_PROXY = proxy.url.href;
  await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve));
  port = (receiver.address() as AddressInfo).port;
});

afterAll(async () => {
  receiver.close();
  receiver.closeAllConnections();
  await proxy.stop();
  await stack.stop();
});

async function deliver(id: string, changes: Partial<Subscription>) {
  const { policy } = aSubscription();
  const subscription = aSubscription({
    id,
    target: `http://127.0.0.1:${port}/hook`,
    policy: { ...policy, scheduleSeconds: [], timeoutSeconds: 2 },
    ...changes,
  });
  await makeDynamoSubscriptionStore(stack.documents, stack.tables.registry).create(subscription);
  await makeDynamoEventHistory(stack.documents, stack.tables.events).keep('0001', anEvent());
  const message = aDeliveryMessage({ subscriptionId: id });
  const record = { body: asciiJson(message), messageId: 'm' } as SQSRecord;
  expect(await deliverWebhooks({ Records: [record] } as SQSEvent)).toEqual({ batchItemFailures: [] });
  return stack.deliveries.read(message);
}

describe('deliver-webhooks behind a forward proxy', () => {
  it('sends webhooks and the requests for their tokens through it, and nothing past it', async () => {
    const credentials = {
      type: 'oauth2_client_credentials',
      tokenUrl: `http://127.0.0.1:${port}/token`,
      clientId: 'me',
      clientSecret: 's3cret',
    } as const;
    expect(await deliver('sub_proxied', { credentials })).toMatchObject({ state: 'delivered' });
    expect(received).toEqual(['/token -', '/hook Bearer t1']);
    // One tunnel for both: they have the same host.
    expect(new Set(proxy.asked)).toEqual(new Set([`127.0.0.1:${port}`]));
    expect(proxy.others).toEqual([]);
  });

  it('names the proxy as what failed, and does not count that against the subscriber', async () => {
    proxy.behave(502);
    const target = `http://localhost:${port}/hook`;
    expect(await deliver('sub_unproxied', { target })).toMatchObject({
      state: 'dead',
      attempts: [expect.objectContaining({ failure: 'proxy_failed' })],
    });
    const registry = makeDynamoSubscriptionStore(stack.documents, stack.tables.registry);
    expect((await registry.find('sub_unproxied'))?.health?.failures ?? 0).toBe(0);
  });
});
