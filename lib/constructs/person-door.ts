import { Construct } from 'constructs';
import { ServiceFunction, type StageProps } from './service-function';
import type { StageSecrets } from './stage-secrets';
import type { Store } from './store';
import { tokenEnvironment } from './token-environment';

export interface PersonDoorProps extends StageProps {
  readonly secrets: StageSecrets;
  readonly profiles: Store<'profiles'>;
}

/** Reads profiles, and tells where and by which rules that is done. */
export class PersonDoor extends Construct {
  readonly readPerson: ServiceFunction;
  readonly listPeople: ServiceFunction;
  readonly readWellKnown: ServiceFunction;

  constructor(
    scope: Construct,
    id: string,
    private readonly props: PersonDoorProps,
  ) {
    super(scope, id);
    this.readPerson = this.addReadPerson();
    this.listPeople = this.addListPeople();
    this.readWellKnown = this.addReadWellKnown();
  }

  /** The functions that answer HTTP. */
  get doors(): readonly ServiceFunction[] {
    return [this.readPerson, this.listPeople, this.readWellKnown];
  }

  private addReadPerson(): ServiceFunction {
    const { settings, profiles } = this.props;
    const fn = new ServiceFunction(this, 'read-person', {
      ...this.props,
      environment: {
        ...tokenEnvironment(settings),
        PROFILES_TABLE_NAME: profiles.tableName,
        PUBLIC_METADATA: String(settings.publicMetadata),
      },
    });
    profiles.grant(fn, 'GetItem');
    profiles.grantQuery(fn, 'by-uuid', 'by-primary-email', 'by-primary-username');
    return fn;
  }

  private addListPeople(): ServiceFunction {
    const { settings, profiles } = this.props;
    const fn = new ServiceFunction(this, 'list-people', {
      ...this.props,
      environment: { ...tokenEnvironment(settings), PROFILES_TABLE_NAME: profiles.tableName },
    });
    profiles.grant(fn, 'GetItem', 'Scan');
    profiles.grantQuery(fn, 'by-primary-email', 'by-connection-method');
    return fn;
  }

  private addReadWellKnown(): ServiceFunction {
    const { settings, secrets } = this.props;
    const fn = new ServiceFunction(this, 'read-well-known', {
      ...this.props,
      environment: {
        TOKEN_ISSUER: settings.issuer,
        TOKEN_AUDIENCE: settings.audience,
        PUBLIC_BASE_URL: settings.publicBaseUrl ?? '',
        PUBLISHERS_JWKS_SECRET_ID: secrets.publishersJwks.id,
        PUBLISHER_RULES_SECRET_ID: secrets.publisherRules.id,
      },
    });
    secrets.grantRead(fn, secrets.publishersJwks, secrets.publisherRules);
    return fn;
  }
}
