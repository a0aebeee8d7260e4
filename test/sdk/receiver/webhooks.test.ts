import { generateKeyPairSync, sign } from 'node:crypto';
import fc from 'fast-check';
import { Webhook } from 'standardwebhooks';
import { mintEd25519Secret, publicKeyOf } from '../../../core/topics/credentials/ed25519-key';
import { signWebhook } from '../../../core/webhooks/requests/signature';
import {
  type IdempotencyStore,
  MemoryIdempotencyStore,
  WebhookReceiver,
  type WebhookReceiverOptions,
  WebhookVerifier,
  type WebhookVerifierOptions,
} from '../../../sdk/receiver';
import { runtimes } from '../../support/event-runtimes';
import { until } from '../../support/until';

const secret = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
const other = `whsec_${Buffer.alloc(24, 7).toString('base64')}`;
const vector = {
  body: '{"test": 2432232314}',
  headers: {
    'webhook-id': 'msg_p5jXN8AQM9LWM0D4loKWxJek',
    'webhook-timestamp': '1614265330',
    'webhook-signature': 'v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=',
  },
};
const now = () => 1_614_265_330;
const make = (options: WebhookVerifierOptions = {}) =>
  new WebhookVerifier({ secrets: [secret], now, ...options });
const changed = (headers: Record<string, string>) => ({ ...vector.headers, ...headers });

describe('a webhook', () => {
  it('of the specification verifies, as text and as bytes', async () => {
    const verified = { verified: true, id: vector.headers['webhook-id'], timestampSeconds: now() };
    expect(await make().verify(vector.headers, vector.body)).toEqual(verified);
    expect(await make().verify(new Headers(vector.headers), Buffer.from(vector.body))).toEqual(verified);
  });

  it('that Changewire or its reference library signs verifies, and with one changed byte or header does not', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.uint8Array({ minLength: 1, maxLength: 200 }),
        fc.stringMatching(/^[a-zA-Z0-9_]{1,20}$/),
        fc.nat(),
        async (body, id, at) => {
          const headers = { ...signWebhook({ id, timestampSeconds: now(), body, secrets: [secret] }) };
          expect(await make().verify(headers, body)).toMatchObject({ verified: true, id });
          const bytes = Uint8Array.from(body);
          bytes[at % body.length]! ^= 1;
          expect(await make().verify(headers, bytes)).toMatchObject({ reason: 'signature_mismatch' });
          expect(await make().verify({ ...headers, 'webhook-id': `${id}x` }, body)).toMatchObject({
            verified: false,
          });
          const moved = { ...headers, 'webhook-timestamp': `${now() + 1}` };
          expect(await make().verify(moved, body)).toMatchObject({ reason: 'signature_mismatch' });
        },
      ),
      { numRuns: 30 },
    );
    const signature = new Webhook(secret).sign('m', new Date(now() * 1000), 'body');
    expect(
      await make().verify(changed({ 'webhook-id': 'm', 'webhook-signature': signature }), 'body'),
    ).toMatchObject({ verified: true });
  });

  it.each([
    ['header_missing', { 'webhook-id': '' }, 'webhook-id'],
    ['header_missing', { 'webhook-signature': '' }, 'webhook-signature'],
    ['id_invalid', { 'webhook-id': 'a.1' }, 'dot'],
    ['timestamp_invalid', { 'webhook-timestamp': '2021-02-25T15:02:10Z' }, 'seconds'],
    ['timestamp_invalid', { 'webhook-timestamp': '-1' }, 'seconds'],
    ['timestamp_invalid', { 'webhook-timestamp': '1e9' }, 'seconds'],
    ['timestamp_too_old', { 'webhook-timestamp': `${now() - 301}` }, '301 s ago'],
    ['timestamp_too_new', { 'webhook-timestamp': `${now() + 301}` }, '301 s in the future'],
    ['no_known_signature', { 'webhook-signature': 'v2,abc v1a,abc' }, 'v1'],
    ['no_known_signature', { 'webhook-signature': 'g0hM9SsE' }, 'v1'],
    ['signature_mismatch', { 'webhook-signature': 'v1,AAAA' }, 'no signature fits'],
    ['signature_mismatch', { 'webhook-signature': 'v1,%%%' }, 'no signature fits'],
    ['signature_mismatch', { 'webhook-signature': 'v1,' }, 'no signature fits'],
  ])('is refused as %s: %j', async (reason, headers, text) => {
    const verification = await make().verify(changed(headers), vector.body);
    expect(verification).toEqual({ verified: false, reason, text: expect.stringContaining(text) });
    expect(JSON.stringify(verification)).not.toContain(secret.slice(6));
  });

  it('is accepted within the window on both sides, and a wider one', async () => {
    for (const [off, toleranceSeconds] of [
      [300, 300],
      [-300, 300],
      [1000, 1000],
    ] as const) {
      const signed = signWebhook({
        id: 'm',
        timestampSeconds: now() + off,
        body: Buffer.from('b'),
        secrets: [secret],
      });
      expect(await make({ toleranceSeconds }).verify({ ...signed }, 'b')).toMatchObject({ verified: true });
    }
  });

  it('verifies with either secret during a rotation, wherever the signature stands', async () => {
    const signed = {
      ...signWebhook({ id: 'm', timestampSeconds: now(), body: Buffer.from('b'), secrets: [other, secret] }),
    };
    expect(await make().verify(signed, 'b')).toMatchObject({ verified: true });
    expect(await make({ secrets: [other] }).verify(signed, 'b')).toMatchObject({ verified: true });
    expect(
      await make({ secrets: [`whsec_${Buffer.alloc(24).toString('base64')}`] }).verify(signed, 'b'),
    ).toMatchObject({ verified: false });
  });

  it('is compared by the primitive that takes constant time, with every key and signature', async () => {
    const verify = jest.spyOn(globalThis.crypto.subtle, 'verify');
    const signed = {
      ...signWebhook({ id: 'm', timestampSeconds: now(), body: Buffer.from('b'), secrets: [secret, other] }),
    };
    await make({ secrets: [secret, other] }).verify(signed, 'b');
    expect(verify).toHaveBeenCalledTimes(4);
    verify.mockClear();
    const many = Array.from({ length: 500 }, () => 'v1,AAAA').join(' ');
    await make().verify(changed({ 'webhook-signature': many }), vector.body);
    expect(verify.mock.calls.length).toBeLessThan(20);
    verify.mockRestore();
  });
});

