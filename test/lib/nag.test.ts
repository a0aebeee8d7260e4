import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type App, Validations } from 'aws-cdk-lib';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { AwsSolutionsChecks } from 'cdk-nag';
import { functions } from '../../lambdas/functions';
import type { ChangewireStack } from '../../lib/changewire-stack';
import { ServiceFunction } from '../../lib/constructs/service-function';
import { type StageName, stageNames } from '../../lib/stage-defaults';
import { addStack, makeApp } from '../../lib/synthesise';
import { stubHandlers } from '../support/stub-handlers';
import { identity } from './templates';

const handlersDirectory = stubHandlers();

function stackOf(stage: StageName): { readonly app: App; readonly stack: ChangewireStack } {
  const app = makeApp({ outdir: mkdtempSync(join(tmpdir(), 'changewire-nag-')) });
  const settings = {
    ...(stage !== 'preview' && identity),
    notifyFrom: 'hub@acme.io',
    pubsub: { project: 'acme' },
  };
  const stack = addStack(app, { stage, settings, handlersDirectory });
  return { app, stack };
}

/** The pack's findings, as `rule` or `rule[finding]`. */
function findingsOf(app: App): readonly string[] {
  return new AwsSolutionsChecks(app).validateScope(app).violations.map(({ ruleName }) => ruleName);
}

interface Acknowledged {
  readonly construct: string;
  readonly id: string;
  readonly reason: string;
}

function acknowledgedIn({ node }: ChangewireStack): readonly Acknowledged[] {
  return node.findAll().flatMap((construct) =>
    construct.node.metadata
      .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
      .flatMap(({ data }) =>
        Object.entries(data as Record<string, string>).map(([id, reason]) => ({
          construct: construct.node.path,
          id,
          reason,
        })),
      ),
  );
}

describe('cdk-nag, AwsSolutions', () => {
  it.each(stageNames)('finds nothing in %s', (stage) => {
    expect(findingsOf(stackOf(stage).app)).toEqual([]);
  });

  it('would find an open queue and a wildcard', () => {
    const { app, stack } = stackOf('prod');
    new Queue(stack, 'open');
    const doors = stack.node.findAll().filter((construct) => construct instanceof ServiceFunction);
    expect(doors).toHaveLength(Object.keys(functions).length);
    doors[0]?.role.addToPolicy(new PolicyStatement({ actions: ['dynamodb:*'], resources: ['*'] }));
    expect(findingsOf(app)).toEqual(
      expect.arrayContaining([
        'AwsSolutions-SQS3',
        'AwsSolutions-SQS4',
        'AwsSolutions-IAM5[Action::dynamodb:*]',
      ]),
    );
  });

  it.each(stageNames)('is told in a sentence why a rule does not apply in %s', (stage) => {
    const acknowledged = acknowledgedIn(stackOf(stage).stack);
    expect(acknowledged.length).toBeGreaterThan(0);
    for (const { reason } of acknowledged) {
      expect(reason).toMatch(/^[A-Z].{25,}\.$/);
    }
  });

  it.each(stageNames)('would find what is told away in %s: no reason outlives its cause', (stage) => {
    const { app, stack } = stackOf(stage);
    const pack = new AwsSolutionsChecks(app);
    Object.defineProperty(pack, 'isAcknowledged', { value: () => false });
    const found = pack.validateScope(app).violations.map(({ ruleName }) => ruleName);
    const acknowledged = acknowledgedIn(stack).map(({ id }) => id.replace(/^annotation::/i, ''));
    expect(found.sort()).toEqual([...new Set(acknowledged)].sort());
  });
});
