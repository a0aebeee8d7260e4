import { runCommand, type StubApi, startStubApi } from '../command-host';

let api: StubApi;
beforeEach(async () => {
  api = await startStubApi(({ path: asked }) => ({
    status: 200,
    body: asked.endsWith('/test')
      ? { event_id: 'evt_1' }
      : { id: 'sub_1', state: 'paused', state_reason: 'gone', policy: { jitter: 0.2 }, secret: 'whsec_x' },
  }));
});
afterEach(async () => api.close());

const subscriptions = (words: readonly string[], host = {}) =>
  runCommand(['--base-url', api.url, '--token', 't', 'subscriptions', ...words], host);

describe('subscriptions', () => {
  it.each([
    ['--show', 'GET', '', undefined],
    ['--pause', 'PATCH', '', { state: 'paused' }],
    ['--resume', 'PATCH', '', { state: 'active' }],
    ['--test', 'POST', '/test', undefined],
    ['--rotate-secret', 'POST', '/rotate-secret', undefined],
    ['--delete', 'DELETE', '', undefined],
  ])('%s asks for it', async (option, method, suffix, body) => {
    expect((await subscriptions([option, 'sub/1'])).exitCode).toBe(0);
    expect(api.calls).toMatchObject([{ method, path: `/v1/subscriptions/sub%2F1${suffix}` }]);
    expect(api.calls[0]?.body).toEqual(body);
  });

  it('show what they are, and a new secret, on a terminal', async () => {
    const { printed } = await subscriptions(['--rotate-secret', 'sub_1'], { interactive: true });
    for (const part of ['sub_1', 'paused (gone)', '"jitter":0.2', 'whsec_x  (shown this once)']) {
      expect(printed.join()).toContain(part);
    }
    const { printed: test } = await subscriptions(['--test', 'sub_1'], { interactive: true });
    expect(test.join()).toContain('deliveries --event evt_1');
  });
});
