import { type Command, Option } from 'commander';
import { deliveryStates } from '../../core/webhooks/deliveries/delivery';
import { CommandError, exitCodes } from './command-error';
import { connect } from './connection';
import { type ShownAttempt, type ShownDelivery, showDelivery, stateOf } from './delivery';
import { present, table } from './display';
import type { Host } from './host';
import { count, moment } from './option-values';
import { readList } from './read-list';

interface DeliveriesOptions {
  readonly id?: string;
  readonly event?: string;
  readonly subscription?: string;
  readonly day?: string;
  readonly state?: string;
  readonly from?: string;
  readonly to?: string;
  readonly dead?: boolean;
  readonly limit: number;
}

export function addDeliveries(program: Command, host: Host): void {
  program
    .command('deliveries')
    .description('Show deliveries with their attempts: of an event, of a subscription, or the dead ones.')
    .option('--id <id>', 'one delivery, with every attempt')
    .option('--event <id>', 'all deliveries of one event')
    .option('--subscription <id>', 'those of one subscription, the last made first')
    .addOption(new Option('--state <state>', 'with --subscription: in this state').choices(deliveryStates))
    .option('--from <time>', 'with --subscription: made then or later', moment)
    .option('--to <time>', 'with --subscription: made before', moment)
    .option('--day <YYYY-MM-DD>', 'with --subscription: made on that day, in UTC')
    .option('--dead', 'the dead letters of your subscriptions')
    .option('--limit <n>', 'at most so many', count, 100)
    .addHelpText(
      'after',
      `
Examples:
  $ npx changewire deliveries --event evt_5d0c…
  $ npx changewire deliveries --subscription sub_4mX0TzHkqv1bWc7e --state dead --from 2026-11-19
  $ npx changewire deliveries --dead`,
    )
    .action(async (options: DeliveriesOptions, command: Command) => {
      const query = queryOf(options);
      const api = await connect(host, command);
      if (options.id) {
        const one = await api.call('GET', `/v1/deliveries/${encodeURIComponent(options.id)}`);
        return showDelivery(host, one as ShownDelivery);
      }
      const list = { member: 'deliveries', query, atMost: options.limit };
      show(host, await readList<ShownDelivery>(api, '/v1/deliveries', list), options);
    });
}

function queryOf(options: DeliveriesOptions): Record<string, string> {
  const { id, event, subscription, dead, ...limits } = options;
  if ([id, event, subscription, dead].filter(Boolean).length !== 1) {
    throw new CommandError('name one of --id, --event, --subscription and --dead', exitCodes.usage);
  }
  const { state, from, to, day } = limits;
  const given = Object.entries({ state, from, to, day }).filter(
    (entry): entry is [string, string] => entry[1] !== undefined,
  );
  if (!subscription) {
    if (given.length > 0) {
      throw new CommandError(`--${given[0]?.[0]} goes with --subscription`, exitCodes.usage);
    }
    return event ? { event_id: event } : { state: 'dead' };
  }
  return { subscription_id: subscription, ...Object.fromEntries(given) };
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
