import type { ClientCredentials, Credentials } from '../../../../core/topics/credentials/credentials';
import type { TargetResult, WebhookRequest } from '../../../../core/webhooks/ports';
import type { AccessTokens } from '../../../../core/webhooks/targets/access-tokens';
import { postWebhook } from '../../../../core/webhooks/targets/post-webhook';

const credentials: ClientCredentials = {
  type: 'oauth2_client_credentials',
  tokenUrl: 'https://issuer.example/oauth/token',
  clientId: 'c',
  clientSecret: 's',
};
const request: WebhookRequest = {
  url: 'https://hooks.example/',
  headers: { 'webhook-id': 'evt_1', authorization: 'Basic own' },
  body: Buffer.from('{}'),
  timeoutSeconds: 10,
};

/** @param plan statuses of the target; tokens of the issuer; how long each takes. */
function world(plan: {
  readonly statuses?: readonly number[];
  readonly tokens?: readonly (string | 'token_refused')[];
  readonly seconds?: number;
}) {
  let time = 0;
  const posts: WebhookRequest[] = [];
  const reads: Parameters<AccessTokens['read']>[1][] = [];
  const at = <Item>(list: readonly Item[], index: number) => list[Math.min(index, list.length - 1)] as Item;
  const take = () => (time += (plan.seconds ?? 0) * 1000);
  return {
    posts,
    reads,
    ports: {
      now: () => new Date(time),
      target: {
        post: async (sent: WebhookRequest): Promise<TargetResult> => {
          posts.push(sent);
          take();
          return { milliseconds: 7, status: at(plan.statuses ?? [200], posts.length - 1), answer: '' };
        },
      },
      tokens: {
        read: async (_: ClientCredentials, options: Parameters<AccessTokens['read']>[1]) => {
          reads.push(options);
          take();
          const token = at(plan.tokens ?? ['t1', 't2'], reads.length - 1);
          return token === 'token_refused' ? ({ failure: token } as const) : { token };
        },
      },
    },
  };
}

const bearers = (posts: readonly WebhookRequest[]) => posts.map(({ headers }) => headers.authorization);

describe('postWebhook', () => {
  it('posts as it is without credentials', async () => {
    const { ports, posts, reads } = world({ statuses: [401] });
    expect(await postWebhook(request, undefined, ports)).toMatchObject({ status: 401 });
    expect([posts, reads]).toEqual([[request], []]);
  });

  it('posts with a bearer token, in the place of an authorization of the subscription', async () => {
    const { ports, posts } = world({});
    expect(await postWebhook(request, credentials, ports)).toMatchObject({ status: 200, milliseconds: 7 });
    expect(bearers(posts)).toEqual(['Bearer t1']);
    expect(posts[0]?.headers['webhook-id']).toBe('evt_1');
  });

  it.each<[Credentials, Record<string, string>]>([
    [
      { type: 'basic', username: 'Aladdin', password: 'open sesame' },
      { authorization: 'Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==' },
    ],
    [{ type: 'basic', username: 'ü', password: ':' }, { authorization: 'Basic w7w6Og==' }],
    [{ type: 'bearer', token: 'abc' }, { authorization: 'Bearer abc' }],
    [
      { type: 'key_header', name: 'X-API-Key', value: 'k' },
      { 'x-api-key': 'k', authorization: 'Basic own' },
    ],
    [{ type: 'key_header', name: 'Authorization', value: 'Token t' }, { authorization: 'Token t' }],
  ])('posts with %j, in the place of a header of the subscription', async (given, expected) => {
    const { ports, posts, reads } = world({ statuses: [401] });
    const headers = { ...request.headers, 'x-api-key': 'own' };
    expect(await postWebhook({ ...request, headers }, given, ports)).toMatchObject({ status: 401 });
    expect(posts.map((sent) => sent.headers)).toEqual([{ ...headers, ...expected }]);
    expect(reads).toEqual([]);
  });

  it('renews the token once when it is not taken', async () => {
    const { ports, posts, reads } = world({ statuses: [401, 204] });
    expect(await postWebhook(request, credentials, ports)).toMatchObject({ status: 204 });
    expect(bearers(posts)).toEqual(['Bearer t1', 'Bearer t2']);
    expect(reads.map(({ refused }) => refused)).toEqual([undefined, 't1']);
  });

  it('renews it once and no more', async () => {
    const { ports, posts } = world({ statuses: [401] });
    expect(await postWebhook(request, credentials, ports)).toMatchObject({ status: 401 });
    expect(posts).toHaveLength(2);
  });

  it.each([403, 500])('does not renew it for a %i', async (status) => {
    const { ports, posts } = world({ statuses: [status] });
    expect(await postWebhook(request, credentials, ports)).toMatchObject({ status });
    expect(posts).toHaveLength(1);
  });

  it('posts nothing without a token, and says why', async () => {
    const { ports, posts } = world({ tokens: ['token_refused'], seconds: 2 });
    expect(await postWebhook(request, credentials, ports)).toEqual({
      failure: 'token_refused',
      milliseconds: 2000,
    });
    expect(posts).toHaveLength(0);
  });

  it('tells the 401 when no other token is to be had', async () => {
    const { ports, posts } = world({ statuses: [401], tokens: ['t1', 'token_refused'] });
    expect(await postWebhook(request, credentials, ports)).toMatchObject({ status: 401 });
    expect(posts).toHaveLength(1);
  });

  it('does all of it within the time-out', async () => {
    const { ports, posts, reads } = world({ statuses: [401, 200], seconds: 2 });
    await postWebhook(request, credentials, ports);
    const granted = [reads[0], posts[0], reads[1], posts[1]].map((step) => step?.timeoutSeconds);
    expect(granted).toEqual([10, 8, 6, 4]);
  });

  it('does not begin what has no time left', async () => {
    const late = world({ seconds: 10 });
    expect(await postWebhook(request, credentials, late.ports)).toMatchObject({
      failure: 'token_unavailable',
    });
    expect(late.posts).toHaveLength(0);
    const tight = world({ statuses: [401], seconds: 5 });
    expect(await postWebhook(request, credentials, tight.ports)).toMatchObject({ status: 401 });
    expect(tight.reads).toHaveLength(1);
  });
});
