import type { Command } from 'commander';
import type { Api } from './api';
import { awaitDeliveries, type DeliveriesEnd } from './await-deliveries';
import { CommandError } from './command-error';
import { connect } from './connection';
import { present } from './display';
import type { Host } from './host';
import { ledgerText } from './ledger';
import { readJsonText } from './message-texts';
import { count, seconds } from './option-values';

interface TriggerOptions {
  readonly data: string;
  readonly subject?: string;
  readonly id?: string;
  readonly count: number;
  readonly wait?: number;
}

interface PublishedEvent {
  readonly id: string;
  readonly client_id?: string;
  readonly topic: string;
}

interface PublishAnswer {
  readonly events: readonly PublishedEvent[];
  readonly warnings?: readonly string[];
}

/** A call of so many is answered at once, and few lines tell of a long run. */
const EVENTS_PER_CALL = 100;

/** Below the door's 4 MB. */
const CHARACTERS_PER_CALL = 1_000_000;

export function addTrigger(program: Command, host: Host): void {
  program
    .command('trigger')
    .description('Publish an event, or many of the same; print the id that it got.')
    .argument('<topic>', 'a topic that is there; "topics --create" makes one')
    .option('--data <json>', 'the data: JSON, @FILE, or - for standard input', '{}')
    .option('--subject <text>', 'what it is about; events of one subject keep their order')
    .option('--id <id>', 'your id: publishing it again changes nothing; with --count it is numbered')
    .option('--count <n>', 'publish so many', count, 1)
    .option('--wait <seconds>', 'wait so long for the deliveries to end, and count them', seconds)
    .addHelpText(
      'after',
      `
Examples:
  $ npx changewire trigger orders --data '{"total": 12.50}'
  $ npx changewire trigger orders --data @order.json --id order-1 --subject customer-7
  $ npx changewire trigger orders --count 1000 --wait 60`,
    )
    .action(async (topic: string, options: TriggerOptions, command: Command) => {
      const { text: data } = await readJsonText(host, options.data);
      const api = await connect(host, command);
      const published = await publishAll({ ...options, topic, data }, api, host);
      const ids = published.map(({ id }) => id);
      const end = options.wait && (await awaitDeliveries(host, api, ids, options.wait * 1000));
      show(host, published, end || undefined);
      if (end && !end.isOver) {
        throw new CommandError(`not every delivery ended in ${options.wait} s; see "changewire deliveries"`);
      }
    });
}

function show(host: Host, published: readonly PublishedEvent[], end: DeliveriesEnd | undefined): void {
  const [first, last] = [published[0] as PublishedEvent, published.at(-1) as PublishedEvent];
  const one = published.length === 1;
  const result = one ? first : { published: published.length, first: first.id, last: last.id };
  const line = one ? first.id : `published ${published.length} events: ${first.id} … ${last.id}`;
  present(host, { ...result, ...(end && { ledger: end.ledger }) }, () =>
    end ? `${line}\n${ledgerText(end.ledger)}` : line,
  );
}

type Run = TriggerOptions & { readonly topic: string };

async function publishAll(run: Run, api: Api, host: Host): Promise<readonly PublishedEvent[]> {
  const perCall = Math.max(1, Math.min(EVENTS_PER_CALL, Math.floor(CHARACTERS_PER_CALL / run.data.length)));
  const warned = new Set<string>();
  const published: PublishedEvent[] = [];
  while (published.length < run.count) {
    const size = Math.min(perCall, run.count - published.length);
    const texts = Array.from({ length: size }, (_, index) => eventText(run, published.length + index));
    const answer = (await api.call('POST', '/v1/events', { text: `[${texts.join(',')}]` })) as PublishAnswer;
    if (answer.events.length !== size) {
      throw new CommandError(`the server took ${size} events and told ${answer.events.length} ids`);
    }
    published.push(...answer.events);
    warn(answer.warnings ?? [], warned, host);
    if (run.count > perCall) {
      host.note(`${published.length} of ${run.count}`);
    }
  }
  return published;
}

function warn(warnings: readonly string[], warned: Set<string>, host: Host): void {
  for (const warning of warnings.filter((one) => !warned.has(one))) {
    warned.add(warning);
    host.note(warning);
  }
}

function eventText({ topic, subject, id, count: total, data }: Run, index: number): string {
  const fields = {
    topic,
    ...(subject !== undefined && { subject }),
    ...(id !== undefined && { id: total === 1 ? id : `${id}-${index + 1}` }),
  };
  return `${JSON.stringify(fields).slice(0, -1)},"data":${data}}`;
}
