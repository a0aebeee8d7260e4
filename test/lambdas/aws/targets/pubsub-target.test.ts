import fc from 'fast-check';
import type { RequestMessage, TargetResult, WebhookRequest } from '../../../../core/webhooks/ports';
import { pubsubUrl } from '../../../../core/webhooks/requests/pubsub-message';
import { makeGoogleAccessTokens } from '../../../../lambdas/aws/google-access-tokens';
import { makeHttpWebhookTarget } from '../../../../lambdas/aws/http-webhook-target';
import { makePubsubTarget, type PubsubSettings } from '../../../../lambdas/aws/targets/pubsub-target';
import { type PubsubServer, startPubsub } from '../../../support/pubsub-server';

let google: PubsubServer;
const http = makeHttpWebhookTarget({ allow: true });

beforeEach(async () => {
  google = await startPubsub();
});
afterEach(() => google.stop());
afterAll(() => http.close());

function makeTarget(settings: Partial<PubsubSettings> = {}, account: string | undefined = google.account) {
  const tokens = makeGoogleAccessTokens({
    readAccount: async () => account,
    post: http.post,
    now: () => new Date(),
  });
  return makePubsubTarget(
    { baseUrl: google.url, project: 'changewire', ...settings },
    { post: http.post, tokens },
  );
}

interface Given extends Partial<RequestMessage> {
  readonly topic?: string;
  readonly timeoutSeconds?: number;
}

function request(data: string, { topic = 'orders', timeoutSeconds = 5, ...message }: Given = {}) {
  return {
    url: pubsubUrl(topic),
    headers: {},
    body: Buffer.from(data),
    timeoutSeconds,
    message: { id: '17', attributes: [], chunkSize: 20, ...message },
  } satisfies WebhookRequest;
}

/** Refused by the service for good: the name is reserved. */
const poison = request('"poison"', { attributes: [['googlemail', 'x']] });

const statusOf = (result: TargetResult | undefined) => result && 'status' in result && result.status;
const failureOf = (result: TargetResult | undefined) => result && 'failure' in result && result.failure;

