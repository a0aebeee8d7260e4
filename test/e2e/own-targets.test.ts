import { GetRecordsCommand, GetShardIteratorCommand, KinesisClient } from '@aws-sdk/client-kinesis';
import { type Message, ReceiveMessageCommand, SQSClient } from '@aws-sdk/client-sqs';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { Webhook } from 'standardwebhooks';
import { findStack } from '../../local/running-stack';
import { mintToken } from '../../local/token';
import { everyScope, startsOwnStack } from '../support/e2e-target';
import { call } from '../support/http-call';
import { type RunningLocalStack, startLocalStack } from '../support/local-stack';
import { newcomer } from '../support/profile-documents';
import { freshName, until } from './journeys/journey';

const suite = startsOwnStack ? describe : describe.skip;

const account = { region: 'us-east-1', credentials: { accessKeyId: 'local', secretAccessKey: 'local' } };
const arnOf = (service: string, resource: string) => `arn:aws:${service}:us-east-1:000000000000:${resource}`;

suite('a stack whose subscriptions may lead to queues and streams', () => {
  let stack: RunningLocalStack;
  let token: string;
  let sqs: SQSClient;
  let kinesis: KinesisClient;
  const userId = freshName();

  beforeAll(async () => {
    stack = await startLocalStack({
      settings: {
        seedProfiles: 0,
        targetArns: [
          'arn:aws:sqs:::orders',
          arnOf('sns', 'news'),
          'arn:aws:kinesis:::stream/changes',
          'arn:aws:events:::event-bus/default',
        ],
      },
    });
    const { endpoints, keysDirectory, issuer, audience } = findStack(stack.home, stack.baseUrl)!;
    const request = { issuer, audience, subject: 'e2e', scopes: everyScope, ttlSeconds: 600 };
    token = await mintToken({ keysDirectory, ...request });
    const requestHandler = new NodeHttpHandler();
    sqs = new SQSClient({ ...account, endpoint: endpoints.sqs });
    kinesis = new KinesisClient({ ...account, endpoint: endpoints.kinesis, requestHandler });
  }, 120_000);

  afterAll(async () => {
    sqs?.destroy();
    kinesis?.destroy();
    await stack?.stop();
  });

  const send = (path: string, body?: object) => call(stack.baseUrl, path, { token, body });
  const subscribe = (target: string) =>
    send('/v1/subscriptions', {
      topic: 'profile.created',
      target,
      policy: { schedule_seconds: [], timeout_seconds: 5 },
    });

  it('delivers to each of them, and tells what became of it', async () => {
    const made = await Promise.all(
      [
        arnOf('sqs', 'orders'),
        arnOf('sns', 'news'),
        arnOf('kinesis', 'stream/changes'),
        arnOf('events', 'event-bus/default'),
      ].map(subscribe),
    );
    expect(made.map(({ status }) => status)).toEqual([201, 201, 201, 201]);
    await send('/change', newcomer({ name: 'ldap', privateKey: undefined }, userId));

    const [message] = await until(receive, (messages) => messages.length > 0);
    const headers = Object.fromEntries(
      Object.entries(message!.MessageAttributes ?? {}).map(([name, { StringValue }]) => [name, StringValue!]),
    );
    const verified = new Webhook(made[0]!.json.secret).verify(message!.Body!, headers);
    expect(verified).toMatchObject({ type: 'profile.created', data: { user_id: expect.any(String) } });

    const [record] = await until(records, (found) => found.length > 0);
    expect(JSON.parse(Buffer.from(record!.Data!).toString())).toEqual(verified);

    const ended = await Promise.all(made.map(({ json }) => endOf(json.id)));
    expect(ended.map(({ state }) => state)).toEqual(['delivered', 'delivered', 'delivered', 'dead']);
    expect(ended[0]!.attempts).toMatchObject([{ status: 200 }]);
    // No emulator of event buses: nothing left this machine.
    expect(ended[3]!.attempts).toEqual([expect.objectContaining({ failure: expect.any(String) })]);
  });

  it('refuses what it was not told of, and says where it is told', async () => {
    const refused = await subscribe(arnOf('sqs', 'payments'));
    expect(refused).toMatchObject({ status: 422, json: { code: 'target_refused' } });
    expect(refused.json.detail).toContain('targetArns');
  });

  async function receive(): Promise<Message[]> {
    const { sqs: endpoint } = findStack(stack.home, stack.baseUrl)!.endpoints;
    const QueueUrl = `${endpoint}/000000000000/orders`;
    const { Messages = [] } = await sqs.send(
      new ReceiveMessageCommand({ QueueUrl, MessageAttributeNames: ['All'] }),
    );
    return Messages;
  }

  async function records() {
    const { ShardIterator } = await kinesis.send(
      new GetShardIteratorCommand({
        StreamName: 'changes',
        ShardId: 'shardId-000000000000',
        ShardIteratorType: 'TRIM_HORIZON',
      }),
    );
    return (await kinesis.send(new GetRecordsCommand({ ShardIterator }))).Records ?? [];
  }

  async function endOf(id: string): Promise<{ state: string; attempts: object[] }> {
    const day = new Date().toISOString().slice(0, 10);
    return until(
      async () => (await send(`/v1/deliveries?subscription_id=${id}&day=${day}`)).json.deliveries[0],
      (delivery) => delivery !== undefined && delivery.state !== 'pending',
    );
  }
});
