import { setTimeout as wait } from 'node:timers/promises';
import { type Command, Option } from 'commander';
import { CommandError, exitCodes } from './command-error';
import { present } from './display';
import type { Host } from './host';
import { agoOf } from './option-values';
import { findPlace, type PlaceOptions, type RewindPlace, type StreamKind } from './rewind-place';
import type { RewindProgress, RewindResult } from './rewind-stream';

interface RewindOptions extends PlaceOptions {
  readonly stream: StreamKind;
  readonly since: string;
  readonly dryRun?: boolean;
}

/** A line as often as somebody wants to read one. */
const PROGRESS_MILLISECONDS = 1000;

export function addRewind(program: Command, host: Host): void {
  program
    .command('rewind')
    .description('Read a stream again from a time: repairs what a lost write broke, doubles nothing.')
    .addOption(
      new Option('--stream <stream>', 'which of the two')
        .choices(['changes', 'events'])
        .makeOptionMandatory(),
    )
    .requiredOption('--since <time>', 'a time (2026-11-20T21:00:00Z), or how long ago: 90s, 15m, 2h, 3d')
    .option('--dry-run', 'count the records only')
    .option('--outputs <file>', 'of a deployed stack: what "cdk deploy --outputs-file" wrote')
    .option('--stream-name <name>', 'of a deployed stack, with --function-name')
    .option('--function-name <name>', 'the function that reads that stream')
    .addHelpText(
      'after',
      `
Without names it is the stack of this machine that --base-url says. On AWS it works with your own credentials and
region; docs/runbook.md#rewind has what they must allow, and what it costs. The stack goes on meanwhile.

Examples:
  $ npx changewire rewind --stream events --since 15m --dry-run
  $ npx changewire rewind --stream changes --since 2026-11-20T21:00:00Z
  $ npx changewire rewind --stream events --since 2h --outputs outputs.json`,
    )
    .action((options: RewindOptions, command: Command) => rewind(host, options, command));
}

async function rewind(host: Host, options: RewindOptions, command: Command): Promise<void> {
  const until = host.now();
  const since = readSince(options.since, until);
  const place = findPlace(options.stream, options, host, command);
  const result = await readAgain(host, place, { since, until, isDryRun: options.dryRun === true });
  const { stopped, ...counts } = result;
  present(
    host,
    { stream: options.stream, since: isoOf(since), dry_run: options.dryRun === true, ...shown(result) },
    () => sentence(counts, options),
  );
  if (stopped) {
    throw new CommandError(
      `${place.functionName} failed (${stopped.reason}) at ${stopped.sequenceNumber} of ${stopped.shardId}; ` +
        `its log says why. Go on with --since ${isoOf(stopped.arrivedAt)} for this shard; repeating all is harmless`,
    );
  }
}

async function readAgain(
  host: Host,
  place: RewindPlace,
  { since, until, isDryRun }: { readonly since: number; readonly until: number; readonly isDryRun: boolean },
): Promise<RewindResult> {
  // Two clients of AWS, slow to load, and no other command needs them.
  const { openStream } = require('./stream-access') as typeof import('./stream-access');
  const { openFunction } = require('./function-access') as typeof import('./function-access');
  const { rewindStream } = require('./rewind-stream') as typeof import('./rewind-stream');
  try {
    return await rewindStream({
      stream: openStream(place.streamName, place.kinesis),
      since,
      until,
      invoke: isDryRun ? undefined : openFunction(place.functionName, place.lambda),
      onProgress: everySoOften(host, (progress) => host.note(progressLine(progress))),
      pause: async (milliseconds) => void (await wait(milliseconds)),
    });
  } catch (error) {
    throw new CommandError(`AWS refused: ${(error as Error).name}: ${(error as Error).message}`);
  }
}

/** @returns epoch milliseconds. */
export function readSince(text: string, now: number): number {
  const ago = agoOf(text, now);
  const since = ago ?? Date.parse(text);
  const isTime = ago !== undefined || /^\d{4}-\d{2}-\d{2}(T[\d:.]+(Z|[+-]\d{2}:\d{2}))?$/.test(text);
  if (!isTime || Number.isNaN(since) || since > now) {
    throw new CommandError(
      `--since "${text}" is no time in the past: say 2026-11-20T21:00:00Z, or 90s, 15m, 2h, 3d`,
      exitCodes.usage,
    );
  }
  return since;
}

function everySoOften(
  host: Host,
  tell: (progress: RewindProgress) => void,
): (progress: RewindProgress) => void {
  let last = host.now();
  return (progress) => {
    if (host.now() - last >= PROGRESS_MILLISECONDS) {
      last = host.now();
      tell(progress);
    }
  };
}

function progressLine({ records, shardsDone, shards, reached }: RewindProgress): string {
  return `  ${records} records, ${shardsDone} of ${shards} shards, now at ${isoOf(reached)}`;
}

function shown({ shards, shardsDone, records, batches, stopped }: RewindResult) {
  return {
    shards,
    shards_done: shardsDone,
    records,
    batches,
    ...(stopped && {
      stopped: {
        shard_id: stopped.shardId,
        sequence_number: stopped.sequenceNumber,
        arrived_at: isoOf(stopped.arrivedAt),
        reason: stopped.reason,
      },
    }),
  };
}

function sentence(
  { records, shardsDone, shards, batches }: RewindResult,
  { stream, dryRun }: RewindOptions,
): string {
  const what = `${records} records of the ${stream} stream, ${shardsDone} of ${shards} shards`;
  return dryRun
    ? `nothing was read again (--dry-run): ${what}`
    : `read again: ${what}, in ${batches} batches`;
}

function isoOf(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
