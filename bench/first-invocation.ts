import type { FunctionName } from '../lambdas/functions';
import { functions } from '../lambdas/functions';
import { routes } from '../lambdas/routes';
import { anEvent } from '../test/support/memory-dispatch';
import { aNotice } from '../test/support/owner-notices';
import { unsignedToken } from '../test/support/tokens';
import { vectorText } from './vectors';

/** What a door is asked first: what it is mostly there for. Others are asked to GET their first route. */
const requests: Partial<
  Record<FunctionName, { readonly path: string; readonly body: string; readonly token?: string }>
> = {
  'submit-change': { path: '/change', body: vectorText('update-by-mozilliansorg') },
  'publish-events': {
    path: '/events',
    body: '{"category":"policies","entity":"Policy","action":"Issued","data":{"id":"1"},"actor":{"id":"USER-1","type":"user"}}',
  },
  'accept-messages': { path: '/api/messages', body: '{"topic":"orders","payload":{"id":1},"attributes":{}}' },
  'register-account': {
    path: '/account',
    body: '{"user_email":"a@example.org","user_id":"a"}',
    token: 'register',
  },
  'subscribe-callback': { path: '/subscribe', body: '{"event":"a","url":"http://127.0.0.1/"}' },
  'trigger-event': { path: '/trigger', body: '{"event":"a","payload":{"score":1.0}}', token: 'trigger' },
  'resend-callbacks': { path: '/webhooks/resend', body: '', token: 'trigger' },
};

const scopes = [
  ...['write', 'read:fullprofile', 'display:all', 'classification:public'],
  ...['topics:read', 'subscriptions:read', 'events:read', 'events:write', 'deliveries:read', 'accounts:read'],
  ...['erasures:read', 'replays:read'],
];

/** What a function is invoked with to see its first answer. */
export function firstInvocation(stem: FunctionName): unknown {
  const { trigger } = functions[stem];
  switch (trigger) {
    case 'http':
      return httpRequest(stem);
    case 'stream':
      return { Records: [streamRecord()] };
    case 'queue':
      return {
        Records: [
          { messageId: '1', body: JSON.stringify(stem === 'notify-owners' ? aNotice() : deliveryMessage) },
        ],
      };
    default:
      return {};
  }
}

function httpRequest(stem: FunctionName): unknown {
  const { path, body, token } = requests[stem] ?? { path: undefined, body: null, token: undefined };
  const resource = path ?? routes.find((route) => route.function === stem)?.path ?? '/';
  const names = [...resource.matchAll(/\{(\w+)\+?\}/g)].map(([, name = '']) => name);
  const parameters = Object.fromEntries(
    names.map((name) => [name, name === 'by' ? 'user_id' : 'sub_0000000000000001']),
  );
  const bearer = token ?? unsignedToken({ scope: scopes.join(' ') });
  return {
    httpMethod: body === null ? 'GET' : 'POST',
    resource,
    path: resource.replace(/\{(\w+)\+?\}/g, (_, name) => parameters[name] ?? ''),
    pathParameters: parameters,
    queryStringParameters: { sequenceNumber: '1' },
    headers: { Authorization: `Bearer ${bearer}`, 'Content-Type': 'application/json', Host: 'localhost' },
    ...{ body, isBase64Encoded: false, requestContext: { requestId: 'request-1' } },
  };
}

/** An event, which is no change: it ends as unreadable there, and stores and streams are asked all the same. */
function streamRecord(): unknown {
  const data = Buffer.from(JSON.stringify({ v: 1, kind: 'events', events: [anEvent('evt_1')] })).toString(
    'base64',
  );
  const arrived = { approximateArrivalTimestamp: Date.now() / 1000 };
  return {
    eventID: 'shardId-000000000000:1',
    kinesis: { sequenceNumber: '1', partitionKey: 'a', data, ...arrived },
  };
}

/** Of a subscription that is gone. */
const deliveryMessage = {
  ...{
    v: 1,
    eventId: 'evt_1',
    subscriptionId: 'sub_0000000000000001',
    run: 0,
    topic: 'manage/orders',
    attempt: 1,
  },
  order: '0000000000000000#evt_1',
};