describe('v1a', () => {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const raw = publicKey.export({ format: 'der', type: 'spki' }).subarray(-32);
  const publicKeys = [`whpk_${raw.toString('base64')}`];
  const signature = `v1a,${sign(null, Buffer.from(`m.${now()}.b`), privateKey).toString('base64')}`;
  const headers = changed({ 'webhook-id': 'm', 'webhook-signature': signature });

  it('verifies with the public key alone', async () => {
    const verifier = new WebhookVerifier({ publicKeys, now });
    expect(await verifier.verify(headers, 'b')).toMatchObject({ verified: true });
    expect(await verifier.verify(headers, 'c')).toMatchObject({ reason: 'signature_mismatch' });
  });

  it('of Changewire verifies, alone and beside v1', async () => {
    const signing = mintEd25519Secret((count) => Buffer.alloc(count, 9));
    const publicKeys = [publicKeyOf(signing)];
    const message = { id: 'm', timestampSeconds: now(), body: Buffer.from('b') };
    for (const secrets of [[signing], [secret, signing], [signing, secret]]) {
      const signed = { ...signWebhook({ ...message, secrets }) };
      expect(await new WebhookVerifier({ publicKeys, now }).verify(signed, 'b')).toMatchObject({
        verified: true,
      });
      expect(await new WebhookVerifier({ publicKeys, now }).verify(signed, 'c')).toMatchObject({
        verified: false,
      });
    }
  });

  it('is not taken for v1, nor the other way round', async () => {
    const asV1 = { ...headers, 'webhook-signature': signature.replace('v1a,', 'v1,') };
    expect(await make({ publicKeys }).verify(asV1, 'b')).toMatchObject({ verified: false });
    const asV1a = changed({
      'webhook-signature': vector.headers['webhook-signature'].replace('v1,', 'v1a,'),
    });
    expect(await make({ publicKeys }).verify(asV1a, vector.body)).toMatchObject({ verified: false });
  });

  it('verifies beside v1', async () => {
    const both = changed({ 'webhook-id': 'm', 'webhook-signature': `v1,AAAA ${signature}` });
    expect(await make({ publicKeys }).verify(both, 'b')).toMatchObject({ verified: true });
  });
});

describe('keys', () => {
  it.each([
    [{ secrets: ['whsec_!!'] }],
    [{ secrets: ['whsec_aGk='] }],
    [{ secrets: [''] }],
    [{ secrets: [`whsec_${'AAAA'.repeat(30)}`] }],
    [{ publicKeys: ['whpk_aGk='] }],
    [{ publicKeys: [secret] }],
    [{}],
  ])('that are none are refused, and not shown: %j', (options) => {
    expect(() => new WebhookVerifier(options)).toThrow(TypeError);
    expect(() => new WebhookVerifier(options)).not.toThrow(/aGk=|MfKQ/);
  });
});

