import { Construct } from 'constructs';
import { ServiceFunction, type StageProps } from './service-function';
import type { Store } from './store';
import { tokenEnvironment } from './token-environment';

export interface PersonDoorProps extends StageProps {
  readonly profiles: Store<'profiles'>;
}

/** Reads profiles. */
export class PersonDoor extends Construct {
  readonly readPerson: ServiceFunction;

  constructor(scope: Construct, id: string, props: PersonDoorProps) {
    super(scope, id);
    this.readPerson = new ServiceFunction(this, 'read-person', {
      ...props,
      environment: {
        ...tokenEnvironment(props.settings),
        PROFILES_TABLE_NAME: props.profiles.tableName,
      },
    });
    props.profiles.grant(this.readPerson, 'GetItem');
    props.profiles.grantQuery(this.readPerson, 'by-uuid', 'by-primary-email', 'by-primary-username');
  }

  /** The functions that answer HTTP. */
  get doors(): readonly ServiceFunction[] {
    return [this.readPerson];
  }
}
