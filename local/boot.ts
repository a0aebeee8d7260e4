import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { ApiServer } from './api/api-server';
import { readApi } from './api/read-api';
import { closeConnections } from './aws/call';
import { type Emulators, startEmulators } from './aws/emulators';
import type { Endpoints } from './aws/identity';
import { startLambda } from './aws/lambda';
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
import { createTargets } from './stores/create-targets';
import { Teardown } from './teardown';
import type { Assembly } from './template/assembly';
import { Inventory } from './template/inventory';

/** How long what is under way may go on after `stop`. */
const GRACE_MILLISECONDS = 2_000;

const DEFAULT_HOST = '127.0.0.1';
const DEFAULT_WORKERS = 2;
const DEFAULT_TICK_SECONDS = 1;

/** One start: the steps in their order, each of which registers how it is undone. */
export class Boot {
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

  /**
   * Reads all of the template once, with made-up addresses, before anything starts: a value that the runner
   * does not know is told at once.
   */
  rehearse(): void {
    const { journal } = this;
    const nowhere = 'http://127.0.0.1:0';
    const endpoints = { dynamodb: nowhere, kinesis: nowhere, sqs: nowhere, secretsManager: nowhere };
    const inventory = this.makeInventory(endpoints);
    const pools = this.makePools(inventory, endpoints);
    const checkpoints = new Checkpoints(undefined, true);
    readMappings({ inventory, endpoints, pools, checkpoints, journal });
    readSchedules({ inventory, functions: pools, tickSeconds: DEFAULT_TICK_SECONDS, journal });
    readApi(inventory, pools, journal);
    inventory.outputs();
  }

  async run(): Promise<LocalStack> {
    const server = await this.listen();
    const [keys, endpoints] = await together(
      this.phases.measure('keys', () => prepareKeys(this.options.keysDirectory)),
      this.phases.measure('emulators', () => this.startServices()),
    );
    const inventory = this.makeInventory(endpoints);
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
    const lambda = await startLambda(pools);
    this.teardown.add('the invocations', () => lambda.close());
    server.open(api);
    return this.describe(server, inventory, { ...endpoints, lambda: lambda.endpoint }, pools);
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
      createTargets(inventory, endpoints),
    );
    return secrets;
  }

  private async warmFunctions(
    inventory: Inventory,
    endpoints: Endpoints,
  ): Promise<ReadonlyMap<string, FunctionPool>> {
    const pools = this.makePools(inventory, endpoints);
    const each = [...pools.values()];
    this.teardown.add('the functions', () => stopAll(each.map((pool) => pool.stop(GRACE_MILLISECONDS))));
    await together(...each.map((pool) => pool.warm()));
    return pools;
  }

  private makeInventory(endpoints: Endpoints): Inventory {
    return new Inventory({
      assembly: this.assembly,
      parameters: this.options.parameters ?? {},
      queueEndpoint: endpoints.sqs,
    });
  }

  private makePools(inventory: Inventory, endpoints: Endpoints): ReadonlyMap<string, FunctionPool> {
    return new Map(
      readFunctions(inventory, this.assembly, endpoints).map((definition) => {
        const { logicalId, name } = definition;
        return [name, new FunctionPool(definition, this.workersOf(logicalId, name), this.journal)];
      }),
    );
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
    const { tickSeconds = DEFAULT_TICK_SECONDS, tickSecondsOf } = this.options;
    const work = [
      ...readMappings({ inventory, endpoints, pools, checkpoints, journal }),
      ...readSchedules({ inventory, functions: pools, tickSeconds, tickSecondsOf, journal }),
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
    endpoints: LocalStack['endpoints'],
    pools: ReadonlyMap<string, FunctionPool>,
  ): LocalStack {
    const baseUrl = `http://${this.options.host ?? DEFAULT_HOST}:${server.port}`;
    this.journal.note(`ready on ${baseUrl}: ${JSON.stringify(this.phases.milliseconds)}`);
    return {
      baseUrl,
      endpoints,
      resources: inventory.physicalIds(),
      outputs: inventory.outputs(),
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
