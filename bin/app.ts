import { dirname, resolve } from 'node:path';
import { type App, Validations } from 'aws-cdk-lib';
import { AwsSolutionsChecks } from 'cdk-nag';
import { parseOverrides, type SettingOverrides, SettingsError } from '../lib/settings';
import { parseStageName } from '../lib/stage';
import type { StageName } from '../lib/stage-defaults';
import { addStack, makeApp } from '../lib/synthesise';
import { readSettingsFile } from './settings-file';

/**
 * The CDK app: `cdk synth -c stage=preview|dev|prod [-c config=FILE]`. The file's settings go over those of
 * cdk.json (`context.changewire.<stage>`), which go over the stage's defaults.
 */
try {
  const app = makeApp();
  const stage = parseStageName(app.node.tryGetContext('stage'));
  const config: unknown = app.node.tryGetContext('config');
  const file = typeof config === 'string' ? readSettingsFile(config) : {};
  addStack(app, {
    stage,
    settings: { ...contextOverrides(app, stage), ...file },
    baseDirectory: typeof config === 'string' ? dirname(resolve(config)) : process.cwd(),
  });
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
} catch (error) {
  if (!(error instanceof SettingsError)) {
    throw error;
  }
  console.error(`\nChangewire: ${error.message}\n`);
  process.exitCode = 1;
}

function contextOverrides(app: App, stage: StageName): SettingOverrides {
  const all = (app.node.tryGetContext('changewire') ?? {}) as Record<string, unknown>;
  return parseOverrides(all[stage] ?? {}, `cdk.json, context.changewire.${stage}`);
}
