import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import type { Template } from './template';

/** One stack of a synthesised CDK app, with its file assets. */
export interface Assembly {
  readonly stackName: string;
  readonly template: Template;
  /** Asset hash → the directory or file that holds it. */
  readonly assets: ReadonlyMap<string, string>;
}

interface Manifest {
  readonly artifacts?: Readonly<
    Record<string, { readonly type: string; readonly properties?: Readonly<Record<string, unknown>> }>
  >;
}

interface AssetManifest {
  readonly files?: Readonly<Record<string, { readonly source?: { readonly path?: string } }>>;
}

/**
 * Reads the cloud assembly that `cdk synth` left in a directory.
 * @throws when there is none, or when it does not hold exactly one stack.
 */
export function readAssembly(directory: string): Assembly {
  const manifest = readJson<Manifest>(join(directory, 'manifest.json'));
  const artifacts = Object.entries(manifest.artifacts ?? {});
  const stacks = artifacts.filter(([, artifact]) => artifact.type === 'aws:cloudformation:stack');
  const [stack] = stacks;
  if (!stack || stacks.length > 1) {
    throw new Error(`${directory} holds ${stacks.length} stacks; the local runner runs exactly one`);
  }
  const [artifactId, { properties }] = stack;
  const templateFile = String(properties?.templateFile ?? `${artifactId}.template.json`);
  return {
    stackName: String(properties?.stackName ?? artifactId),
    template: readJson<Template>(join(directory, templateFile)),
    assets: new Map(
      artifacts
        .filter(([, artifact]) => artifact.type === 'cdk:asset-manifest')
        .flatMap(([, artifact]) => assetsOf(directory, String(artifact.properties?.file))),
    ),
  };
}

function assetsOf(directory: string, file: string): [string, string][] {
  const { files } = readJson<AssetManifest>(join(directory, file));
  return Object.entries(files ?? {}).flatMap(([hash, { source }]) =>
    source?.path === undefined ? [] : [[hash, resolve(directory, source.path)]],
  );
}

function readJson<T>(path: string): T {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as T;
  } catch (error) {
    throw new Error(`cannot read ${path}: synthesise the stack first`, { cause: error });
  }
}
