import {
  isArn,
  noOwnTargets,
  type OwnTargets,
  parseOwnTargets,
  parseTargetArn,
  vetTargetArn,
} from '../../../../core/webhooks/targets/target-arn';

describe('parseTargetArn', () => {
  it.each([
    ['arn:aws:sqs:eu-central-1:123456789012:orders.fifo', 'sqs', 'orders.fifo'],
    ['arn:aws-cn:sns:cn-north-1:123456789012:orders', 'sns', 'orders'],
    ['arn:aws:events:eu-central-1:123456789012:event-bus/default', 'events', 'default'],
    ['arn:aws:events:eu-central-1:123456789012:event-bus/aws.partner/a/b', 'events', 'aws.partner/a/b'],
    ['arn:aws-us-gov:kinesis:us-gov-west-1:123456789012:stream/orders', 'kinesis', 'orders'],
  ])('reads %s', (text, service, name) => {
    expect(parseTargetArn(text)).toMatchObject({ text, service, name, account: '123456789012' });
  });

  it.each([
    '',
    'arn:aws:sqs:eu-central-1:123456789012:',
    'arn:aws:sqs:eu-central-1:123456789012:a:b',
    'arn:aws:sqs:eu-central-1:123456789012:a/../b',
    'arn:aws:sqs:eu-central-1:123456789012:orders\n',
    'arn:aws:sqs::123456789012:orders',
    'arn:aws:kinesis:eu-central-1:123456789012:orders',
    'arn:aws:kinesis:eu-central-1:123456789012:stream/a/consumer/b:1',
    'arn:aws:events:eu-central-1:123456789012:rule/a',
    'arn:aws:s3:::bucket',
    'arn:aws:constructor:eu-central-1:123456789012:a',
    'arn:evil:sqs:eu-central-1:123456789012:a',
  ])('reads nothing of %j', (text) => {
    expect(parseTargetArn(text)).toBeUndefined();
  });
});

describe('vetTargetArn', () => {
  const listed = 'arn:aws:sqs:eu-central-1:123456789012:orders';
  const own: OwnTargets = { account: '123456789012', region: 'eu-central-1', arns: [listed] };

  it('lets what is listed through, and nothing that only looks like it', () => {
    expect(vetTargetArn(listed, own)).toMatchObject({ ok: true, arn: { name: 'orders' } });
    for (const other of [`${listed}s`, listed.slice(0, -1), listed.toUpperCase(), ` ${listed}`]) {
      expect(vetTargetArn(other, own).ok).toBe(false);
    }
    expect(vetTargetArn(listed, noOwnTargets)).toEqual({ ok: false, reason: 'not_listed' });
  });

  it('never leaves the account and the region, even where the list does', () => {
    const foreign = 'arn:aws:sqs:eu-central-1:999999999999:orders';
    const far = 'arn:aws:sqs:us-east-1:123456789012:orders';
    const wide = { ...own, arns: [foreign, far] };
    expect(vetTargetArn(foreign, wide)).toEqual({ ok: false, reason: 'another_account' });
    expect(vetTargetArn(far, wide)).toEqual({ ok: false, reason: 'another_region' });
  });
});

describe('isArn', () => {
  it('tells ARNs from URLs, however they are written', () => {
    expect(['arn:aws:sqs:a:1:b', 'ARN:x', 'arn:'].every(isArn)).toBe(true);
    expect(['https://arn.example/', 'https://arn:aws@example.com/', ''].some(isArn)).toBe(false);
  });
});

describe('parseOwnTargets', () => {
  it('reads what the stack writes, and nothing as none', () => {
    const own = { account: '1', region: 'r', arns: ['arn:aws:sqs:r:1:a'] };
    expect(parseOwnTargets(JSON.stringify(own))).toEqual(own);
    expect(parseOwnTargets('')).toEqual(noOwnTargets);
  });

  it.each(['null', '[]', '{"account":"1"}', '{', 'arn:aws:sqs:r:1:a'])(
    'refuses %s: a mistake of the deployment opens nothing',
    (text) => {
      expect(() => parseOwnTargets(text)).toThrow();
    },
  );
});
