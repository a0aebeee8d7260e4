import { setTimeout as pause } from 'node:timers/promises';
import type { Command } from 'commander';
import type { Api } from './api';
import { CommandError, exitCodes } from './command-error';
import { connect } from './connection';
import { coloursFor, facts, present } from './display';
import type { Host } from './host';
import { seconds } from './option-values';

/** What `GET /change/status` says; without `state` the change has not ended, or is not known. */
export interface ShownStatus {
  readonly identity_vault: boolean;
  readonly state?: 'integrated' | 'noop' | 'rejected';
  readonly condition?: string;
  readonly code?: string;
  readonly text?: string;
}

const POLL_MILLISECONDS = 100;

export function addStatus(program: Command, host: Host): void {
  program
    .command('status')
    .description('Say how a change ended.')
    .argument('<sequence-number>', 'what the publish call answered')
    .option('--wait <seconds>', 'wait so long for it to end', seconds)
    .addHelpText(
      'after',
      `
Ends with 0 when the change is in the vault, with 4 when it was rejected or has not ended.

Examples:
  $ npx changewire status 49661234567890123456789012345678901234567890123456789012
  $ npx changewire status 4966… --wait 10 && echo integrated`,
    )
    .action(async (sequenceNumber: string, options: { wait?: number }, command: Command) => {
      if (!/^\d{1,129}$/.test(sequenceNumber)) {
        throw new CommandError('a sequence number is 1 to 129 digits', exitCodes.usage);
      }
      const api = await connect(host, command);
      const status = await readStatus(host, api, sequenceNumber, (options.wait ?? 0) * 1000);
      showStatus(host, sequenceNumber, status);
      requireIntegrated(status);
    });
}

/** Polls until the change has ended or the time is up; then it tells the last answer. */
export async function readStatus(
  host: Host,
  api: Api,
  sequenceNumber: string,
  waitMilliseconds: number,
): Promise<ShownStatus> {
  const until = host.now() + waitMilliseconds;
  for (;;) {
    const status = (await api.call('GET', '/change/status', {
      query: { sequenceNumber },
    })) as ShownStatus;
    if (status.state !== undefined || host.now() >= until) {
      return status;
    }
    await pause(POLL_MILLISECONDS);
  }
}

export function showStatus(host: Host, sequenceNumber: string, status: ShownStatus): void {
  const colours = coloursFor(host);
  const state = status.state ?? 'pending or unknown';
  present(host, { sequence_number: sequenceNumber, ...status }, () =>
    facts(host, [
      ['change', sequenceNumber],
      ['state', colours[status.identity_vault ? 'green' : status.state ? 'red' : 'yellow'](state)],
      ['condition', status.condition],
      ['code', status.code],
      ['text', status.text],
    ]),
  );
}

/** @throws CommandError (exit code 4) when the change is not in the vault. */
export function requireIntegrated(status: ShownStatus): void {
  if (!status.identity_vault) {
    throw new CommandError(
      status.state
        ? `the change was ${status.state}: ${status.code ?? 'no code'}`
        : 'the change has not ended yet, or is not known; wait with --wait SECONDS',
      exitCodes.notIntegrated,
    );
  }
}
