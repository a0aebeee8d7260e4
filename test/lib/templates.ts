import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { SettingOverrides } from '../../lib/settings';
import type { StageName } from '../../lib/stage-defaults';
import { synthesise } from '../../lib/synthesise';
import { stubHandlers } from '../support/stub-handlers';

export interface Resource {
  readonly Type: string;
  // biome-ignore lint/suspicious/noExplicitAny: a template is JSON, and tests pick from it freely
  readonly Properties: any;
  readonly Metadata: Readonly<Record<string, string>>;
  readonly DependsOn?: readonly string[];
  readonly DeletionPolicy?: string;
  readonly UpdateReplacePolicy?: string;
}

export interface Template {
  readonly Resources: Readonly<Record<string, Resource>>;
}

/** What dev and prod cannot do without. */
export const identity = {
  issuer: 'https://id.acme.io/',
  jwksUri: 'https://id.acme.io/jwks',
  audience: 'https://changewire.acme.io/',
};

let handlersDirectory: string | undefined;

/** The template of a stage, with stubs for handlers. */
export function templateOf(stage: StageName, overrides: SettingOverrides = {}): Template {
  handlersDirectory ??= stubHandlers();
  const { templatePath } = synthesise({
    stage,
    settings: { ...(stage !== 'preview' && identity), ...overrides },
    outdir: mkdtempSync(join(tmpdir(), 'changewire-synth-')),
    handlersDirectory,
  });
  return JSON.parse(readFileSync(templatePath, 'utf8'));
}

/** The resources of a type, with their logical ids. */
export function ofType(template: Template, type: string): (Resource & { readonly id: string })[] {
  return Object.entries(template.Resources)
    .filter(([, resource]) => resource.Type === type)
    .map(([id, resource]) => ({ ...resource, id }));
}

/** A resource by the end of its construct path, such as `submit-change/Function/Resource`. */
export function at(template: Template, pathEnd: string): Resource & { readonly id: string } {
  const found = Object.entries(template.Resources).filter(([, { Metadata }]) =>
    Metadata?.['aws:cdk:path']?.endsWith(`/${pathEnd}`),
  );
  if (found.length !== 1) {
    throw new Error(`${found.length} resources end in ${pathEnd}`);
  }
  const [id, resource] = found[0]!;
  return { ...resource, id };
}

/** `[type of store, actions]` of everything that a function's role may do, beside its own logs and traces. */
export function grantsOf(template: Template, stem: string): readonly string[] {
  const { Statement } = at(template, `${stem}/Role/DefaultPolicy/Resource`).Properties.PolicyDocument;
  return (Statement as { Action: string | string[]; Resource: unknown }[])
    .flatMap(({ Action, Resource }) =>
      [Action]
        .flat()
        .flatMap((action) => [Resource].flat().map((resource) => `${action} ${nameOf(resource)}`)),
    )
    .filter((grant) => !/^(logs|xray):/.test(grant))
    .sort();

  /** The construct path of what a reference points at, without the stack's name and the resource's own id. */
  function nameOf(resource: unknown): string {
    const text = JSON.stringify(resource);
    const id = /"(?:Ref|Fn::GetAtt)":\[?"([^"]+)"/.exec(text)?.[1] ?? '';
    const suffix = /"(\/[^"]+)"/.exec(text)?.[1] ?? '';
    const path = template.Resources[id]?.Metadata['aws:cdk:path']?.split('/').slice(1).join('/');
    return path === undefined
      ? text
      : path.replace(/\/Resource$/, '').replace(/\/(Table|Stream)$/, '') + suffix;
  }
}
