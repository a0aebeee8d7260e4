import { makeReadWebhookKeys, webhookKeysMethods } from '../../../lambdas/webhooks/read-webhook-keys';
import { openManageDoor } from '../../support/manage-door';
import { openSubscriptions, type SubscriptionsStage } from '../../support/subscriptions-door';

let stage: SubscriptionsStage;
beforeEach(async () => {
  stage = await openSubscriptions();
});

const resource = '/.well-known/webhooks/{id}/jwks.json';
const read = (id: string, method = 'GET') => {
  const ports = { subscriptions: stage.subscriptions, now: () => stage.clock.now };
  const door = openManageDoor('read-webhook-keys', webhookKeysMethods, makeReadWebhookKeys(ports), '');
  return door(method, resource, { parameters: { id: encodeURIComponent(id) }, scope: null });
};

describe('read-webhook-keys', () => {
  it('publishes the keys of a subscription for everybody, as a JWKS that may be cached', async () => {
    const { id, public_key: publicKey } = (await stage.order({ signature: 'v1a' })).body;
    const answer = await read(id);
    expect(answer.status).toBe(200);
    expect(answer.headers).toMatchObject({
      'content-type': 'application/jwk-set+json',
      'cache-control': 'public, max-age=300',
    });
    const x = Buffer.from(publicKey.slice(5), 'base64').toString('base64url');
    expect(answer.body).toEqual({
      keys: [
        {
          kty: 'OKP',
          crv: 'Ed25519',
          x,
          kid: expect.stringMatching(/^[\w-]{43}$/),
          use: 'sig',
          alg: 'EdDSA',
        },
      ],
    });
  });

  it('publishes no keys of what has none, is deleted or never was', async () => {
    const plain = (await stage.order()).body.id;
    const deleted = (await stage.order({ signature: 'v1a' })).body.id;
    await stage.one('DELETE', deleted);
    const answers = await Promise.all(
      [plain, deleted, 'sub_0000000000000000', '', '../x'].map((id) => read(id)),
    );
    expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404]);
    expect(new Set(answers.map(({ body }) => body.detail)).size).toBe(1);
  });

  it('publishes them while it is paused, too', async () => {
    const { id } = (await stage.order({ signature: 'v1a' })).body;
    await stage.one('PATCH', id, { body: { state: 'paused' } });
    expect((await read(id)).status).toBe(200);
  });

  it('takes nothing but GET', async () => {
    expect((await read('sub_0000000000000000', 'POST')).status).toBe(405);
  });
});
