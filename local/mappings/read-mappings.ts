import { type Endpoints, functionNameOf } from '../aws/identity';
import type { FunctionPool } from '../functions/function-pool';
import type { Journal } from '../journal';
import type { Inventory } from '../template/inventory';
import { booleanOf, numberOf, required, textOf, unknownValue } from '../template/properties';
import type { Resource } from '../template/template';
import type { Checkpoints } from './checkpoints';
import { QueueMapping } from './queue-mapping';
import { StreamMapping } from './stream-mapping';

/** A running event-source mapping. */
export interface Mapping {
  start(): void;
  stop(): Promise<void>;
}

export interface MappingSurroundings {
  readonly inventory: Inventory;
  readonly endpoints: Endpoints;
  readonly pools: ReadonlyMap<string, FunctionPool>;
  readonly checkpoints: Checkpoints;
  readonly journal: Journal;
}

/** Lambda's own defaults. */
const DEFAULT_STREAM_BATCH = 100;
const DEFAULT_QUEUE_BATCH = 10;
/** Larger batches have to be gathered: https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-parameters.html */
const LARGEST_UNGATHERED_BATCH = 10;
const LARGEST_QUEUE_BATCH = 10_000;
/** Where Lambda begins without a setting: five batches at a time. */
const DEFAULT_QUEUE_CONCURRENCY = 5;

/** Reads the template's event-source mappings, ready to start. */
export function readMappings(surroundings: MappingSurroundings): Mapping[] {
  return surroundings.inventory
    .ofType('AWS::Lambda::EventSourceMapping')
    .filter((resource) => booleanOf(resource, 'Enabled') ?? true)
    .map((resource) => {
      refuseUnknownValues(resource);
      const source = required(resource, 'EventSourceArn', textOf(resource, 'EventSourceArn'));
      return source.includes(':kinesis:')
        ? streamMapping(resource, source, surroundings)
        : queueMapping(resource, source, surroundings);
    });
}

function refuseUnknownValues(resource: Resource): void {
  const onlyValues: Readonly<Record<string, readonly unknown[]>> = {
    MaximumRecordAgeInSeconds: [-1],
    StartingPosition: ['TRIM_HORIZON'],
  };
  for (const [property, known] of Object.entries(onlyValues)) {
    const value = resource.properties[property];
    if (value !== undefined && !known.includes(value)) {
      throw unknownValue(resource, property, value);
    }
  }
}

function streamMapping(resource: Resource, source: string, surroundings: MappingSurroundings): Mapping {
  const { inventory, endpoints, checkpoints, journal } = surroundings;
  if (windowOf(resource) !== 0) {
    throw unknownValue(resource, 'MaximumBatchingWindowInSeconds', windowOf(resource));
  }
  // A consumer's ARN begins with its stream's.
  const streamArn = source.replace(/\/consumer\/.*$/, '');
  const stream = inventory
    .ofType('AWS::Kinesis::Stream')
    .find(({ logicalId }) => inventory.attribute(logicalId, 'Arn') === streamArn);
  const retries = numberOf(resource, 'MaximumRetryAttempts') ?? -1;
  return new StreamMapping({
    id: resource.logicalId,
    fn: poolOf(resource, surroundings),
    endpoint: endpoints.kinesis,
    streamName: String(inventory.ref(required(resource, 'EventSourceArn', stream).logicalId)),
    streamArn,
    batchSize: numberOf(resource, 'BatchSize') ?? DEFAULT_STREAM_BATCH,
    lanes: numberOf(resource, 'ParallelizationFactor') ?? 1,
    bisects: booleanOf(resource, 'BisectBatchOnFunctionError') ?? false,
    reportsFailures: reportsFailures(resource),
    maximumRetries: retries < 0 ? undefined : retries,
    checkpoints,
    journal,
  });
}

function queueMapping(resource: Resource, source: string, surroundings: MappingSurroundings): Mapping {
  const { inventory, endpoints, journal } = surroundings;
  const queue = required(
    resource,
    'EventSourceArn',
    inventory
      .ofType('AWS::SQS::Queue')
      .find(({ logicalId }) => inventory.attribute(logicalId, 'Arn') === source),
  );
  const batchSize = numberOf(resource, 'BatchSize') ?? DEFAULT_QUEUE_BATCH;
  const windowSeconds = windowOf(resource);
  if (batchSize > (windowSeconds > 0 ? LARGEST_QUEUE_BATCH : LARGEST_UNGATHERED_BATCH)) {
    throw unknownValue(resource, 'BatchSize', batchSize);
  }
  const { MaximumConcurrency } = (resource.properties.ScalingConfig ?? {}) as { MaximumConcurrency?: number };
  const pool = poolOf(resource, surroundings);
  return new QueueMapping({
    fn: pool,
    endpoint: endpoints.sqs,
    queueUrl: String(inventory.ref(queue.logicalId)),
    queueArn: source,
    batchSize,
    windowSeconds,
    // More than there are instances would only wait, with the visibility time-out running.
    concurrency: Math.min(MaximumConcurrency ?? DEFAULT_QUEUE_CONCURRENCY, pool.size),
    reportsFailures: reportsFailures(resource),
    journal,
  });
}

function poolOf(resource: Resource, { inventory, pools }: MappingSurroundings): FunctionPool {
  const nameOrArn = required(resource, 'FunctionName', textOf(resource, 'FunctionName'));
  const pool = pools.get(functionNameOf(nameOrArn) ?? nameOrArn);
  if (!pool) {
    throw new Error(`${inventory.stackName}: ${resource.logicalId} names no function of the template`);
  }
  return pool;
}

function windowOf(resource: Resource): number {
  return numberOf(resource, 'MaximumBatchingWindowInSeconds') ?? 0;
}

function reportsFailures(resource: Resource): boolean {
  const types = (resource.properties.FunctionResponseTypes ?? []) as readonly string[];
  if (types.some((type) => type !== 'ReportBatchItemFailures')) {
    throw unknownValue(resource, 'FunctionResponseTypes', types);
  }
  return types.length > 0;
}
