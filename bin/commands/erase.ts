import { setTimeout as wait } from 'node:timers/promises';
import type { Command } from 'commander';
import type { Api } from './api';
import { CommandError, exitCodes } from './command-error';
import { connect } from './connection';
import { facts, present, table } from './display';
import type { Host } from './host';

interface EraseOptions {
  readonly subject: string;
  readonly yes?: boolean;
  readonly wait: boolean;
}

interface ShownErasure {
  readonly id: string;
  readonly state: 'working' | 'completed';
  readonly pass?: number;
  readonly step?: string;
  readonly not_before?: string;
  readonly erased: Readonly<Record<string, number>>;
  readonly receipt?: ReadonlyArray<{
    readonly store: string;
    readonly erased: number;
    readonly remains: string;
    readonly until?: string;
  }>;
}

const POLL_MILLISECONDS = 1000;

export function addErase(program: Command, host: Host): void {
  program
    .command('erase')
    .description('Erase what is kept of one subject, everywhere, and show the receipt. There is no way back.')
    .requiredOption('--subject <subject>', 'a user_id, the subject of events, or a user who acted in them')
    .option('--yes', 'do it; without it nothing happens')
    .option('--no-wait', 'print the erasure at once, and do not wait for its receipt')
    .addHelpText(
      'after',
      `
It takes two passes over the stores, some minutes apart on AWS. An interrupted wait stops nothing:
GET /v1/erasures/ID has the receipt.

Examples:
  $ npx changewire erase --subject 'ad|Mozilla-LDAP|ada' --yes
  $ npx changewire erase --subject order-7 --yes | jq '.receipt'`,
    )
    .action(async (options: EraseOptions, command: Command) => {
      if (!options.yes) {
        throw new CommandError(
          `nothing was erased: say --yes to erase everything that is kept of "${options.subject}"`,
          exitCodes.usage,
        );
      }
      const api = await connect(host, command);
      const { subject } = options;
      const asked = (await api.call('POST', '/v1/erasures', { body: { subject } })) as ShownErasure;
      const erasure = options.wait ? await completion(host, api, asked) : asked;
      present(host, erasure, () => show(host, erasure));
    });
}

/** Tells what is being done whenever that changes. */
async function completion(host: Host, api: Api, asked: ShownErasure): Promise<ShownErasure> {
  host.note(`${asked.id} was taken on`);
  let told = '';
  for (;;) {
    const erasure = (await api.call('GET', `/v1/erasures/${asked.id}`)) as ShownErasure;
    if (erasure.state === 'completed') {
      return erasure;
    }
    const line = progressLine(erasure);
    if (line !== told) {
      host.note(line);
      told = line;
    }
    await wait(POLL_MILLISECONDS);
  }
}

function progressLine({ pass, step, not_before: notBefore, erased }: ShownErasure): string {
  const counts = Object.entries(erased).filter(([, count]) => count > 0);
  const sofar = counts.map(([store, count]) => `${store.replaceAll('_', ' ')} ${count}`).join(', ');
  return `  pass ${pass}, ${step}${notBefore ? `, from ${notBefore}` : ''}${sofar ? `: ${sofar}` : ''}`;
}

function show(host: Host, { id, state, receipt = [] }: ShownErasure): string {
  const head = facts(host, [
    ['erasure', id],
    ['state', state],
  ]);
  const rows = receipt.map(({ store, erased, remains, until }) => [
    store,
    erased,
    until?.slice(0, 10) ?? '',
    remains,
  ]);
  return rows.length === 0
    ? head
    : `${head}\n\n${table(host, ['store', 'erased', 'until', 'remains'], rows)}`;
}
