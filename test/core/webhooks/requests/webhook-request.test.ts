import { verifyWebhook } from '../../../../core/webhooks/requests/signature';
import { makeWebhookRequest } from '../../../../core/webhooks/requests/webhook-request';
import { anEvent, aSubscription } from '../../../support/deliveries';

const now = new Date('2026-11-20T10:00:00Z');

describe('makeWebhookRequest', () => {
  it('signs the bytes that it sends', () => {
    const subscription = aSubscription();
    const { headers, body } = makeWebhookRequest(subscription, anEvent(), now);
    const secrets = subscription.secrets.map(({ secret }) => secret);
    const verdict = verifyWebhook({ headers, body, secrets, nowSeconds: now.getTime() / 1000 });
    expect(verdict).toMatchObject({ verified: true, id: 'evt_1' });
  });

  it('signs with every secret that has not expired, and no other', () => {
    const secret = (byte: number) => `whsec_${Buffer.alloc(24, byte).toString('base64')}`;
    const subscription = aSubscription({
      secrets: [
        { secret: secret(1) },
        { secret: secret(2), expiresAt: '2026-11-20T10:00:01Z' },
        { secret: secret(3), expiresAt: '2026-11-20T10:00:00Z' },
      ],
    });
    const { headers } = makeWebhookRequest(subscription, anEvent(), now);
    expect(headers['webhook-signature']?.split(' ')).toHaveLength(2);
  });

  it("sends the subscription's headers, but never lets them touch signature, type or connection", () => {
    const subscription = aSubscription({
      headers: {
        'X-Key': 'k',
        Host: 'evil',
        'Content-Length': '1',
        'Webhook-Id': 'forged',
        'content-type': 'a/b',
      },
    });
    const { headers } = makeWebhookRequest(subscription, anEvent(), now);
    expect(headers).toMatchObject({
      'x-key': 'k',
      'webhook-id': 'evt_1',
      'content-type': 'application/json',
    });
    expect(Object.keys(headers)).not.toEqual(expect.arrayContaining(['host']));
    expect(Object.keys(headers)).not.toEqual(expect.arrayContaining(['content-length']));
  });

  it('writes an id that a header cannot hold percent-encoded', () => {
    const { headers } = makeWebhookRequest(aSubscription(), anEvent({ id: 'é\r\nx: y\ud800' }), now);
    expect(headers['webhook-id']).toBe('%C3%A9%0D%0Ax:%20y%EF%BF%BD');
  });

  it('leads nowhere when the door of ADS was given an ARN for a URL', () => {
    const queue = 'arn:aws:sqs:eu-central-1:123456789012:orders';
    const event = anEvent({ topic: { door: 'webhooks', name: 'orders' } });
    const request = (format: 'ads' | 'standard') =>
      makeWebhookRequest(aSubscription({ target: queue, format }), event, now);
    expect(request('ads').url).toBe('');
    expect(request('standard').url).toBe(queue);
  });

  it('says what it is about, for targets that order by it', () => {
    expect(makeWebhookRequest(aSubscription(), anEvent({ subject: 'ann' }), now).about).toEqual({
      eventId: 'evt_1',
      type: 'profile.created',
      subject: 'ann',
      time: anEvent().time,
      subscriptionId: aSubscription().id,
    });
  });
});