describe('makePubsubTarget', () => {
  it('publishes a chunk in one call, and gives each message the id that it was given', async () => {
    const results = await makeTarget().postChunk([
      request('{"total": 1.50}', { attributes: [['kind', 'order']] }),
      request('null'),
    ]);
    expect(google.published).toEqual([
      expect.objectContaining({
        project: 'changewire',
        topic: 'orders',
        authorization: 'Bearer ya29.token-1',
        messages: [
          { data: '{"total": 1.50}', attributes: { kind: 'order' } },
          { data: 'null', attributes: {} },
        ],
      }),
    ]);
    expect(results).toEqual(
      google.published[0]?.messageIds.map((answer) => ({
        status: 200,
        answer,
        address: '127.0.0.1',
        // Both share the call, which counts once when it fails.
        call: results[0]?.call,
        milliseconds: expect.any(Number),
      })),
    );
  });

  it('gives the calls of a chunk that was halved names of their own', async () => {
    const results = await makeTarget().postChunk([poison, request('1')]);
    expect(new Set(results.map(({ call }) => call)).size).toBe(2);
  });

  it('sends no credentials where there is no account: an emulator', async () => {
    const emulator = await startPubsub({ needsToken: false });
    try {
      const target = makePubsubTarget(
        { baseUrl: `${emulator.url}/`, project: 'local' },
        { post: http.post, tokens: { read: async () => ({ token: undefined }) } },
      );
      expect(statusOf((await target.postChunk([request('1')]))[0])).toBe(200);
      expect(emulator.published[0]?.authorization).toBeUndefined();
    } finally {
      await emulator.stop();
    }
  });

  it.each([
    'https://evil.example/',
    '../../../v1/projects/other/topics/x',
    'a/b?c=d#e',
    'x:publish',
    '..',
    'ö ü',
    '%2e%2e%2f',
  ])('keeps the topic %j in its place', async (topic) => {
    await makeTarget().postChunk([request('1', { topic })]);
    expect(google.published).toEqual([expect.objectContaining({ project: 'changewire', topic })]);
  });

  it('keeps the project in its place, too', async () => {
    await makeTarget({ project: 'example.com:p/../q' }).postChunk([request('1')]);
    expect(google.published[0]?.project).toBe('example.com:p/../q');
  });

  it('goes nowhere with the URL of another target', async () => {
    const [result] = await makeTarget().postChunk([{ ...request('1'), url: `${google.url}/v1` }]);
    expect(result).toEqual({ milliseconds: 0, failure: 'target_refused' });
    expect(google.paths).toEqual([]);
  });

  describe('with an attribute for the id', () => {
    it('tells it', async () => {
      await makeTarget({ idAttribute: 'message-id' }).postChunk([request('1', { attributes: [['a', 'b']] })]);
      expect(google.published[0]?.messages[0]?.attributes).toEqual({ a: 'b', 'message-id': '17' });
    });

    it('leaves the message’s own alone', async () => {
      await makeTarget({ idAttribute: 'message-id' }).postChunk([
        request('1', { attributes: [['message-id', 'own']] }),
      ]);
      expect(google.published[0]?.messages[0]?.attributes).toEqual({ 'message-id': 'own' });
    });
  });

  describe('when a message is refused', () => {
    it('publishes all others, and its refusal is final', async () => {
      const chunk = Array.from({ length: 20 }, (_, index) => request(String(index)));
      const results = await makeTarget().postChunk([...chunk.slice(0, 7), poison, ...chunk.slice(7)]);
      expect(results.map(statusOf)).toEqual([...new Array(7).fill(200), 400, ...new Array(13).fill(200)]);
      expect(results[7]).toMatchObject({
        isFinal: true,
        answer: expect.stringContaining('INVALID_ARGUMENT'),
      });
      const data = google.published.flatMap(({ messages }) => messages.map((message) => message.data));
      expect(data.sort()).toEqual(chunk.map(({ body }) => body.toString()).sort());
    });

    it('publishes every other one once, wherever the bad ones stand', async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(fc.boolean(), { minLength: 1, maxLength: 24 }), async (isBad) => {
          const before = google.published.length;
          const chunk = isBad.map((bad, index) => (bad ? poison : request(`"m${index}"`)));
          const results = await makeTarget().postChunk(chunk);
          expect(results.map(statusOf)).toEqual(isBad.map((bad) => (bad ? 400 : 200)));
          const ids = google.published
            .slice(before)
            .flatMap(({ messages, messageIds }) =>
              messages.map(({ data }, index): [string, string | undefined] => [data, messageIds[index]]),
            );
          const expected = results.flatMap((result, index) =>
            isBad[index] || !('answer' in result) ? [] : [[`"m${index}"`, result.answer]],
          );
          expect(ids.sort()).toEqual(expected.sort());
        }),
        { numRuns: 25 },
      );
    });

    it('gives those it has no time left for a time-out, and no refusal', async () => {
      google.plan({ status: 400 }, 'hang', 'hang');
      const results = await makeTarget().postChunk([
        request('1', { timeoutSeconds: 0.3 }),
        request('2', { timeoutSeconds: 0.3 }),
      ]);
      expect(results.map(failureOf)).toEqual(['timeout', 'timeout']);
    });
  });

  describe('when a whole call fails', () => {
    it.each([403, 404, 429, 500, 503, 504])('gives every message the status %i', async (status) => {
      google.plan({ status, retryAfter: '7' });
      const results = await makeTarget().postChunk([request('1'), request('2')]);
      expect(results).toEqual(
        new Array(2).fill(
          expect.objectContaining({ status, retryAfter: '7', answer: expect.stringContaining('"error"') }),
        ),
      );
      expect(results.some((result) => 'isFinal' in result)).toBe(false);
      expect(google.paths).toHaveLength(1);
    });

    it('says that there is no such topic', async () => {
      google.haveTopics('other');
      expect((await makeTarget().postChunk([request('1')])).map(statusOf)).toEqual([404]);
    });

    it('follows no redirect', async () => {
      google.plan({ status: 307, location: `${google.url}/v1/projects/p/topics/elsewhere:publish` });
      expect((await makeTarget().postChunk([request('1')])).map(statusOf)).toEqual([307]);
      expect(google.paths).toHaveLength(1);
    });

    it.each([
      ['no JSON', '<html>welcome</html>'],
      ['nothing', ''],
      ['fewer ids than messages', '{"messageIds":["1"]}'],
      ['ids that are no texts', '{"messageIds":[1,2]}'],
    ])('does not believe a 200 with %s', async (_what, body) => {
      google.plan({ status: 200, body });
      const results = await makeTarget().postChunk([request('1'), request('2')]);
      expect(results.map(failureOf)).toEqual(['answer_invalid', 'answer_invalid']);
      expect(JSON.stringify(results)).not.toContain('"status"');
    });

    it('keeps no more of an answer than its beginning', async () => {
      google.plan({ status: 500, body: 'x'.repeat(100_000) });
      const [result] = await makeTarget().postChunk([request('1')]);
      expect(result && 'answer' in result && result.answer).toHaveLength(2048);
    });

    it('gives up when the time is over', async () => {
      google.plan('hang');
      const [result] = await makeTarget().postChunk([request('1', { timeoutSeconds: 0.2 })]);
      expect(failureOf(result)).toBe('timeout');
    });
  });

  describe('when its token is not taken', () => {
    it('renews it once and publishes', async () => {
      const target = makeTarget();
      await target.postChunk([request('1')]);
      google.revokeTokens();
      expect((await target.postChunk([request('2')])).map(statusOf)).toEqual([200]);
      expect(google.tokenRequests).toBe(2);
    });

    it('renews it once for all calls of a chunk', async () => {
      const target = makeTarget();
      await target.postChunk([request('1')]);
      google.revokeTokens();
      const chunk = Array.from({ length: 4 }, () => request('x'.repeat(4_000_000), { timeoutSeconds: 30 }));
      expect((await target.postChunk(chunk)).map(statusOf)).toEqual(new Array(4).fill(200));
      expect(google.tokenRequests).toBe(2);
    });

    it('leaves it at that when the new one is not taken either', async () => {
      google.plan({ status: 401 }, { status: 401 });
      expect((await makeTarget().postChunk([request('1')])).map(statusOf)).toEqual([401]);
      expect(google.paths).toHaveLength(2);
    });

    it('says so when there is none to be had', async () => {
      google.answerTokens({ status: 400 });
      const results = await makeTarget().postChunk([request('1'), request('2')]);
      expect(results.map(failureOf)).toEqual(['token_refused', 'token_refused']);
      expect(google.paths).toEqual([]);
    });
  });

  it('stays below what one call may have, in bytes and in messages', async () => {
    const large = Array.from({ length: 5 }, (_, index) =>
      request(`"${String(index).repeat(3_000_000)}"`, { timeoutSeconds: 30 }),
    );
    expect((await makeTarget().postChunk(large)).map(statusOf)).toEqual(new Array(5).fill(200));
    const many = Array.from({ length: 1001 }, (_, index) => request(String(index)));
    const results = await makeTarget().postChunk(many);
    expect(results.map(statusOf)).toEqual(new Array(1001).fill(200));
    const sizes = google.published.map(({ messages }) => messages.length);
    expect(sizes.sort((a, b) => a - b)).toEqual([1, 1, 2, 2, 1000]);
  });
});
