/** A CloudFormation template as the runner reads it. */
export interface Template {
  readonly Resources: Readonly<Record<string, TemplateResource>>;
  readonly Parameters?: Readonly<Record<string, { readonly Type: string; readonly Default?: unknown }>>;
  readonly Conditions?: Readonly<Record<string, unknown>>;
  readonly Mappings?: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>;
  readonly Outputs?: Readonly<Record<string, { readonly Value: unknown; readonly Condition?: string }>>;
  readonly [section: string]: unknown;
}

export interface TemplateResource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
  readonly Condition?: string;
  readonly [attribute: string]: unknown;
}

/** A resource whose properties have been evaluated: no intrinsic function is left in them. */
export interface Resource {
  readonly logicalId: string;
  readonly type: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** The template asks for something that the runner cannot do: each problem names logical id, type, property. */
export class UnknownFeatureError extends Error {
  constructor(readonly problems: readonly string[]) {
    super(
      `the local runner does not know ${problems.length === 1 ? 'this' : 'these'} of the template; ` +
        `implement it in local/ or list it in local/template/coverage.ts:\n${problems
          .map((problem) => `  ${problem}`)
          .join('\n')}`,
    );
    this.name = 'UnknownFeatureError';
  }
}
