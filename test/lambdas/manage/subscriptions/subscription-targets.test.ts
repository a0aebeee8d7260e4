import { noOwnTargets, type OwnTargets } from '../../../../core/webhooks/targets/target-arn';
import type { DoorAnswer } from '../../../support/manage-door';
import { openSubscriptions, type SubscriptionsStage } from '../../../support/subscriptions-door';

const target = 'https://hooks.example/orders';
const queue = 'arn:aws:sqs:eu-central-1:123456789012:orders';
const ownTargets: OwnTargets = {
  account: '123456789012',
  region: 'eu-central-1',
  arns: [queue, 'arn:aws:sns:eu-west-1:123456789012:orders', 'arn:aws:sns:eu-central-1:999999999999:orders'],
};

let door: Awaited<ReturnType<typeof openDoor>>;

beforeEach(async () => {
  door = await openDoor(ownTargets);
});

let subscriptions: SubscriptionsStage['subscriptions'];

const openDoor = async (own: OwnTargets) => {
  const stage = await openSubscriptions(1, own);
  subscriptions = stage.subscriptions;
  return stage.door;
};

const order = (differences: object = {}) =>
  door('POST', '/v1/subscriptions', { body: { topic: 'orders', target, ...differences } });
const one = (method: string, id: string, call: object = {}): Promise<DoorAnswer> =>
  door(method, '/v1/subscriptions/{id}', { parameters: { id }, ...call });

describe('a target that is an ARN', () => {
  it('is taken when the stage lists it, and shown as it is', async () => {
    const made = await order({ target: queue });
    expect(made).toMatchObject({ status: 201, body: { target: queue, state: 'active' } });
    expect(made.body.secret).toMatch(/^whsec_/);
  });

  it.each([
    ['arn:aws:sqs:eu-central-1:123456789012:payments', 'targetArns'],
    ['arn:aws:sqs:eu-central-1:123456789012:order', 'targetArns'],
    ['arn:aws:sqs:eu-central-1:123456789012:orders.fifo', 'targetArns'],
    ['arn:aws:sns:eu-central-1:999999999999:orders', 'another account'],
    ['arn:aws:sns:eu-west-1:123456789012:orders', 'another region'],
    ['arn:aws:sqs:eu-central-1:123456789012:*', 'no ARN of an SQS queue'],
    ['arn:aws:lambda:eu-central-1:123456789012:function:f', 'no ARN of an SQS queue'],
    ['ARN:aws:sqs:eu-central-1:123456789012:orders', 'no ARN of an SQS queue'],
    ['arn:', 'no ARN of an SQS queue'],
  ])('is refused when it is %s', async (target, why) => {
    const refused = await order({ target });
    expect(refused).toMatchObject({ status: 422, body: { code: 'target_refused' } });
    expect(refused.body.detail).toContain(why);
  });

  it('is refused by a stage that has none, whatever it is', async () => {
    door = await openDoor(noOwnTargets);
    const refused = await order({ target: queue });
    expect(refused).toMatchObject({ status: 422 });
    expect(refused.body.detail).toContain('targetArns');
  });

  const credentials = {
    type: 'oauth2_client_credentials',
    token_url: 'https://id.example.com/token',
    client_id: 'me',
    client_secret: 'hush',
  };

  it.each([
    ['headers', { headers: { 'x-key': 'hush' } }],
    ['credentials', { credentials }],
  ])('takes no %s, when it is made and later', async (name, surplus) => {
    const refused = await order({ target: queue, ...surplus });
    expect(refused).toMatchObject({ status: 400, body: { code: 'body_invalid' } });
    expect(refused.body.detail).toContain(name);
    expect(refused.text).not.toContain('hush');

    const { body: made } = await order({ target: queue });
    expect(await one('PATCH', made.id, { body: surplus })).toMatchObject({ status: 400 });
    const { body: http } = await order(surplus);
    expect(await one('PATCH', http.id, { body: { target: queue } })).toMatchObject({ status: 400 });
    const removed = name === 'headers' ? { headers: {} } : { credentials: null };
    expect(await one('PATCH', http.id, { body: { target: queue, ...removed } })).toMatchObject({
      status: 200,
      body: { target: queue },
    });
  });

  it('is not for the format of ADS, whose door lets anybody write any target', async () => {
    const topic = 'webhooks/*';
    const refused = await order({ topic, target: queue, format: 'ads' });
    expect(refused).toMatchObject({ status: 400, body: { code: 'body_invalid' } });
    expect(refused.body.detail).toContain('format');
    const { body: made } = await order({ topic, target: queue });
    expect(await one('PATCH', made.id, { body: { format: 'ads' } })).toMatchObject({ status: 400 });
  });

  it('takes CloudEvents in structured mode alone', async () => {
    const format = 'cloudevents';
    const { body: made } = await order({ target: queue, format });
    expect(made).toMatchObject({ format, content_mode: 'structured' });
    for (const content_mode of ['binary', 'batched']) {
      const refused = await order({ target: queue, format, content_mode });
      expect(refused).toMatchObject({ status: 400, body: { code: 'body_invalid' } });
      expect(refused.body.detail).toContain('content_mode');
      expect(await one('PATCH', made.id, { body: { content_mode } })).toMatchObject({ status: 400 });
      const { body: http } = await order({ format, content_mode });
      expect(await one('PATCH', http.id, { body: { target: queue } })).toMatchObject({ status: 400 });
    }
  });

  it.each(['arn:aws:sqs:eu-central-1:999999999999:payments', 'http://169.254.169.254/', ''])(
    'is vetted when a subscription of ADS is to be sent otherwise: "%s"',
    async (kept) => {
      const { body: made } = await order({ topic: 'webhooks/*', format: 'ads' });
      const found = subscriptions.subscriptions.get(made.id)!;
      subscriptions.subscriptions.set(made.id, { ...found, target: kept });
      expect(await one('PATCH', made.id, { body: { format: 'standard' } })).toMatchObject({ status: 422 });
      expect(await one('PATCH', made.id, { body: { description: 'mine' } })).toMatchObject({ status: 200 });
      expect(await one('PATCH', made.id, { body: { format: 'standard', target } })).toMatchObject({
        status: 200,
      });
    },
  );

  it.each([
    ['a topic of Pub/Sub', 'pubsub', 'http://169.254.169.254/'],
    ['where Postoffice does without a scheme', 'postoffice', 'app.example/messages'],
  ] as const)('is vetted when what led to %s is to be sent otherwise', async (_, format, kept) => {
    const { body: made } = await order();
    const found = subscriptions.subscriptions.get(made.id)!;
    subscriptions.subscriptions.set(made.id, { ...found, format, target: kept });
    expect(await one('PATCH', made.id, { body: { format: 'standard' } })).toMatchObject({ status: 422 });
    expect(await one('PATCH', made.id, { body: { description: 'mine' } })).toMatchObject({ status: 200 });
  });

  it('is vetted when a subscription is led there, too', async () => {
    const { body: made } = await order();
    const elsewhere = { body: { target: `${queue}-of-others` } };
    expect(await one('PATCH', made.id, elsewhere)).toMatchObject({ status: 422 });
    expect(await one('GET', made.id)).toMatchObject({ body: { target } });
  });
});
