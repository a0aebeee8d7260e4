import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type CloudEvent, HTTP } from 'cloudevents';
import fc from 'fast-check';
import { writeCloudEventHeaders } from '../../../core/events/cloud-event-headers';
import type { Event } from '../../../core/events/event';
import type { EventDraft } from '../../../core/events/event-draft';
import type { ContentMode } from '../../../core/topics/subscriptions/subscription';
import { contentModes } from '../../../core/topics/subscriptions/subscription';
import { verifyWebhook } from '../../../core/webhooks/requests/signature';
import { makeWebhookRequest } from '../../../core/webhooks/requests/webhook-request';
import { makeHttpWebhookTarget } from '../../../lambdas/aws/http-webhook-target';
import { readPublishedEvents } from '../../../lambdas/manage/events/read-published-events';
import { anEvent, aSubscription } from '../../support/deliveries';

interface Caught {
  readonly headers: IncomingHttpHeaders;
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
}

let server: Server;
let target: ReturnType<typeof makeHttpWebhookTarget>;
let caught: Caught[];

beforeAll(async () => {
  target = makeHttpWebhookTarget({ allow: true });
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      caught.push({ headers: request.headers, rawHeaders: request.rawHeaders, body: Buffer.concat(chunks) });
      response.end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterAll(async () => {
  await target.close();
  server.close();
  server.closeAllConnections();
});
beforeEach(() => {
  caught = [];
});

const now = new Date('2026-11-20T10:00:00Z');

async function deliver(event: Event, contentMode: ContentMode, changes = {}): Promise<Caught> {
  const { port } = server.address() as AddressInfo;
  const subscription = aSubscription({
    ...{ format: 'cloudevents' as const, contentMode, target: `http://127.0.0.1:${port}/` },
    ...changes,
  });
  const result = await target.post(makeWebhookRequest(subscription, event, now));
  expect(result).toMatchObject({ status: 200 });
  return caught.at(-1) as Caught;
}

/** What `/v1/events` makes of a request. */
function published({ headers, body }: Pick<Caught, 'headers' | 'body'>): readonly EventDraft[] {
  const request = { method: 'POST', resource: '/v1/events', path: '/v1/events', baseUrl: '', requestId: 'r' };
  const read = {
    ...request,
    parameters: {},
    query: {},
    headers: headers as Record<string, string>,
    headerLines: {},
    body,
  };
  return readPublishedEvents(read).drafts;
}

function toEvent({ topic, time = now.toISOString(), data: _, ...draft }: EventDraft): Event {
  return { id: 'evt_1', topic: { door: 'manage', name: topic }, time, ...draft };
}

function parse({ headers, body }: Caught): CloudEvent<unknown> {
  const parsed = HTTP.toEvent({ headers: headers as Record<string, string>, body: body.toString() });
  const [event, ...more] = [parsed].flat() as CloudEvent<unknown>[];
  expect(more).toEqual([]);
  event?.validate();
  return event as CloudEvent<unknown>;
}

/** Of the SDK, which gives its events methods: nothing else may be called so. */
const methods = ['validate', 'emit'];
const extensionName = fc
  .stringMatching(/^[a-z0-9]{1,20}$/)
  .filter((name) => ![...methods, 'id', 'data', 'type', 'time', 'source', 'subject'].includes(name));
const text = fc.string({ unit: 'binary', minLength: 1, maxLength: 60 });
const json = fc.oneof(
  fc.json(),
  fc.constantFrom('12345678901234567890', '1.0', '{"total": 12.50 }', 'null', '"\\ud83d\\ude00"', '[1e400]'),
);

const cloudEvent = fc.record({
  attributes: fc.record(
    {
      specversion: fc.constant('1.0'),
      id: text,
      source: fc.constantFrom('/shop', 'urn:a:b', 'https://a.example/b?c#d', 'relative/path', '#f'),
      type: fc.oneof(fc.stringMatching(/^[a-z]+(\.[A-Za-z]+)?$/), text),
      subject: text,
      time: fc.constantFrom('2026-11-20T21:04:11Z', '2026-11-20T21:04:11.123456789Z', '0001-01-01T00:00:00Z'),
      expirytime: fc.constant('2099-01-01T00:00:00.000Z'),
      dataschema: fc.constantFrom('https://schemas.example/a', 'urn:x:y'),
      traceparent: fc.constant(`00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`),
    },
    { requiredKeys: ['specversion', 'id', 'source', 'type', 'time'] },
  ),
  extensions: fc.dictionary(extensionName, fc.string({ unit: 'binary', maxLength: 60 }), { maxKeys: 5 }),
  data: json,
  mode: fc.constantFrom(...contentModes),
});

describe('CloudEvents out', () => {
  it('are the event that was published: `/v1/events` takes what it has sent, whatever the mode', async () => {
    await fc.assert(
      fc.asyncProperty(cloudEvent, async ({ attributes, extensions, data, mode }) => {
        const structured = JSON.stringify({ ...extensions, ...attributes });
        const body = Buffer.from(`${structured.slice(0, -1)},"data":${data}}`);
        const [draft] = published({ headers: { 'content-type': 'application/cloudevents+json' }, body });
        const sent = await deliver(toEvent(draft as EventDraft), mode);
        expect(published(sent)).toEqual([draft]);
        expect(sent.body.length).toBeGreaterThan(0);
        const read = parse(sent);
        const { id, source, type } = attributes;
        expect(read).toMatchObject(mode === 'binary' ? { source } : { id, source, type, ...extensions });
        // The SDK makes texts of bare numbers, and nothing of 0 and false.
        const value = JSON.parse(data);
        expect(typeof value === 'object' && value !== null ? read.data : value).toEqual(value);
      }),
      { numRuns: 150 },
    );
  });

  it('are valid CloudEvents whatever else was published', async () => {
    const name = fc.stringMatching(/^[A-Za-z0-9][\w.-]{0,20}$/);
    const event = fc.record({
      source: text,
      subject: text,
      attributes: fc.dictionary(name, fc.string({ unit: 'binary' }), { maxKeys: 8 }),
      time: fc.constantFrom('2026-11-20T21:04Z', '2026-11-20T21:04:11.1Z'),
    });
    await fc.assert(
      fc.asyncProperty(event, fc.constantFrom(...contentModes), async (changes, mode) => {
        fc.pre(
          Object.keys(changes.attributes).every(
            (one) => !methods.includes(one.toLowerCase().replace(/\W|_/g, '')),
          ),
        );
        const sent = await deliver(anEvent(changes), mode);
        parse(sent);
        published(sent);
      }),
      { numRuns: 150 },
    );
  });

  it.each([
    ['binary', 'application/json', '{"n":12345678901234567890.10}'],
    [
      'structured',
      'application/cloudevents+json',
      '{"specversion":"1.0","id":"evt_1","source":"/profiles","type":"profile.created",' +
        '"time":"2026-11-20T09:00:00.000Z","subject":"s","datacontenttype":"application/json","data":{"n":12345678901234567890.10}}',
    ],
  ] as const)('in %s mode keep the text of the data', async (mode, type, body) => {
    const sent = await deliver(anEvent({ subject: 's', dataJson: '{"n":12345678901234567890.10}' }), mode);
    expect([sent.headers['content-type'], sent.body.toString()]).toEqual([type, body]);
  });

  it('in batches come one at a time: each delivery has its own result', async () => {
    const sent = await deliver(anEvent(), 'batched');
    expect(sent.headers['content-type']).toBe('application/cloudevents-batch+json');
    expect(JSON.parse(sent.body.toString())).toHaveLength(1);
  });

  it('are signed over the raw body in every mode', async () => {
    for (const mode of contentModes) {
      const { headers, body } = await deliver(anEvent(), mode);
      const { secret } = aSubscription().secrets[0] as { secret: string };
      const signed = { headers: headers as Record<string, string>, body, secrets: [secret] };
      expect(verifyWebhook({ ...signed, nowSeconds: now.getTime() / 1000 })).toMatchObject({
        verified: true,
      });
    }
  });

  it('put nothing into headers that would end a line, whoever chose it', async () => {
    const evil = 'a\r\nx-evil: 1\r\n\r\n{"evil":true}\0"%é😀';
    const sent = await deliver(
      anEvent({
        ...{ clientId: evil, source: evil, subject: evil, topic: { door: 'events', name: evil } },
        attributes: { jobid: evil, 'X\u2028': 'never', category: evil },
      }),
      'binary',
    );
    expect(sent.headers).not.toHaveProperty('x-evil');
    expect(sent.body.toString()).toBe('{"a":1}');
    const written = 'a%0D%0Ax-evil:%201%0D%0A%0D%0A{%22evil%22:true}%00%22%25%C3%A9%F0%9F%98%80';
    expect(sent.headers).toMatchObject({
      'ce-id': written,
      'ce-subject': written,
      'ce-type': written,
      'ce-jobid': written,
      'ce-category': written,
    });
    const names = sent.rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());
    expect(new Set(names).size).toBe(names.length);
  });

  it("let a subscription's own headers add nothing to the event", async () => {
    const headers = { 'CE-Tenant': 'forged', 'ce-id': 'forged', 'x-key': 'k' };
    const sent = await deliver(anEvent(), 'binary', { headers });
    expect(sent.headers).toMatchObject({ 'ce-id': 'evt_1', 'x-key': 'k' });
    expect(sent.headers).not.toHaveProperty('ce-tenant');
  });

  it.each([
    ['bytes', { big: 'x'.repeat(5000) }],
    ['names', Object.fromEntries(Array.from({ length: 64 }, (_, index) => [`a${index}`, 'x']))],
  ])('with more %s than headers have room for go out in structured mode', async (_, attributes) => {
    const sent = await deliver(anEvent({ attributes }), 'binary');
    expect(sent.headers['content-type']).toBe('application/cloudevents+json');
    expect(JSON.parse(sent.body.toString())).toMatchObject(attributes);
    expect(Object.keys(sent.headers)).not.toContain('ce-id');
  });

  it('have the data for a body also where there is none', async () => {
    const sent = await deliver(anEvent({ dataJson: 'null' }), 'binary');
    expect([sent.headers['content-type'], sent.body.toString()]).toEqual(['application/json', 'null']);
  });

  it.each(contentModes)('carry the bytes that a client of a hub has sent: %s', async (mode) => {
    const bytes = Buffer.from([0, 255, 13, 10, 128]);
    const event = anEvent({
      topic: { door: 'hub', name: 'chat.message' },
      attributes: { hub: 'chat', datatype: 'binary' },
      dataJson: JSON.stringify({ data_base64: bytes.toString('base64') }),
    });
    const sent = await deliver(event, mode);
    if (mode === 'binary') {
      expect([sent.headers['content-type'], sent.body]).toEqual(['application/octet-stream', bytes]);
    } else {
      const [read] = [JSON.parse(sent.body.toString())].flat();
      expect(read).toMatchObject({
        datacontenttype: 'application/octet-stream',
        data_base64: bytes.toString('base64'),
      });
      expect(read).not.toHaveProperty('data');
    }
    const looksSo = await deliver({ ...event, attributes: { hub: 'chat', datatype: 'json' } }, mode);
    expect(looksSo.body.toString()).toContain('{"data_base64":');
  });

  it('are never without a body', async () => {
    const sent = await deliver(
      anEvent({
        topic: { door: 'hub', name: 'chat.message' },
        attributes: { datatype: 'binary' },
        dataJson: '{"data_base64":""}',
      }),
      'binary',
    );
    expect(sent.headers['content-type']).toBe('application/cloudevents+json');
  });

  it('write headers as the binding says', () => {
    expect(writeCloudEventHeaders({ subject: 'Euro € 😀' })).toEqual({
      'content-type': 'application/json',
      'ce-subject': 'Euro%20%E2%82%AC%20%F0%9F%98%80',
    });
  });
});
