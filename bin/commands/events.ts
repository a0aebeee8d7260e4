import type { Command } from 'commander';
import { CommandError, exitCodes } from './command-error';
import { connect } from './connection';
import { facts, presentText, table } from './display';
import { type EventText, readEvents, readEventText } from './event-text';
import type { Host } from './host';
import { type Ledger, ledgerText, readLedger } from './ledger';
import { count, moment } from './option-values';

interface EventsOptions {
  readonly id?: string;
  readonly topic?: string;
  readonly from?: string;
  readonly to?: string;
  readonly oldest?: boolean;
  readonly limit: number;
}

/** Of the data; the rest is in the JSON. */
const DATA_SHOWN = 60;

export function addEvents(program: Command, host: Host): void {
  program
    .command('events')
    .description('List the events of a topic, or show one and where it went.')
    .option('--id <id>', 'one event, with its data and the count of its deliveries')
    .option('--topic <topic>', 'those of a topic, the newest first')
    .option('--from <time>', 'with --topic: arrived then or later', moment)
    .option('--to <time>', 'with --topic: arrived before', moment)
    .option('--oldest', 'with --topic: the oldest first')
    .option('--limit <n>', 'at most so many', count, 100)
    .addHelpText(
      'after',
      `
An event is kept for as long as its topic's history; what was erased is counted, and not shown.

Examples:
  $ npx changewire events --topic orders --from 15m
  $ npx changewire events --topic profile.created --oldest --limit 10
  $ npx changewire events --id evt_IPVG9tCs_IgZiLURBqiGfEVZ
  $ npx changewire events --topic orders | jq -c '.[].data'`,
    )
    .action(async (options: EventsOptions, command: Command) => {
      requireOneKind(options);
      const api = await connect(host, command);
      const { id, topic, from, to, oldest, limit } = options;
      if (id) {
        const event = readEventText(await api.read(`/v1/events/${encodeURIComponent(id)}`));
        const ledger = await readLedger(api, id);
        return showOne(host, event, ledger);
      }
      const order = oldest ? 'asc' : 'desc';
      showList(host, await readEvents(api, { topic, from, to, order }, limit));
    });
}

function requireOneKind({ id, topic, from, to, oldest }: EventsOptions): void {
  if (Boolean(id) === Boolean(topic)) {
    throw new CommandError('name --topic, or --id', exitCodes.usage);
  }
  if (id && (from || to || oldest)) {
    throw new CommandError('--from, --to and --oldest go with --topic', exitCodes.usage);
  }
}

function showOne(host: Host, event: EventText, ledger: Ledger | undefined): void {
  const json = `${event.json.trimEnd().slice(0, -1)},"ledger":${JSON.stringify(ledger ?? null)}}`;
  presentText(host, json, () =>
    facts(host, [
      ['event', event.id],
      ['your id', event.client_id],
      ['topic', event.topic],
      ['source', event.source],
      ['subject', event.subject],
      ['time', event.time],
      ['arrived', event.dispatched_at],
      ['expires', event.expires_at],
      ['deliveries', ledger ? ledgerText(ledger) : 'not counted yet'],
      ['data', event.data],
    ]),
  );
}

function showList(host: Host, events: readonly EventText[]): void {
  presentText(host, `[${events.map(({ json }) => json).join(',')}]`, () =>
    events.length === 0
      ? 'none'
      : table(
          host,
          ['event', 'subject', 'arrived', 'data'],
          events.map(({ id, subject, dispatched_at: at, data }) => [id, subject, at, beginningOf(data)]),
        ),
  );
}

function beginningOf(data: string): string {
  const line = data.replace(/\s+/g, ' ');
  return line.length > DATA_SHOWN ? `${line.slice(0, DATA_SHOWN - 1)}…` : line;
}
