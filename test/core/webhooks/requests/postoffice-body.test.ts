import fc from 'fast-check';
import { jobId } from '../../../../core/messages/job-id';
import { postofficeBody } from '../../../../core/webhooks/requests/postoffice-body';
import { isFormatFor } from '../../../../core/webhooks/requests/webhook-body';
import { makeWebhookRequest } from '../../../../core/webhooks/requests/webhook-request';
import { anEvent } from '../../../support/deliveries';
import { aConsumer } from '../../../support/memory-messages';

const topic = { door: 'topics', name: 'orders' } as const;
const bodyOf = (dataJson: string, attributesJson?: string) =>
  Buffer.from(
    postofficeBody(anEvent({ topic, dataJson, ...(attributesJson !== undefined && { attributesJson }) })),
  ).toString();

describe('postofficeBody', () => {
  it('has the payload at the top and the attributes beside it, every number as it came', () => {
    expect(bodyOf('{"a": 1.0, "b": 12345678901234567890}', '{"x": 1e2}')).toBe(
      '{"a":1.0,"b":12345678901234567890,"attributes":{"x": 1e2}}',
    );
  });

  it.each([
    [undefined, '{}'],
    ['null', 'null'],
    ['{}', '{}'],
    ['"x"', '"x"'],
  ])('attributes given as %s are delivered as %s', (given, delivered) => {
    expect(bodyOf('{}', given)).toBe(`{"attributes":${delivered}}`);
  });

  it("replaces the payload's own attributes, also where they are written otherwise", () => {
    expect(bodyOf('{"attributes":{"forged":1},"\\u0061ttributes":2,"z":0}', '{"x":1}')).toBe(
      '{"z":0,"attributes":{"x":1}}',
    );
  });

  it.each(['"text"', '[1.0,{"a":1}]', 'null', '7', 'true', ' [ ] '])(
    'delivers %s, which is no object, as the member payload',
    (payload) => {
      expect(bodyOf(payload, '{"x":1}')).toBe(`{"payload":${payload},"attributes":{"x":1}}`);
    },
  );

  it('says what JSON says of payload and attributes together, whatever they are', () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), fc.jsonValue(), (payload, attributes) => {
        const body = JSON.parse(bodyOf(JSON.stringify(payload), JSON.stringify(attributes)));
        expect(JSON.stringify(body)).toBe(
          JSON.stringify({
            ...JSON.parse(JSON.stringify({ ...payload, attributes: undefined })),
            attributes,
          }),
        );
      }),
    );
  });

  it('goes deeper than the stack', () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    expect(bodyOf(`{"a":${deep}}`)).toBe(`{"a":${deep},"attributes":{}}`);
  });

  it('tells of an event that was published elsewhere by its own attributes', () => {
    const event = anEvent({ topic, dataJson: '{}', attributes: { a: 'b' } });
    expect(Buffer.from(postofficeBody(event)).toString()).toBe('{"attributes":{"a":"b"}}');
  });

  it('is for the topics door alone', () => {
    expect(isFormatFor('postoffice', topic)).toBe(true);
    expect(isFormatFor('postoffice', { door: 'manage', name: 'orders' })).toBe(false);
  });
});

describe('the request to a consumer', () => {
  const now = new Date('2026-11-20T10:00:00Z');
  const event = anEvent({ topic });

  it('names the job in message-id, beside the headers of every webhook', () => {
    const consumer = aConsumer();
    const { headers, url } = makeWebhookRequest(consumer, event, now);
    expect(url).toBe('http://app.test/in');
    expect(headers).toMatchObject({
      'content-type': 'application/json',
      'message-id': String(jobId(event.id, consumer.id)),
      'webhook-id': event.id,
      'webhook-signature': expect.stringMatching(/^v1,/),
    });
    expect(makeWebhookRequest(consumer, event, new Date()).headers['message-id']).toBe(headers['message-id']);
    const other = makeWebhookRequest(aConsumer({ number: 2 }), event, now);
    expect(other.headers['message-id']).not.toBe(headers['message-id']);
  });

  it('goes over http where the target names no scheme, and with the credentials that stand in it', () => {
    const { url, headers } = makeWebhookRequest(aConsumer({ target: 'u:p@app.test/in' }), event, now);
    expect(url).toBe('http://app.test/in');
    expect(headers.authorization).toBe('Basic dTpw');
  });

  it('goes nowhere where the target is no URL', () => {
    expect(makeWebhookRequest(aConsumer({ target: 'arn:aws:sqs:a:1:b' }), event, now).url).toBe('');
  });
});
