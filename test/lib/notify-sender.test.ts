import { notifySender } from '../../lib/notify-sender';
import { parseOverrides } from '../../lib/settings';
import { at, grantsOf, identity, ofType, type Template, templateOf } from './templates';

const own = { partition: 'aws', region: 'eu-west-3', account: '210987654321' };

describe('the setting notifyFrom', () => {
  it.each([
    [
      'hub@example.org',
      {
        address: 'hub@example.org',
        identityArn: 'arn:aws:ses:eu-west-3:210987654321:identity/hub@example.org',
      },
    ],
    [
      'arn:aws:ses:::identity/hub@example.org',
      {
        address: 'hub@example.org',
        identityArn: 'arn:aws:ses:eu-west-3:210987654321:identity/hub@example.org',
      },
    ],
    [
      'arn:aws:ses:eu-central-1:123456789012:identity/example.org',
      {
        address: 'changewire@example.org',
        identityArn: 'arn:aws:ses:eu-central-1:123456789012:identity/example.org',
      },
    ],
  ])('%s names a sender and one identity', (text, sender) => {
    expect(parseOverrides({ notifyFrom: text })).toEqual({ notifyFrom: text });
    expect(notifySender(text, own)).toEqual(sender);
  });

  it.each([
    'example.org',
    'hub',
    'hub@example.org\nBcc: eve@example.net',
    'hub@example.org, eve@example.net',
    'Hub <hub@example.org>',
    '*@example.org',
    'hub@*',
    'arn:aws:ses:::identity/*',
    'arn:aws:ses:::identity/*@example.org',
    'arn:aws:ses:*:123456789012:identity/example.org',
    'arn:aws:ses:eu-central-1:*:identity/example.org',
    'arn:aws:ses:eu-central-1:123456789012:configuration-set/own',
    'arn:aws:sns:::identity/example.org',
    '',
  ])('refuses %j and names the setting', (text) => {
    expect(() => parseOverrides({ notifyFrom: text })).toThrow('the setting "notifyFrom" is wrong');
  });
});

const alarms = (template: Template) =>
  ofType(template, 'AWS::CloudWatch::Alarm').map(({ Properties }) => Properties.AlarmDescription as string);

describe('a stage without a sender', () => {
  const template = templateOf('prod');

  it('has no function, queue, grant or alarm for mail', () => {
    const text = JSON.stringify(template);
    expect(text).not.toMatch(/notify-owners|notices-queue|ses:/);
    expect(alarms(template).filter((harm) => harm.startsWith('Owners'))).toEqual([]);
    const { Variables } = at(template, 'deliver-webhooks/Function/Resource').Properties.Environment;
    expect(Variables.NOTICES_QUEUE_URL).toBe('');
  });
});

describe('a stage with a sender', () => {
  const notifyFrom = 'arn:aws:ses:eu-central-1:123456789012:identity/example.org';
  const template = templateOf('prod', { ...identity, notifyFrom });
  const queue = 'webhooks/owners/notices-queue/Queue';

  it('lets notify-owners mail by that identity, read accounts and mark, and nothing else', () => {
    expect(grantsOf(template, 'notify-owners')).toEqual([
      'dynamodb:GetItem topics/registry',
      'dynamodb:UpdateItem topics/registry',
      `ses:SendEmail "${notifyFrom}"`,
      `sqs:DeleteMessage ${queue}`,
      `sqs:GetQueueAttributes ${queue}`,
      `sqs:ReceiveMessage ${queue}`,
    ]);
  });

  it('lets the worker fill the queue, and nobody else', () => {
    expect(grantsOf(template, 'deliver-webhooks')).toContain(`sqs:SendMessage ${queue}`);
    for (const stem of ['dispatch-events', 'resend-dead-letters', 'manage-subscriptions']) {
      expect(grantsOf(template, stem)).not.toContain(`sqs:SendMessage ${queue}`);
    }
  });

  it('mails from the domain, and tells when mails stay behind', () => {
    const { Variables } = at(template, 'notify-owners/Function/Resource').Properties.Environment;
    expect(Variables.NOTIFY_FROM).toBe('changewire@example.org');
    expect(alarms(template).filter((harm) => harm.startsWith('Owners'))).toHaveLength(3);
  });

  it('hides a message for longer than a claim lasts', () => {
    expect(at(template, `${queue}/Resource`).Properties.VisibilityTimeout).toBeGreaterThan(60);
  });
});
