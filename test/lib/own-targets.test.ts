import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AwsSolutionsChecks } from 'cdk-nag';
import { addStack, makeApp } from '../../lib/synthesise';
import { stubHandlers } from '../support/stub-handlers';
import { at, grantsOf, identity, type Template, templateOf } from './templates';

const arns = [
  'arn:aws:sqs:eu-central-1:123456789012:orders',
  'arn:aws:sqs:eu-central-1:123456789012:payments.fifo',
  'arn:aws:sns:eu-central-1:123456789012:news',
  'arn:aws:events:eu-central-1:123456789012:event-bus/default',
  'arn:aws:kinesis:eu-central-1:123456789012:stream/changes',
];

interface Statement {
  readonly Action: unknown;
  readonly Resource: unknown;
}

/** `action ARN` of all that a role may do to what is not a resource of the stack. */
function foreignGrants(template: Template, stem: string): readonly string[] {
  const { Statement } = at(template, `${stem}/Role/DefaultPolicy/Resource`).Properties.PolicyDocument;
  return (Statement as Statement[]).flatMap(({ Action, Resource }) =>
    [Resource]
      .flat()
      .filter((resource) => /"arn:|AWS::AccountId/.test(JSON.stringify(resource)))
      .map((resource) => `${[Action].flat().join('+')} ${resolve(resource)}`),
  );
}

function variable(template: Template, stem: string): unknown {
  return at(template, `${stem}/Function/Resource`).Properties.Environment.Variables.TARGET_ARNS;
}

/** What CloudFormation makes of a value, in an account and a region. */
function resolve(value: unknown): string {
  if (typeof value === 'string') {
    return value;
  }
  const { Ref, 'Fn::Join': join } = value as { Ref?: string; 'Fn::Join'?: [string, unknown[]] };
  return join
    ? join[1].map(resolve).join(join[0])
    : ({ 'AWS::Region': 'eu-west-3', 'AWS::AccountId': '210987654321' }[Ref ?? ''] ?? `?${Ref}`);
}

describe('the setting targetArns', () => {
  const template = templateOf('preview', { targetArns: arns });

  it('grants the worker one action on each of exactly these, and nobody else anything', () => {
    expect(foreignGrants(template, 'deliver-webhooks')).toEqual([
      ...[`sqs:SendMessage ${arns[0]}`, `sqs:SendMessage ${arns[1]}`, `sns:Publish ${arns[2]}`],
      ...[`events:PutEvents ${arns[3]}`, `kinesis:PutRecord ${arns[4]}`],
    ]);
    const others = Object.values(template.Resources).filter(
      ({ Type, Metadata, Properties }) =>
        Type === 'AWS::IAM::Policy' &&
        !Metadata['aws:cdk:path']?.includes('/deliver-webhooks/') &&
        arns.some((arn) => JSON.stringify(Properties).includes(arn)),
    );
    expect(others).toEqual([]);
  });

  it('tells the worker and the door which these are, and where the stack is', () => {
    for (const stem of ['deliver-webhooks', 'manage-subscriptions']) {
      expect(JSON.parse(resolve(variable(template, stem)))).toEqual({
        account: '210987654321',
        region: 'eu-west-3',
        arns,
      });
    }
  });

  it('completes what is of the stack’s own account and region, which only the deployment knows', () => {
    const own = templateOf('preview', {
      targetArns: ['arn:aws:sqs:::orders', 'arn:aws:sns:eu-west-1::news'],
    });
    const completed = [
      'arn:aws:sqs:eu-west-3:210987654321:orders',
      'arn:aws:sns:eu-west-1:210987654321:news',
    ];
    expect(foreignGrants(own, 'deliver-webhooks')).toEqual([
      `sqs:SendMessage ${completed[0]}`,
      `sns:Publish ${completed[1]}`,
    ]);
    expect(JSON.parse(resolve(variable(own, 'deliver-webhooks'))).arns).toEqual(completed);
  });

  it('grants nothing and says nothing where it is left out', () => {
    const none = templateOf('preview');
    expect(variable(none, 'deliver-webhooks')).toBe('');
    expect(foreignGrants(none, 'deliver-webhooks')).toEqual([]);
    const granted = grantsOf(none, 'deliver-webhooks').join();
    expect(granted).not.toMatch(/sns:|events:/);
  });

  it('passes cdk-nag', () => {
    const app = makeApp({ outdir: mkdtempSync(join(tmpdir(), 'changewire-targets-')) });
    const settings = { ...identity, targetArns: [...arns, 'arn:aws:sqs:::orders'] };
    addStack(app, { stage: 'prod', settings, handlersDirectory: stubHandlers() });
    expect(new AwsSolutionsChecks(app).validateScope(app).violations).toEqual([]);
  });

  it('names the role that the policies of encryption keys have to let in', () => {
    const outputs = (template as unknown as { Outputs: Record<string, { Value: unknown }> }).Outputs;
    const role = at(template, 'deliver-webhooks/Role/Resource').id;
    expect(Object.values(outputs)).toContainEqual(
      expect.objectContaining({ Value: { 'Fn::GetAtt': [role, 'Arn'] } }),
    );
  });
});

describe('the setting forwardProxy', () => {
  it('reaches the worker', () => {
    const worker = (overrides: object) =>
      at(templateOf('preview', overrides), 'deliver-webhooks/Function/Resource').Properties.Environment
        .Variables;
    expect(worker({ forwardProxy: 'http://proxy.acme.io:3128' }).FORWARD_PROXY).toBe(
      'http://proxy.acme.io:3128',
    );
    expect(worker({}).FORWARD_PROXY).toBe('');
  });
});
