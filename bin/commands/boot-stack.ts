import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import type { StageSettings } from '../../lib/stage';
import { synthesise } from '../../lib/synthesise';
import { type LocalKeys, type LocalStack, start } from '../../local/index';
import type { RunningStack } from '../../local/running-stack';
import type { Host } from './host';
import { localAudience, localIssuer, startSettings } from './start-settings';

export interface BootOptions {
  readonly port: number;
  readonly config?: string;
  readonly data?: string;
  readonly strict?: boolean;
  readonly workers?: number;
}

export interface BootedStack {
  readonly stack: LocalStack;
  readonly running: RunningStack;
  readonly settings: Pick<StageSettings, 'seedProfiles' | 'verifySignatures'>;
  /** Ends the stack and removes what only this run needed. */
  stop(): Promise<void>;
}

/**
 * Synthesises the preview stage and runs it.
 * @param phase is told what begins.
 * @throws SettingsError, CommandError or what the local runner says; nothing is left running then.
 */
export async function bootStack(
  host: Host,
  options: BootOptions,
  keys: LocalKeys,
  phase: (name: string) => void,
): Promise<BootedStack> {
  const { settings, baseDirectory } = startSettings({ ...options, issuerJwksPath: keys.issuerJwksPath });
  phase('template');
  const assembly = makeAssemblyDirectory(host.home);
  const removeAssembly = () => rmSync(assembly, { recursive: true, force: true });
  try {
    const synthesised = synthesise({ stage: 'preview', settings, baseDirectory, outdir: assembly });
    const { issuer, audience, verifySignatures, verifyTokens, ...local } = synthesised.settings;
    phase('stack');
    const stack = await start({
      assemblyDirectory: synthesised.assemblyDirectory,
      port: options.port,
      keysDirectory: keys.directory,
      workersPerFunction: options.workers ?? workersOf(local.localWorkers),
      tickSeconds: local.tickSeconds,
      tickSecondsOf: { 'recover-messages': local.recoverySeconds },
      ...(options.data && { dataDirectory: path.resolve(options.data) }),
    });
    const running: RunningStack = {
      baseUrl: stack.baseUrl,
      keysDirectory: keys.directory,
      issuer: issuer || localIssuer,
      audience: audience || localAudience,
      strict: verifyTokens && verifySignatures,
      endpoints: stack.endpoints,
      outputs: stack.outputs,
    };
    const { seedProfiles } = local;
    return {
      stack,
      running,
      settings: { seedProfiles, verifySignatures },
      stop: () => stack.stop().finally(removeAssembly),
    };
  } catch (error) {
    removeAssembly();
    throw error;
  }
}

/** A number for all functions, or one each. */
function workersOf(setting: number | Partial<Record<string, number>>): number | Record<string, number> {
  return typeof setting === 'number' ? setting : ({ ...setting } as Record<string, number>);
}

/** A folder of this run alone: two stacks may start side by side. */
function makeAssemblyDirectory(home: string): string {
  mkdirSync(home, { recursive: true });
  for (const left of readdirSync(home).filter(isLeftOver)) {
    rmSync(path.join(home, left), { recursive: true, force: true });
  }
  return mkdtempSync(path.join(home, `assembly-${process.pid}-`));
}

/** The folder of a run that was killed: no process has its number any more. */
function isLeftOver(name: string): boolean {
  const pid = /^assembly-(\d+)-/.exec(name)?.[1];
  if (pid === undefined) {
    return false;
  }
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ESRCH';
  }
}
