import { Construct } from 'constructs';
import { functions } from '../../lambdas/functions';
import type { StageSettings } from '../stage';
import type { ChangePipeline } from './change-pipeline';
import type { EventLog } from './event-log';
import type { Registry } from './registry';
import { ServiceFunction, type StageProps } from './service-function';
import { Store } from './store';
import { addTick } from './tick';
import { tokenEnvironment } from './token-environment';
import type { WebhookDelivery } from './webhook-delivery';

export interface ErasureProps extends StageProps {
  readonly change: ChangePipeline;
  readonly events: EventLog;
  readonly registry: Registry;
  readonly webhooks: WebhookDelivery;
}

/** Erasing what is kept of one subject: the door, the worker, and the receipts. */
export class Erasure extends Construct {
  readonly manageErasures: ServiceFunction;
  readonly eraseSubject: ServiceFunction;
  private readonly erasures: Store<'erasures'>;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: ErasureProps,
  ) {
    super(scope, id);
    this.erasures = new Store(this, 'erasures', props.settings);
    this.manageErasures = this.addManageErasures();
    this.eraseSubject = this.addEraseSubject();
  }

  /** The functions that answer HTTP. */
  get doors(): readonly ServiceFunction[] {
    return [this.manageErasures];
  }

  private addManageErasures(): ServiceFunction {
    const fn = new ServiceFunction(this, 'manage-erasures', {
      ...this.props,
      environment: {
        ...tokenEnvironment(this.props.settings),
        REGISTRY_TABLE_NAME: this.props.registry.tableName,
        ERASURES_TABLE_NAME: this.erasures.tableName,
      },
    });
    this.props.registry.grantAuthenticate(fn);
    this.erasures.grant(fn, 'GetItem', 'PutItem');
    return fn;
  }

  private addEraseSubject(): ServiceFunction {
    const { settings, change, events, webhooks } = this.props;
    const fn = new ServiceFunction(this, 'erase-subject', {
      ...this.props,
      environment: {
        ERASURES_TABLE_NAME: this.erasures.tableName,
        PROFILES_TABLE_NAME: change.profiles.tableName,
        CHANGE_STATUSES_TABLE_NAME: change.statusesTableName,
        EVENTS_TABLE_NAME: events.history.tableName,
        DELIVERIES_TABLE_NAME: webhooks.tableName,
        SETTLE_SECONDS: String(settleSeconds(settings)),
        STREAM_RETENTION_HOURS: String(settings.streamRetentionHours),
        LOG_RETENTION_DAYS: String(settings.logRetentionDays),
        HAS_BACKUPS: String(settings.keepsData),
      },
    });
    this.erasures.grant(fn, 'GetItem', 'PutItem');
    this.erasures.grantQuery(fn, 'by-open');
    change.grantErase(fn);
    events.grantErase(fn);
    webhooks.grantErase(fn);
    addTick(fn, settings);
    return fn;
  }
}

/** A batch that was under way has ended by then, and what followed from it too; on one machine that is soon. */
function settleSeconds({ stage, recoverySeconds }: StageSettings): number {
  return stage === 'preview'
    ? recoverySeconds
    : functions['integrate-changes'].timeoutSeconds + functions['dispatch-events'].timeoutSeconds;
}
