import { type Command, Option } from 'commander';
import type { Api } from './api';
import { CommandError, exitCodes } from './command-error';
import { connect } from './connection';
import { present } from './display';
import type { Host } from './host';
import { moment, runNumber } from './option-values';

interface ResendOptions {
  readonly id?: string;
  readonly event?: string;
  readonly subscription?: string;
  readonly run?: number;
  readonly force?: boolean;
  readonly topic?: string;
  readonly state?: string;
  readonly reason?: string;
  readonly from?: string;
  readonly to?: string;
  readonly all?: boolean;
  readonly dryRun?: boolean;
}

interface ResendAnswer {
  readonly matched: number;
  readonly resent: number;
  readonly left: Readonly<Record<string, number>>;
  readonly delivery_id?: string;
  readonly next?: string;
}

export function addResend(program: Command, host: Host): void {
  program
    .command('resend')
    .description('Send ended deliveries again: one, or all that match.')
    .option('--id <id>', 'this delivery alone, as "deliveries" shows it')
    .option('--event <id>', 'with --subscription: this delivery alone')
    .option('--run <n>', 'with --event: which run of the delivery (default: the live one)', runNumber)
    .option('--force', 'with one delivery: also when it was delivered, as a new run')
    .option('--subscription <id>', 'those of one subscription')
    .option('--topic <topic>', 'those of one topic')
    .addOption(
      new Option(
        '--state <state>',
        'dead letters, or what was skipped while the subscription was off',
      ).choices(['dead', 'skipped']),
    )
    .option('--reason <reason>', 'that ended so, such as attempts_used_up')
    .option('--from <time>', 'made then or later', moment)
    .option('--to <time>', 'made before', moment)
    .option('--all', 'of all your subscriptions and topics')
    .option('--dry-run', 'count them only')
    .addHelpText(
      'after',
      `
Examples:
  $ npx changewire resend --all --dry-run
  $ npx changewire resend --subscription sub_4mX0TzHkqv1bWc7e --from 2026-11-20T18:00:00Z
  $ npx changewire resend --subscription sub_4mX0TzHkqv1bWc7e --state skipped
  $ npx changewire resend --event evt_5d0c… --subscription sub_4mX0TzHkqv1bWc7e`,
    )
    .action(async (options: ResendOptions, command: Command) => {
      const body = bodyOf(options);
      const total = await resendAll(await connect(host, command), body, (matched) => {
        if (host.interactive) {
          host.note(`${matched} so far …`);
        }
      });
      present(host, { ...total, dry_run: options.dryRun === true }, () => sentence(total, options.dryRun));
    });
}

/** Call after call, because each does a bounded amount of work. */
async function resendAll(api: Api, body: object, report: (matched: number) => void): Promise<ResendAnswer> {
  let total: ResendAnswer = { matched: 0, resent: 0, left: {} };
  let next: string | undefined;
  do {
    const { next: following, ...answer } = (await api.call('POST', '/v1/deliveries/resend', {
      body: { ...body, ...(next !== undefined && { next }) },
    })) as ResendAnswer;
    total = {
      ...answer,
      matched: total.matched + answer.matched,
      resent: total.resent + answer.resent,
      left: addUp(total.left, answer.left),
    };
    next = following;
    if (next !== undefined) {
      report(total.matched);
    }
  } while (next !== undefined);
  return total;
}

function addUp(a: Readonly<Record<string, number>>, b: Readonly<Record<string, number>>) {
  const names = [...new Set([...Object.keys(a), ...Object.keys(b)])];
  return Object.fromEntries(names.map((name) => [name, (a[name] ?? 0) + (b[name] ?? 0)]));
}

function bodyOf(options: ResendOptions): Record<string, unknown> {
  const { id, event, subscription, run, force, topic, state, reason, from, to, all, dryRun } = options;
  const isNamed = id ? !event && !subscription : event ? Boolean(subscription) : subscription || topic;
  if (all ? id || event || subscription || topic : !isNamed) {
    throw new CommandError(
      'name --subscription or --topic or both, --event with --subscription, --id alone, or --all',
      exitCodes.usage,
    );
  }
  const given = {
    ...{ id, event_id: event, subscription_id: subscription, run, force, topic },
    ...{ state, reason, from, to, all, dry_run: dryRun },
  };
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined));
}

function sentence({ matched, resent, left }: ResendAnswer, dryRun: boolean | undefined): string {
  const counts = [
    `matched ${matched}`,
    ...(dryRun ? [] : [`resent ${resent}`]),
    ...Object.entries(left).map(([reason, count]) => `left ${count} (${reason.replaceAll('_', ' ')})`),
  ];
  return `${dryRun ? 'nothing was sent (--dry-run): ' : ''}${counts.join(', ')}`;
}
