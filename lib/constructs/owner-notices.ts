import { Stack } from 'aws-cdk-lib';
import { Construct } from 'constructs';
import { functions } from '../../lambdas/functions';
import { notifySender } from '../notify-sender';
import { QueueWithDlq } from './queue-with-dlq';
import type { Registry } from './registry';
import { ServiceFunction, type StageProps } from './service-function';

export interface OwnerNoticesProps extends StageProps {
  readonly registry: Registry;
  /** The setting. */
  readonly notifyFrom: string;
}

/** Mails are few, and SES takes one a second from a new account. */
const CONCURRENCY = 2;

/** From a notice to the owner's mail box. Only stages that have a sender have it. */
export class OwnerNotices extends Construct {
  readonly notifyOwners: ServiceFunction;
  readonly notices: QueueWithDlq;

  constructor(scope: Construct, id: string, props: OwnerNoticesProps) {
    super(scope, id);
    const { partition, region, account } = Stack.of(this);
    const sender = notifySender(props.notifyFrom, { partition, region, account });
    this.notices = new QueueWithDlq(this, 'notices-queue', {
      settings: props.settings,
      workerTimeoutSeconds: functions['notify-owners'].timeoutSeconds,
    });
    this.notifyOwners = new ServiceFunction(this, 'notify-owners', {
      settings: props.settings,
      bundles: props.bundles,
      environment: { REGISTRY_TABLE_NAME: props.registry.tableName, NOTIFY_FROM: sender.address },
    });
    props.registry.grantNotify(this.notifyOwners);
    this.notifyOwners.allow(['ses:SendEmail'], sender.identityArn);
    this.notices.feed(this.notifyOwners, { maximumConcurrency: CONCURRENCY });
  }
}
