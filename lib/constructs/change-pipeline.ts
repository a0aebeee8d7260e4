import { Construct } from 'constructs';
import type { EventLog } from './event-log';
import { RecordStream } from './record-stream';
import { ServiceFunction, type StageProps } from './service-function';
import type { StageSecrets } from './stage-secrets';
import { Store } from './store';
import { tokenEnvironment } from './token-environment';

export interface ChangePipelineProps extends StageProps {
  readonly secrets: StageSecrets;
  readonly events: EventLog;
}

/** From an accepted change to the integrated profile: the change door, the stream, the integration. */
export class ChangePipeline extends Construct {
  readonly submitChange: ServiceFunction;
  readonly readChangeStatus: ServiceFunction;
  readonly integrateChanges: ServiceFunction;
  readonly stream: RecordStream;
  readonly profiles: Store<'profiles'>;
  private readonly statuses: Store<'change-statuses'>;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: ChangePipelineProps,
  ) {
    super(scope, id);
    this.stream = new RecordStream(this, 'changes-stream', props.settings);
    this.profiles = new Store(this, 'profiles', props.settings);
    this.statuses = new Store(this, 'change-statuses', props.settings);
    this.submitChange = this.addSubmitChange();
    this.readChangeStatus = this.addReadChangeStatus();
    this.integrateChanges = this.addIntegrateChanges();
  }

  /** The functions that answer HTTP. */
  get doors(): readonly ServiceFunction[] {
    return [this.submitChange, this.readChangeStatus];
  }

  get statusesTableName(): string {
    return this.statuses.tableName;
  }

  /** Lets the function replace a person's row by a mark, and take the person off the statuses. */
  grantErase(fn: ServiceFunction): void {
    this.profiles.grant(fn, 'BatchGetItem', 'PutItem');
    this.statuses.grant(fn, 'Scan', 'UpdateItem');
  }

  private addSubmitChange(): ServiceFunction {
    const { settings } = this.props;
    const fn = new ServiceFunction(this, 'submit-change', {
      ...this.props,
      environment: {
        ...tokenEnvironment(settings),
        CHANGES_STREAM_NAME: this.stream.streamName,
        CHANGE_STATUSES_TABLE_NAME: this.statuses.tableName,
        V2_WAIT_SECONDS: String(settings.v2WaitSeconds),
        ALLOW_DELETE: String(settings.allowDelete),
      },
    });
    this.stream.grantAppend(fn);
    this.stream.grantAppendMany(fn);
    this.statuses.grant(fn, 'BatchGetItem');
    return fn;
  }

  private addReadChangeStatus(): ServiceFunction {
    const fn = new ServiceFunction(this, 'read-change-status', {
      ...this.props,
      environment: {
        ...tokenEnvironment(this.props.settings),
        CHANGE_STATUSES_TABLE_NAME: this.statuses.tableName,
      },
    });
    this.statuses.grant(fn, 'Query');
    return fn;
  }

  private addIntegrateChanges(): ServiceFunction {
    const { settings, secrets, events } = this.props;
    const fn = new ServiceFunction(this, 'integrate-changes', {
      ...this.props,
      environment: {
        PROFILES_TABLE_NAME: this.profiles.tableName,
        CHANGE_STATUSES_TABLE_NAME: this.statuses.tableName,
        EVENTS_STREAM_NAME: events.stream.streamName,
        CIS_KEY_SECRET_ID: secrets.cisKey.id,
        PUBLISHERS_JWKS_SECRET_ID: secrets.publishersJwks.id,
        PUBLISHER_RULES_SECRET_ID: secrets.publisherRules.id,
        VERIFY_SIGNATURES: String(settings.verifySignatures),
        VERIFY_PUBLISHERS: String(settings.verifyPublishers),
        // So that unsigned fakes go in, with the identifiers that they bring; nowhere else.
        ALLOW_MINTED_IDENTIFIERS: String(!settings.verifySignatures),
      },
    });
    this.profiles.grant(fn, 'BatchGetItem', 'PutItem');
    this.statuses.grant(fn, 'BatchGetItem', 'PutItem');
    // The attempts at a record that crashed the function are counted beside the statuses.
    this.statuses.grant(fn, 'UpdateItem');
    events.grantAppend(fn);
    secrets.grantRead(fn, secrets.cisKey, secrets.publishersJwks, secrets.publisherRules);
    this.stream.feed(fn, secrets.cisKeyReady);
    return fn;
  }
}
