import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ApiServer } from './api/api-server';
import { readApi } from './api/read-api';
import { closeConnections } from './aws/call';
import { type Emulators, startEmulators } from './aws/emulators';
import type { Endpoints } from './aws/identity';
import { SecretStore } from './aws/secret-store';
import { startSecretsManager } from './aws/secrets-manager';
import { publishCisKey } from './cis-public-key';
import { createCustomResources } from './custom-resources';
import { readFunctions } from './functions/definition';
import { FunctionPool } from './functions/function-pool';
import { Journal } from './journal';
import { type LocalKeys, prepareKeys } from './keys';
import { Checkpoints } from './mappings/checkpoints';
import { readMappings } from './mappings/read-mappings';
import type { LocalOptions, LocalStack } from './options';
import { Phases } from './phases';
import { readSchedules } from './schedules/read-schedules';
import { createQueues } from './stores/create-queues';
import { createSecrets, type DeclaredSecret } from './stores/create-secrets';
import { createStreams } from './stores/create-streams';
import { createTables } from './stores/create-tables';
import { Teardown } from './teardown';
import { type Assembly, readAssembly } from './template/assembly';
import { checkCoverage } from './template/coverage';
import { Inventory } from './template/inventory';

/** How long what is under way may go on after `stop`. */
const GRACE_MILLISECONDS = 2_000;

const DEFAULT_HOST = '127.0.0.1';
const DEFAULT_WORKERS = 2;
const DEFAULT_TICK_SECONDS = 1;

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
    return await boot.run();
  } catch (error) {
    boot.journal.note(`the start failed: ${(error as Error).message}`);
    await boot.teardown.run().catch(() => undefined);
    throw error;
  }
}

/** One start: the steps in their order, each of which registers how it is undone. */
class Boot {
  readonly teardown = new Teardown();
  readonly journal: Journal;
  private readonly phases = new Phases();
  private readonly secrets: SecretStore;

  constructor(
    private readonly options: LocalOptions,
    private readonly assembly: Assembly,
  ) {
    const { dataDirectory, keysDirectory } = options;
    if (dataDirectory !== undefined) {
      mkdirSync(dataDirectory, { recursive: true });
    }
    this.journal = new Journal(join(dataDirectory ?? keysDirectory, 'logs'), options.log);
    this.teardown.add('the journal', () => this.journal.close());
    this.teardown.add('connections', async () => closeConnections());
    this.secrets = new SecretStore(join(keysDirectory, 'secrets'));
  }

  async run(): Promise<LocalStack> {
    const server = await this.listen();
    const [keys, endpoints] = await together(
      this.phases.measure('keys', () => prepareKeys(this.options.keysDirectory)),
      this.phases.measure('emulators', () => this.startServices()),
    );
    const inventory = new Inventory({
      assembly: this.assembly,
      parameters: this.options.parameters ?? {},
      queueEndpoint: endpoints.sqs,
    });
    const [secrets, pools] = await together(
      this.phases.measure('resources', () => this.createResources(inventory, endpoints, keys)),
      this.phases.measure('functions', () => this.warmFunctions(inventory, endpoints)),
    );
    await this.phases.measure('custom resources', async () => {
      await createCustomResources(inventory, pools, this.dataPath('custom-resources.json'));
      publishCisKey(keys.directory, this.secrets, secrets);
    });
    const api = readApi(inventory, pools, this.journal);
    this.startWork(inventory, endpoints, pools);
    server.open(api);
    return this.describe(server, inventory, endpoints, pools);
  }

  private async listen(): Promise<ApiServer> {
    const server = await ApiServer.listen(this.options.host ?? DEFAULT_HOST, this.options.port);
    this.teardown.add('the API', () => server.close(GRACE_MILLISECONDS));
    return server;
  }

