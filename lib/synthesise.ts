import { resolve } from 'node:path';
import { App, type AppProps } from 'aws-cdk-lib';
import { ChangewireStack } from './changewire-stack';
import { bundleFunctions } from './constructs/bundles';
import type { SettingOverrides } from './settings';
import { type StageSettings, stageSettings } from './stage';
import type { StageName } from './stage-defaults';

export interface SynthesiseOptions {
  readonly stage: StageName;
  /** @default none: the stage's defaults */
  readonly settings?: SettingOverrides;
  /** What relative paths in the settings are relative to. @default the working directory */
  readonly baseDirectory?: string;
  /** Where the cloud assembly and the bundles go. */
  readonly outdir: string;
  /** @default the project's `lambdas/` */
  readonly handlersDirectory?: string;
}

/** What was synthesised, and from what. */
export interface Synthesised {
  readonly assemblyDirectory: string;
  readonly templatePath: string;
  readonly stackName: string;
  readonly settings: StageSettings;
}

/**
 * Flags of the library, in code rather than in cdk.json: the template is the same whoever synthesises it.
 */
const featureFlags = {
  '@aws-cdk/aws-iam:minimizePolicies': true,
  '@aws-cdk/aws-lambda:recognizeVersionProps': true,
  '@aws-cdk/aws-lambda:recognizeLayerVersion': true,
  '@aws-cdk/core:checkSecretUsage': true,
};

/** So that a reader of the template finds the construct and the code of each resource. */
const templateMetadata = {
  'aws:cdk:enable-path-metadata': true,
  'aws:cdk:enable-asset-metadata': true,
};

/**
 * Synthesises a stage in process: bundles the functions, writes the cloud assembly. Without
 * CloudFormation's schemas and cdk-nag, which take longer than all the rest: `bin/app.ts` and the tests run them.
 * @throws SettingsError when a setting is wrong or missing, Error when a handler is missing or does not bundle.
 */
export function synthesise({ outdir, ...options }: SynthesiseOptions): Synthesised {
  const app = makeApp({ outdir: resolve(outdir), builtinCloudFormationValidation: false });
  const stack = addStack(app, options);
  const assembly = app.synth();
  return {
    assemblyDirectory: assembly.directory,
    templatePath: assembly.getStackByName(stack.stackName).templateFullPath,
    stackName: stack.stackName,
    settings: stack.settings,
  };
}

/** An app with the flags and metadata that every template has. */
export function makeApp(props: AppProps = {}): App {
  return new App({ ...props, context: { ...featureFlags, ...templateMetadata, ...props.context } });
}

/** Adds the one stack of a stage to the app; the bundles go beside the cloud assembly. */
export function addStack(app: App, options: Omit<SynthesiseOptions, 'outdir'>): ChangewireStack {
  const { stage, settings: overrides, baseDirectory, handlersDirectory } = options;
  const settings = stageSettings(stage, overrides, baseDirectory);
  const bundles = bundleFunctions({
    outdir: app.outdir,
    ...(handlersDirectory && { handlersDirectory }),
  });
  return new ChangewireStack(app, `changewire-${stage}`, { settings, bundles });
}
