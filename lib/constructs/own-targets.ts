import { CfnOutput, Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import type { StageSettings } from '../stage';
import { type TargetGrant, targetGrants } from '../target-arns';
import type { ServiceFunction } from './service-function';

/** The queues, topics, event buses and streams of others that this stage's subscriptions may lead to. */
export class OwnTargets extends Construct {
  /** For `TARGET_ARNS`: empty where there are none. */
  readonly environment: string;
  private readonly grants: readonly TargetGrant[];

  constructor(scope: Construct, id: string, settings: Pick<StageSettings, 'targetArns'>) {
    super(scope, id);
    const { account, region } = Stack.of(this);
    this.grants = targetGrants(settings.targetArns, { account, region });
    const arns = this.grants.map(({ arn }) => arn);
    this.environment = arns.length === 0 ? '' : JSON.stringify({ account, region, arns });
  }

  /** Lets the function send to exactly these. Their keys, where they are encrypted, are their owners' to grant. */
  grant(fn: ServiceFunction): void {
    const actions = [...new Set(this.grants.map(({ action }) => action))];
    for (const action of actions) {
      const arns = this.grants.filter((grant) => grant.action === action).map(({ arn }) => arn);
      fn.allow([action], ...arns);
    }
    if (actions.length > 0) {
      new CfnOutput(this, 'SenderRole', {
        description: 'Whom the policies of encryption keys of targets have to let in',
        value: fn.role.roleArn,
      });
    }
  }
}
