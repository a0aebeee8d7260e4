import { Duration, Token, Validations } from 'aws-cdk-lib';
import { PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  Alias,
  Architecture,
  Code,
  type IFunction,
  type IVersion,
  Function as LambdaFunction,
  Runtime,
  Tracing,
} from 'aws-cdk-lib/aws-lambda';
import { LogGroup, type RetentionDays } from 'aws-cdk-lib/aws-logs';
import { Construct } from 'constructs';
import {
  type Environment,
  type FunctionDefinition,
  type FunctionName,
  functions,
} from '../../lambdas/functions';
import type { StageSettings } from '../stage';
import type { Bundles } from './bundles';
import { removalPolicy } from './removal-policy';

/** What every construct that has functions is given. */
export interface StageProps {
  readonly settings: StageSettings;
  readonly bundles: Bundles;
}

export interface ServiceFunctionProps<Name extends FunctionName> extends StageProps {
  /** Exactly the variables that the map says. */
  readonly environment: Environment<Name>;
}

/** Lambda takes 4 kB of environment in all, names and values together. */
const MAX_ENVIRONMENT_BYTES = 4096;

/** A token, such as a table's name that only the deployment knows, is taken for this long. */
const TOKEN_BYTES = 150;

/**
 * One function of the map: its construct id is its stem. Its role starts with its own log group and traces;
 * whoever owns a table, stream, queue or secret grants it the rest.
 */
export class ServiceFunction<Name extends FunctionName = FunctionName> extends Construct {
  readonly function: LambdaFunction;
  readonly role: Role;
  readonly definition: FunctionDefinition;
  /** What to call: the alias where instances are kept warm, else the function. */
  readonly entry: IFunction;

  constructor(
    scope: Construct,
    readonly stem: Name,
    props: ServiceFunctionProps<Name>,
  ) {
    super(scope, stem);
    this.definition = functions[stem];
    refuseLargeEnvironment(stem, props.environment);
    this.role = this.addRole();
    this.function = this.addFunction(props);
    this.entry = this.addProvisionedConcurrency(props.settings.provisionedConcurrency[stem] ?? 0);
  }

  /** Lets the function do `actions` on `resources`: for the construct that owns the resource. */
  allow(actions: readonly string[], ...resources: string[]): void {
    this.role.addToPolicy(new PolicyStatement({ actions: [...actions], resources }));
  }

  private addRole(): Role {
    const role = new Role(this, 'Role', {
      assumedBy: new ServicePrincipal('lambda.amazonaws.com'),
      description: `Runs ${this.stem}`,
    });
    Validations.of(role).acknowledge({
      id: 'AwsSolutions-IAM5[Resource::*]',
      reason: 'X-Ray has no resources to name: xray:PutTraceSegments takes only *.',
    });
    return role;
  }

  private addFunction({ settings, bundles, environment }: ServiceFunctionProps<Name>): LambdaFunction {
    const logGroup = new LogGroup(this, 'Logs', {
      retention: settings.logRetentionDays as RetentionDays,
      removalPolicy: removalPolicy(settings),
    });
    logGroup.grantWrite(this.role);
    return new LambdaFunction(this, 'Function', {
      description: this.definition.description,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      code: Code.fromAsset(bundles[this.stem]),
      handler: 'index.handler',
      memorySize: this.definition.memoryMegabytes,
      timeout: Duration.seconds(this.definition.timeoutSeconds),
      environment: { ...environment },
      tracing: Tracing.ACTIVE,
      role: this.role,
      logGroup,
    });
  }

  private addProvisionedConcurrency(instances: number): IFunction {
    if (instances === 0) {
      return this.function;
    }
    // The casts: the library's own types do not hold under exactOptionalPropertyTypes.
    return new Alias(this, 'Warm', {
      aliasName: 'warm',
      version: this.function.currentVersion as IVersion,
      provisionedConcurrentExecutions: instances,
    }) as IFunction;
  }
}

function refuseLargeEnvironment(stem: FunctionName, environment: Readonly<Record<string, string>>): void {
  const sizes = Object.entries(environment).map(([name, value]) => ({
    name,
    bytes: name.length + sizeOf(value),
  }));
  const total = sizes.reduce((sum, { bytes }) => sum + bytes, 0);
  if (total > MAX_ENVIRONMENT_BYTES) {
    const largest = sizes.reduce((a, b) => (b.bytes > a.bytes ? b : a));
    throw new Error(
      `the environment of ${stem} has some ${total} bytes, Lambda takes ${MAX_ENVIRONMENT_BYTES}: ` +
        `${largest.name} alone has ${largest.bytes}; a JWKS file that is too large has to be served under a URI`,
    );
  }
}

function sizeOf(value: string): number {
  return Math.max(Token.isUnresolved(value) ? TOKEN_BYTES : 0, Buffer.byteLength(value));
}