describe('explain', () => {
  it.each<[string, Record<string, string>, string]>([
    ['verified', {}, vector.body],
    ['the body was parsed and written again', { 'webhook-signature': `v1,${'x'}` }, ''],
  ])('begins with what verify says: %s', async (_, headers, body) => {
    expect(await make().explain(changed(headers), body)).toMatch(
      body ? /^verified: msg_/ : /^no signature fits.*the body is empty/,
    );
  });

  const signedFor = (body: string) => ({
    ...signWebhook({ id: 'm', timestampSeconds: now(), body: Buffer.from(body), secrets: [secret] }),
  });
  it.each([
    ['the body was parsed and written again', '{"a":1}', '{ "a": 1 }'],
    ['a line end was added', '{"a":1}', '{"a":1}\n'],
    ['the line end of the body was taken away', '{"a":1}\n', '{"a":1}'],
    ['the body is in base64', '{"a":1}', Buffer.from('{"a":1}').toString('base64')],
  ])('finds that %s', async (explanation, signed, arrived) => {
    expect(await make().explain(signedFor(signed), arrived)).toContain(explanation);
  });

  it.each([
    ['milliseconds', changed({ 'webhook-timestamp': `${now()}000` })],
    ['it holds v1a, v2', changed({ 'webhook-signature': 'v1a,x v2,y' })],
    ['svix-signature', { 'svix-signature': 'v1,x' }],
    ['it is no signed webhook', {}],
  ])('finds %s', async (explanation, headers) => {
    expect(await make().explain(headers, vector.body)).toContain(explanation);
  });

  it('shows neither keys nor signatures that would have fitted', async () => {
    const text = await make().explain(vector.headers, '{"test":1}');
    expect(text).not.toMatch(/MfKQ|g0hM/);
  });
});

