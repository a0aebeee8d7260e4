import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { CommandError, exitCodes } from './command-error';
import { localStack } from './connection';
import type { Host } from './host';
import type { ServiceEndpoint } from './stream-access';

export type StreamKind = 'changes' | 'events';

export interface PlaceOptions {
  readonly outputs?: string;
  readonly streamName?: string;
  readonly functionName?: string;
}

/** What is read again, and who is given it. */
export interface RewindPlace {
  readonly streamName: string;
  readonly functionName: string;
  readonly kinesis: ServiceEndpoint;
  readonly lambda: ServiceEndpoint;
}

/** By name, from the outputs of a deployment, or of the stack that runs on this machine. */
export function findPlace(
  kind: StreamKind,
  { outputs, streamName, functionName }: PlaceOptions,
  host: Host,
  command: Command,
): RewindPlace {
  if ((streamName === undefined) !== (functionName === undefined)) {
    throw new CommandError('--stream-name and --function-name belong together', exitCodes.usage);
  }
  if (streamName !== undefined && functionName !== undefined) {
    return { streamName, functionName, kinesis: {}, lambda: {} };
  }
  if (outputs !== undefined) {
    return { ...namesIn(readOutputs(outputs), kind, outputs), kinesis: {}, lambda: {} };
  }
  const stack = localStack(host, command, 'name a deployed stack with --outputs FILE');
  return {
    ...namesIn(stack.outputs, kind, 'the note of the stack'),
    kinesis: { endpoint: stack.endpoints.kinesis },
    lambda: { endpoint: stack.endpoints.lambda },
  };
}

type Outputs = Readonly<Record<string, string>>;

function namesIn(
  outputs: Outputs,
  kind: StreamKind,
  where: string,
): Pick<RewindPlace, 'streamName' | 'functionName'> {
  const prefix = kind === 'changes' ? 'Changes' : 'Events';
  const { [`${prefix}Stream`]: streamName, [`${prefix}Function`]: functionName } = outputs;
  if (streamName === undefined || functionName === undefined) {
    throw new CommandError(
      `${where} has no ${prefix}Stream and ${prefix}Function: deploy this release first`,
    );
  }
  return { streamName, functionName };
}

/** `{"<stack>": {"<output>": "<value>"}}`, as `cdk deploy --outputs-file` writes it; of one stack. */
function readOutputs(file: string): Outputs {
  let stacks: unknown;
  try {
    stacks = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new CommandError(`cannot read ${file}: ${(error as Error).message}`);
  }
  const each = typeof stacks === 'object' && stacks !== null ? Object.values(stacks) : [];
  if (each.length !== 1) {
    throw new CommandError(
      `${file} tells of ${each.length} stacks: it must be of one, as cdk deploy writes it`,
    );
  }
  return each[0] as Outputs;
}