  private async startServices(): Promise<Endpoints> {
    const [emulators, secretsManager] = await together(
      startEmulators(this.options.dataDirectory, (error) =>
        this.journal.note(`the emulators crashed: ${error.message}; start again`),
      ).then((started: Emulators) => {
        this.teardown.add('the emulators', () => started.close());
        return started;
      }),
      startSecretsManager(this.secrets).then((started) => {
        this.teardown.add('the secrets manager', () => started.close());
        return started;
      }),
    );
    return { ...emulators.endpoints, secretsManager: secretsManager.endpoint };
  }

  private async createResources(
    inventory: Inventory,
    endpoints: Endpoints,
    keys: LocalKeys,
  ): Promise<DeclaredSecret[]> {
    const secrets = createSecrets(inventory, this.secrets, keys);
    await together(
      createTables(inventory, endpoints.dynamodb),
      createStreams(inventory, endpoints.kinesis),
      createQueues(inventory, endpoints.sqs),
    );
    return secrets;
  }

  private async warmFunctions(
    inventory: Inventory,
    endpoints: Endpoints,
  ): Promise<ReadonlyMap<string, FunctionPool>> {
    const definitions = readFunctions(inventory, this.assembly, endpoints);
    const pools = definitions.map(
      (definition) =>
        new FunctionPool(definition, this.workersOf(definition.logicalId, definition.name), this.journal),
    );
    this.teardown.add('the functions', () => stopAll(pools.map((pool) => pool.stop(GRACE_MILLISECONDS))));
    await together(...pools.map((pool) => pool.warm()));
    return new Map(pools.map((pool) => [pool.name, pool]));
  }

  private workersOf(logicalId: string, name: string): number {
    const { workersPerFunction: workers = DEFAULT_WORKERS } = this.options;
    return typeof workers === 'number' ? workers : (workers[logicalId] ?? workers[name] ?? DEFAULT_WORKERS);
  }

  private startWork(
    inventory: Inventory,
    endpoints: Endpoints,
    pools: ReadonlyMap<string, FunctionPool>,
  ): void {
    const { journal } = this;
    const checkpoints = new Checkpoints(this.dataPath('checkpoints.json'), this.options.rewind ?? true);
    const tickSeconds = this.options.tickSeconds ?? DEFAULT_TICK_SECONDS;
    const work = [
      ...readMappings({ inventory, endpoints, pools, checkpoints, journal }),
      ...readSchedules({ inventory, functions: pools, tickSeconds, journal }),
    ];
    this.teardown.add('mappings and schedules', async () => {
      // Together with the functions: a hung invocation would hold its mapping until its time-out.
      await stopAll([
        ...work.map((part) => part.stop()),
        ...[...pools.values()].map((pool) => pool.stop(GRACE_MILLISECONDS)),
      ]);
      checkpoints.save();
    });
    for (const part of work) {
      part.start();
    }
  }

  private describe(
    server: ApiServer,
    inventory: Inventory,
    endpoints: Endpoints,
    pools: ReadonlyMap<string, FunctionPool>,
  ): LocalStack {
    const baseUrl = `http://${this.options.host ?? DEFAULT_HOST}:${server.port}`;
    this.journal.note(`ready on ${baseUrl}: ${JSON.stringify(this.phases.milliseconds)}`);
    return {
      baseUrl,
      endpoints,
      resources: inventory.physicalIds(),
      functionNames: [...pools.keys()],
      logDirectory: this.journal.directory,
      phases: this.phases.milliseconds,
      stop: () => this.teardown.run(),
    };
  }

  private dataPath(file: string): string | undefined {
    return this.options.dataDirectory && join(this.options.dataDirectory, file);
  }
}

/**
 * `Promise.all` that waits for all before it fails: a teardown must not begin while steps are still starting
 * what it should stop.
 */
async function together<T extends readonly unknown[]>(
  ...steps: { readonly [Index in keyof T]: Promise<T[Index]> }
): Promise<T> {
  await Promise.allSettled(steps);
  return (await Promise.all(steps)) as unknown as T;
}

async function stopAll(stops: readonly Promise<void>[]): Promise<void> {
  await Promise.all(stops);
}
