import { ACCOUNT_ID, arn, REGION } from '../aws/identity';
import type { Assembly } from './assembly';
import { isCustomResource, isWithoutEffect } from './coverage';
import { evaluate, NO_VALUE, type Scope } from './evaluate';
import { readableFunctionNames } from './function-names';
import { type Identity, identify } from './identify';
import type { Resource } from './template';

export interface InventoryOptions {
  readonly assembly: Assembly;
  /** Values of template parameters; the others have their defaults. */
  readonly parameters: Readonly<Record<string, string>>;
  /** Where the queues live, as `http://127.0.0.1:<port>`: their `Ref` is a URL. */
  readonly queueEndpoint: string;
}

/**
 * The resources of a template by type, with every reference resolved. Physical names are derived from the
 * logical ids, so the same template finds its tables and streams again in a kept data directory.
 */
export class Inventory implements Scope {
  private readonly identities = new Map<string, Identity>();
  private readonly customAttributes = new Map<string, Readonly<Record<string, unknown>>>();
  private readonly evaluating = new Set<string>();

  private readonly functionNames: ReadonlyMap<string, string>;

  constructor(private readonly options: InventoryOptions) {
    this.functionNames = readableFunctionNames(options.assembly.template);
  }

  get stackName(): string {
    return this.options.assembly.stackName;
  }

  /** All resources of a type whose condition holds, in the template's order, properties evaluated. */
  ofType(matches: string | ((type: string) => boolean)): Resource[] {
    return this.logicalIds()
      .filter((logicalId) => {
        const type = this.template.Resources[logicalId]?.Type ?? '';
        return typeof matches === 'string' ? type === matches : matches(type);
      })
      .map((logicalId) => this.resource(logicalId));
  }

  /** One resource with its properties evaluated. */
  resource(logicalId: string): Resource {
    const resource = this.declared(logicalId);
    return {
      logicalId,
      type: resource.Type,
      properties: evaluate(resource.Properties ?? {}, this) as Record<string, unknown>,
    };
  }

  /** Logical id → physical id, for the caller of `start`. */
  physicalIds(): Record<string, string> {
    return Object.fromEntries(
      this.logicalIds().map((logicalId) => [logicalId, this.identity(logicalId).ref] as const),
    );
  }

  /** What the template gives out, evaluated. */
  outputs(): Record<string, string> {
    const declared = Object.entries(this.template.Outputs ?? {}).filter(
      ([, { Condition }]) => Condition === undefined || this.condition(Condition),
    );
    return Object.fromEntries(declared.map(([name, { Value }]) => [name, String(evaluate(Value, this))]));
  }

  /** A custom resource has answered: its attributes can be read from now on. */
  setCustomAttributes(logicalId: string, attributes: Readonly<Record<string, unknown>>): void {
    this.customAttributes.set(logicalId, attributes);
  }

  ref(name: string): unknown {
    if (name.startsWith('AWS::')) {
      return this.pseudoParameter(name);
    }
    const parameter = this.template.Parameters?.[name];
    return parameter ? this.parameter(name, parameter.Default) : this.identity(name).ref;
  }

  attribute(logicalId: string, name: string): unknown {
    const { Type: type } = this.declared(logicalId);
    if (isCustomResource(type)) {
      const value = this.customAttributes.get(logicalId)?.[name];
      if (value === undefined) {
        throw new Error(`${logicalId} (${type}) has not answered with an attribute ${name}`);
      }
      return value;
    }
    const value = this.identity(logicalId).attributes[name];
    if (value === undefined) {
      if (isWithoutEffect(type)) {
        return arn('local', `${logicalId}/${name}`);
      }
      throw new Error(`${logicalId} (${type}) has no attribute ${name} in the local runner`);
    }
    return value;
  }

  condition(name: string): boolean {
    const expression = this.template.Conditions?.[name];
    if (expression === undefined) {
      throw new Error(`the template has no condition ${name}`);
    }
    return evaluate(expression, this) === true;
  }

  mapping(map: string, first: string, second: string): unknown {
    const value = this.template.Mappings?.[map]?.[first]?.[second];
    if (value === undefined) {
      throw new Error(`the template has no mapping ${map}.${first}.${second}`);
    }
    return value;
  }

  private get template() {
    return this.options.assembly.template;
  }

  private logicalIds(): string[] {
    return Object.entries(this.template.Resources)
      .filter(([, { Condition }]) => Condition === undefined || this.condition(Condition))
      .map(([logicalId]) => logicalId);
  }

  private declared(logicalId: string) {
    const resource = Object.hasOwn(this.template.Resources, logicalId)
      ? this.template.Resources[logicalId]
      : undefined;
    if (!resource) {
      throw new Error(`the template refers to ${logicalId}, which it does not declare`);
    }
    return resource;
  }

  private parameter(name: string, defaultValue: unknown): unknown {
    const value = this.options.parameters[name] ?? defaultValue;
    if (value === undefined) {
      throw new Error(`the template parameter ${name} has no default and no value`);
    }
    return value;
  }

  private pseudoParameter(name: string): unknown {
    const values: Readonly<Record<string, unknown>> = {
      'AWS::Region': REGION,
      'AWS::AccountId': ACCOUNT_ID,
      'AWS::Partition': 'aws',
      'AWS::URLSuffix': 'amazonaws.com',
      'AWS::StackName': this.stackName,
      'AWS::StackId': arn('cloudformation', `stack/${this.stackName}/local`),
      'AWS::NotificationARNs': [],
      'AWS::NoValue': NO_VALUE,
    };
    if (!Object.hasOwn(values, name)) {
      throw new Error(`the pseudo parameter ${name} is not known`);
    }
    return values[name];
  }

  private identity(logicalId: string): Identity {
    const known = this.identities.get(logicalId);
    if (known) {
      return known;
    }
    if (this.evaluating.has(logicalId)) {
      throw new Error(`${logicalId} refers to itself`);
    }
    this.evaluating.add(logicalId);
    const identity = this.identify(logicalId);
    this.evaluating.delete(logicalId);
    this.identities.set(logicalId, identity);
    return identity;
  }

  private identify(logicalId: string): Identity {
    const { Type: type, Properties: properties = {} } = this.declared(logicalId);
    return identify({
      type,
      logicalId,
      generatedName: this.functionNames.get(logicalId) ?? `${this.stackName}-${logicalId}`,
      queueEndpoint: this.options.queueEndpoint,
      property: (name) => {
        const value = evaluate(properties[name], this);
        return value === undefined || value === NO_VALUE ? undefined : String(value);
      },
    });
  }
}
