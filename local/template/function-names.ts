import type { Template } from './template';

/**
 * Names for functions that the template leaves unnamed: the construct's own id, such as `submit-change`, where
 * the template tells construct paths and no two functions share it.
 */
export function readableFunctionNames(template: Template): ReadonlyMap<string, string> {
  const named = Object.entries(template.Resources)
    .filter(([, resource]) => resource.Type === 'AWS::Lambda::Function')
    .flatMap(([logicalId, resource]) => {
      const name = constructId(resource.Metadata);
      return name === undefined ? [] : [[logicalId, name] as const];
    });
  const names = named.map(([, name]) => name);
  return new Map(named.filter(([, name]) => names.indexOf(name) === names.lastIndexOf(name)));
}

/** `stack/change/submit-change/Function/Resource` → `submit-change` */
function constructId(metadata: unknown): string | undefined {
  const path = (metadata as { 'aws:cdk:path'?: unknown } | undefined)?.['aws:cdk:path'];
  const ids = typeof path === 'string' ? path.split('/').slice(1) : [];
  const id = ids.filter((part) => part !== 'Resource' && part !== 'Function').at(-1);
  return id !== undefined && /^[\w-]{1,64}$/.test(id) ? id : undefined;
}
