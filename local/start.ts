import { Boot } from './boot';
import type { LocalOptions, LocalStack } from './options';
import { readAssembly } from './template/assembly';
import { checkCoverage } from './template/coverage';

/**
 * Runs a synthesised stack on this machine: emulators, what the template declares, its functions, mappings,
 * schedules and API. All or nothing: when a step fails, what had started is stopped.
 * @throws UnknownFeatureError when the template asks for what the runner does not know; otherwise the first failure.
 */
export async function start(options: LocalOptions): Promise<LocalStack> {
  const assembly = readAssembly(options.assemblyDirectory);
  checkCoverage(assembly.template);
  const boot = new Boot(options, assembly);
  try {
    boot.rehearse();
    return await boot.run();
  } catch (error) {
    boot.journal.note(`the start failed: ${(error as Error).message}`);
    await boot.teardown.run().catch(() => undefined);
    throw error;
  }
}