describe('a receiver', () => {
  const post = { method: 'POST', path: '/hook', headers: vector.headers, body: vector.body };
  const receive = (options: Partial<WebhookReceiverOptions> = {}) =>
    new WebhookReceiver({ verifier: make(), handle: () => {}, onError: () => {}, ...options });

  it.each(Object.keys(runtimes) as Array<keyof typeof runtimes>)(
    'hands over what verifies, and nothing else, in %s',
    async (runtime) => {
      const handle = jest.fn();
      const server = await runtimes[runtime](receive({ handle }), { path: '/hook' });
      expect((await server.send(post)).status).toBe(204);
      const refused = await server.send({ ...post, body: '{"test": 2432232315}' });
      expect([refused.status, refused.body.toString()]).toEqual([
        401,
        expect.stringContaining('no signature fits'),
      ]);
      expect((await server.send({ ...post, path: '/other' })).status).toBe(404);
      const put = await server.send({ ...post, method: 'PUT' });
      // Express has somebody to pass it on to.
      expect(put.status).toBe(runtime.startsWith('express') ? 404 : 405);
      expect(handle).toHaveBeenCalledTimes(1);
      const webhook = handle.mock.calls[0][0];
      expect([webhook.id, webhook.timestampSeconds, webhook.json(), webhook.headers['webhook-id']]).toEqual([
        vector.headers['webhook-id'],
        now(),
        { test: 2432232314 },
        vector.headers['webhook-id'],
      ]);
      await server.stop();
    },
  );

  it('handles a repeated webhook once, and again when the first try failed', async () => {
    const handle = jest.fn(async () => {}).mockRejectedValueOnce(new Error('down: password=hunter2'));
    const server = await runtimes.fetch(receive({ handle, store: new MemoryIdempotencyStore(now) }));
    const failed = await server.send(post);
    expect([failed.status, failed.body.toString()]).toEqual([500, 'The webhook could not be handled.']);
    expect([(await server.send(post)).status, (await server.send(post)).status]).toEqual([204, 204]);
    expect(handle).toHaveBeenCalledTimes(2);
  });

  it('handles one of many that come at once, and one again when that failed', async () => {
    const ends: Array<(error?: Error) => void> = [];
    const handle = jest.fn(
      () => new Promise<void>((resolve, reject) => ends.push((error) => (error ? reject(error) : resolve()))),
    );
    const server = await runtimes.fetch(receive({ handle, store: new MemoryIdempotencyStore(now) }));
    const many = Array.from({ length: 5 }, () => server.send(post).then(({ status }) => status));
    await until(() => ends.length > 0);
    ends[0]?.(new Error('no'));
    expect((await Promise.all(many)).sort()).toEqual([500, 503, 503, 503, 503]);
    const again = server.send(post);
    await until(() => ends.length > 1);
    ends[1]?.();
    expect([(await again).status, (await server.send(post)).status, handle.mock.calls.length]).toEqual([
      204, 204, 2,
    ]);
  });

  it('does not confirm a repetition while the first try is still at it', async () => {
    let end = () => {};
    const handle = jest.fn(
      () =>
        new Promise<void>((resolve) => {
          end = resolve;
        }),
    );
    const server = await runtimes.fetch(receive({ handle, store: new MemoryIdempotencyStore(now) }));
    const first = server.send(post);
    await until(() => handle.mock.calls.length === 1);
    const second = await server.send(post);
    expect([second.status, second.headers['retry-after']]).toEqual([503, '30']);
    end();
    expect([(await first).status, (await server.send(post)).status]).toEqual([204, 204]);
    expect(handle).toHaveBeenCalledTimes(1);
  });

  it('keeps the id of a handler that is late until it has ended', async () => {
    let end = () => {};
    const handle = jest.fn(
      () =>
        new Promise<void>((resolve) => {
          end = resolve;
        }),
    );
    const store = new MemoryIdempotencyStore(now);
    const server = await runtimes.fetch(receive({ handle, store, handlerTimeoutSeconds: 0.02 }));
    expect((await server.send(post)).status).toBe(500);
    expect((await server.send(post)).status).toBe(503);
    end();
    await new Promise(setImmediate);
    expect([(await server.send(post)).status, handle.mock.calls.length]).toEqual([204, 1]);
  });

  it('answers 500 when the store is down, so that the webhook comes again', async () => {
    const store: IdempotencyStore = {
      begin: async () => {
        throw new Error('down');
      },
      finish: async () => {},
      abandon: async () => {},
    };
    const handle = jest.fn();
    const server = await runtimes.fetch(receive({ handle, store }));
    expect([(await server.send(post)).status, handle.mock.calls.length]).toEqual([500, 0]);
  });

  it.each([
    ['*', 'api.example', '*'],
    [['https://api.example'], 'api.example', 'api.example'],
    [['https://api.example'], 'API.example', 'API.example'],
    [['https://api.example'], 'evil.example', undefined],
    ['*', '', undefined],
    [undefined, 'api.example', undefined],
  ] as const)('answers who asks to send CloudEvents: %j lets %j', async (allowedOrigins, origin, allowed) => {
    const server = await runtimes.fetch(receive({ ...(allowedOrigins && { allowedOrigins }) }));
    const headers = { 'WebHook-Request-Origin': origin, 'WebHook-Request-Rate': '60' };
    const answer = await server.send({ ...post, method: 'OPTIONS', headers, body: '' });
    expect(answer.headers['webhook-allowed-origin']).toBe(allowed);
    expect(answer.headers['webhook-allowed-rate']).toBe(allowed && '*');
  });

  it('refuses giants', async () => {
    const server = await runtimes.node(receive({ maxBodyBytes: 10 }));
    expect((await server.send(post)).status).toBe(413);
    await server.stop();
  });
});

describe('the memory of one process', () => {
  it('keeps what another one has finished from whoever fails too late', async () => {
    let time = 0;
    const store = new MemoryIdempotencyStore(() => time);
    await store.begin('a', 10);
    time = 11;
    expect(await store.begin('a', 10)).toBe('begun');
    await store.finish('a', 100);
    await store.abandon('a');
    expect(await store.begin('a', 10)).toBe('finished');
  });

  it('lets a lease end, remembers what is finished for its time, and forgets the oldest first', async () => {
    let time = 0;
    const store = new MemoryIdempotencyStore(() => time, 2);
    expect([await store.begin('a', 10), await store.begin('a', 10)]).toEqual(['begun', 'running']);
    time = 10;
    expect(await store.begin('a', 10)).toBe('begun');
    await store.finish('a', 100);
    time = 109;
    expect(await store.begin('a', 10)).toBe('finished');
    time = 110;
    expect(await store.begin('a', 10)).toBe('begun');
    await store.abandon('a');
    await store.finish('a', 100);
    await store.finish('b', 100);
    await store.finish('c', 100);
    expect([await store.begin('c', 1), await store.begin('b', 1), await store.begin('a', 1)]).toEqual([
      'finished',
      'finished',
      'begun',
    ]);
  });
});
