import type { Command } from 'commander';
import { CommandError, exitCodes } from './command-error';
import { connect } from './connection';
import { coloursFor, present, table } from './display';
import type { Host } from './host';
import { count } from './option-values';
import { readList } from './read-list';

interface ShownAttempt {
  readonly number: number;
  readonly status?: number;
  readonly failure?: string;
  readonly milliseconds: number;
}

/** A delivery as the manage door shows it. */
export interface ShownDelivery {
  readonly id: string;
  readonly event_id: string;
  readonly subscription_id: string;
  readonly topic: string;
  readonly state: string;
  readonly reason?: string;
  readonly attempts: readonly ShownAttempt[];
  readonly due_at?: string;
  readonly created_at: string;
}

interface DeliveriesOptions {
  readonly event?: string;
  readonly subscription?: string;
  readonly day?: string;
  readonly dead?: boolean;
  readonly limit: number;
}

export function addDeliveries(program: Command, host: Host): void {
  program
    .command('deliveries')
    .description('Show deliveries with their attempts: of an event, of a subscription, or the dead ones.')
    .option('--event <id>', 'all deliveries of one event')
    .option('--subscription <id>', 'those of one subscription, of one day')
    .option('--day <YYYY-MM-DD>', 'the day, in UTC (default: today)')
    .option('--dead', 'the dead letters of your subscriptions')
    .option('--limit <n>', 'at most so many', count, 100)
    .addHelpText(
      'after',
      `
Examples:
  $ npx changewire deliveries --event evt_5d0c…
  $ npx changewire deliveries --subscription sub_4mX0TzHkqv1bWc7e
  $ npx changewire deliveries --dead`,
    )
    .action(async (options: DeliveriesOptions, command: Command) => {
      const query = queryOf(options, host.now());
      const api = await connect(host, command);
      const list = { member: 'deliveries', query, atMost: options.limit };
      show(host, await readList<ShownDelivery>(api, '/v1/deliveries', list), options);
    });
}

function queryOf(options: DeliveriesOptions, now: number): Record<string, string> {
  const { event, subscription, day, dead } = options;
  if ([event, subscription, dead].filter(Boolean).length !== 1) {
    throw new CommandError('name one of --event, --subscription and --dead', exitCodes.usage);
  }
  if (event) {
    return { event_id: event };
  }
  return subscription
    ? { subscription_id: subscription, day: day ?? new Date(now).toISOString().slice(0, 10) }
    : { state: 'dead' };
}

/** What was asked for stands in no row: on a terminal, the rest has to fit. */
function show(host: Host, deliveries: readonly ShownDelivery[], asked: DeliveriesOptions): void {
  const needless = [
    ...(asked.event ? ['event'] : []),
    ...(asked.subscription ? ['subscription'] : []),
    asked.dead ? 'state' : 'reason',
  ];
  const columns = allColumns.filter(({ heading }) => !needless.includes(heading));
  present(host, deliveries, () =>
    deliveries.length === 0
      ? 'none'
      : table(
          host,
          columns.map(({ heading }) => heading),
          deliveries.map((delivery) => columns.map(({ cell }) => cell(delivery, host))),
        ),
  );
}

const allColumns: ReadonlyArray<{
  readonly heading: string;
  readonly cell: (delivery: ShownDelivery, host: Host) => string;
}> = [
  { heading: 'event', cell: ({ event_id: id }) => id },
  { heading: 'subscription', cell: ({ subscription_id: id }) => id },
  { heading: 'topic', cell: ({ topic }) => topic },
  { heading: 'state', cell: stateOf },
  { heading: 'reason', cell: ({ reason }) => reason ?? '' },
  { heading: 'answers', cell: ({ attempts }) => answersOf(attempts) },
  // To the minute.
  { heading: 'created', cell: ({ created_at: at }) => at.replace(/:\d\d(\.\d+)?Z$/, 'Z') },
];

function stateOf({ state, reason }: ShownDelivery, host: Host): string {
  const colours = coloursFor(host);
  const painted =
    state === 'delivered' ? colours.green(state) : state === 'dead' ? colours.red(state) : state;
  return `${painted}${reason ? ` (${reason})` : ''}`;
}

/** `500 ×3, 200`: a long schedule gives the same answer many times. */
function answersOf(attempts: readonly ShownAttempt[]): string {
  const runs: { answer: string; times: number }[] = [];
  for (const { status, failure } of attempts) {
    const answer = `${status ?? failure ?? '?'}`;
    const last = runs.at(-1);
    if (last?.answer === answer) {
      last.times += 1;
    } else {
      runs.push({ answer, times: 1 });
    }
  }
  return runs.map(({ answer, times }) => (times === 1 ? answer : `${answer} ×${times}`)).join(', ');
}
