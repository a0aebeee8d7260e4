import type { Command } from 'commander';
import { CommandError, exitCodes } from './command-error';
import { connect } from './connection';
import { present } from './display';
import type { Host } from './host';
import { runNumber } from './option-values';

interface ResendOptions {
  readonly event?: string;
  readonly subscription?: string;
  readonly run?: number;
  readonly all?: boolean;
  readonly dryRun?: boolean;
}

interface ResendAnswer {
  readonly next?: string;
  readonly [count: string]: unknown;
}

export function addResend(program: Command, host: Host): void {
  program
    .command('resend')
    .description('Send dead letters again: one, those of a subscription, or all of yours.')
    .option('--event <id>', 'with --subscription: this delivery alone')
    .option('--subscription <id>', 'the dead letters of one subscription')
    .option('--run <n>', 'with --event: which run of the delivery (default: the live one)', runNumber)
    .option('--all', 'every dead letter of your subscriptions')
    .option('--dry-run', 'count them only')
    .addHelpText(
      'after',
      `
Examples:
  $ npx changewire resend --all --dry-run
  $ npx changewire resend --subscription sub_4mX0TzHkqv1bWc7e
  $ npx changewire resend --event evt_5d0c… --subscription sub_4mX0TzHkqv1bWc7e`,
    )
    .action(async (options: ResendOptions, command: Command) => {
      const body = bodyOf(options);
      const api = await connect(host, command);
      const totals: Record<string, number> = {};
      let next: string | undefined;
      do {
        const answer = (await api.call('POST', '/v1/deliveries/resend', {
          body: { ...body, ...(next !== undefined && { next }) },
        })) as ResendAnswer;
        for (const [name, value] of Object.entries(answer)) {
          if (typeof value === 'number') {
            totals[name] = (totals[name] ?? 0) + value;
          }
        }
        next = answer.next;
      } while (next !== undefined);
      present(host, { ...totals, dry_run: options.dryRun === true }, () => sentence(totals, options.dryRun));
    });
}

function bodyOf({ event, subscription, run, all, dryRun }: ResendOptions): Record<string, unknown> {
  if (all ? event || subscription : !subscription) {
    throw new CommandError(
      'name --subscription, --event with --subscription, or --all alone',
      exitCodes.usage,
    );
  }
  return {
    ...(all && { all: true }),
    ...(event && { event_id: event }),
    ...(subscription && { subscription_id: subscription }),
    ...(run !== undefined && { run }),
    ...(dryRun && { dry_run: true }),
  };
}

function sentence(totals: Readonly<Record<string, number>>, dryRun: boolean | undefined): string {
  const counts = Object.entries(totals).map(([name, value]) => `${name.replaceAll('_', ' ')} ${value}`);
  return `${dryRun ? 'nothing was sent (--dry-run): ' : ''}${counts.join(', ')}`;
}
