import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stageSettings } from '../../lib/stage';
import { at, grantsOf, identity, ofType, type Template, templateOf } from './templates';

const folder = mkdtempSync(join(tmpdir(), 'changewire-pubsub-'));
const account = {
  type: 'service_account',
  client_email: 'publisher@acme.iam.gserviceaccount.com',
  private_key: '-----BEGIN PRIVATE KEY-----\nhush\n-----END PRIVATE KEY-----\n',
};
const file = (content: unknown) => {
  const path = join(folder, 'account.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
};

const variables = (template: Template, stem: string) =>
  at(template, `${stem}/Function/Resource`).Properties.Environment.Variables;

describe('the setting pubsub', () => {
  it('makes a worker with a queue of its own, whose dead letters are those of all deliveries', () => {
    const template = templateOf('prod', { pubsub: { project: 'acme' } });
    const queue = at(template, 'publishing-queue/Queue/Resource');
    const [deliveries, deadLetters] = ['Queue', 'DeadLetters'].map((name) =>
      at(template, `deliveries-queue/${name}/Resource`),
    );
    expect(queue.Properties.RedrivePolicy).toEqual(deliveries?.Properties.RedrivePolicy);
    expect(JSON.stringify(queue.Properties.RedrivePolicy)).toContain(deadLetters?.id);
    expect(at(template, 'publish-deliveries/Feed').Properties).toMatchObject({
      BatchSize: 100,
      MaximumBatchingWindowInSeconds: 1,
      EventSourceArn: { 'Fn::GetAtt': [queue.id, 'Arn'] },
      FunctionResponseTypes: ['ReportBatchItemFailures'],
    });
    expect(variables(template, 'deliver-webhooks').PUBLISH_QUEUE_URL).toEqual({ Ref: queue.id });
    expect(grantsOf(template, 'deliver-webhooks')).toContain(
      'sqs:SendMessage webhooks/publishing/publishing-queue/Queue',
    );
    expect(grantsOf(template, 'publish-deliveries')).toContain(
      'sqs:SendMessage webhooks/deliveries-queue/Queue',
    );
  });

  it('publishes to Google where it does not say otherwise', () => {
    const tells = (pubsub: object) =>
      JSON.parse(variables(templateOf('preview', { pubsub: pubsub as never }), 'publish-deliveries').PUBSUB);
    expect(tells({ project: 'acme' })).toEqual({ baseUrl: 'https://pubsub.googleapis.com', project: 'acme' });
    const emulator = { baseUrl: 'http://127.0.0.1:8085', project: 'p', idAttribute: 'message-id' };
    expect(tells(emulator)).toEqual(emulator);
  });

  it('keeps the account in a secret that this worker alone reads, and nowhere in an environment', () => {
    const template = templateOf('preview', { pubsub: { project: 'acme', serviceAccount: file(account) } });
    const secret = at(template, 'pubsub-account');
    expect(JSON.parse(secret.Properties.SecretString)).toEqual(account);
    const readers = ofType(template, 'AWS::IAM::Policy').filter(({ Properties }) =>
      JSON.stringify(Properties).includes(`"${secret.id}"`),
    );
    expect(readers.map(({ Metadata }) => Metadata['aws:cdk:path'])).toEqual([
      expect.stringContaining('/publish-deliveries/'),
    ]);
    for (const { Properties } of ofType(template, 'AWS::Lambda::Function')) {
      expect(JSON.stringify(Properties)).not.toContain('hush');
    }
  });

  it.each(['dev', 'prod'] as const)(
    'has %s take the account as a secret alone, which has no value yet',
    (stage) => {
      const pubsub = { project: 'acme', serviceAccount: file(account) };
      const attempt = () => stageSettings(stage, { ...identity, pubsub });
      expect(attempt).toThrow(/does not take the setting pubsub\.serviceAccount/);
      expect(attempt).not.toThrow(/hush/);
      const { Properties } = at(templateOf(stage, { pubsub: { project: 'acme' } }), 'pubsub-account');
      expect(Properties).not.toHaveProperty('SecretString');
    },
  );

  it.each(['dev', 'prod'] as const)('has %s publish over https alone', (stage) => {
    const publishing = (baseUrl: string) =>
      stageSettings(stage, { ...identity, pubsub: { project: 'acme', baseUrl } });
    expect(() => publishing('http://pubsub.acme.io')).toThrow('https alone');
    expect(publishing('https://pubsub.acme.io').pubsub?.baseUrl).toBe('https://pubsub.acme.io');
  });

  it.each([
    ['is not there', undefined, /cannot read the file/],
    ['is no JSON', '{', /is not JSON/],
    ['is of a user', { ...account, type: 'authorized_user' }, /wrong shape/],
    ['has no key', { ...account, private_key: undefined }, /wrong shape/],
    ['holds no key where it should', { ...account, private_key: 'hush' }, /wrong shape/],
  ])('refuses an account that %s, by its name and without its content', (_how, content, message) => {
    const serviceAccount = content === undefined ? join(folder, 'none.json') : file(content);
    const attempt = () => stageSettings('preview', { pubsub: { project: 'acme', serviceAccount } });
    expect(attempt).toThrow(message);
    expect(attempt).toThrow('pubsub.serviceAccount');
    expect(attempt).not.toThrow(/hush/);
  });

  it('leaves no trace where it is left out', () => {
    const template = templateOf('prod');
    const paths = Object.values(template.Resources).map(({ Metadata }) => Metadata?.['aws:cdk:path'] ?? '');
    expect(
      paths.filter((path) => /\/(pubsub-account|publishing-queue|publish-deliveries)/.test(path)),
    ).toEqual([]);
    expect(variables(template, 'deliver-webhooks').PUBLISH_QUEUE_URL).toBe('');
  });
});
