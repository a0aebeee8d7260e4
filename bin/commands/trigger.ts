import { readFile } from 'node:fs/promises';
import type { Command } from 'commander';
import type { Api } from './api';
import { CommandError, exitCodes } from './command-error';
import { connect } from './connection';
import { present } from './display';
import type { Host } from './host';
import { count } from './option-values';

interface TriggerOptions {
  readonly data: string;
  readonly subject?: string;
  readonly id?: string;
  readonly count: number;
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
    .argument('<topic>', 'a topic that is there: POST /v1/topics makes one')
    .option('--data <json>', 'the data: JSON, @FILE, or - for standard input', '{}')
    .option('--subject <text>', 'what it is about; events of one subject keep their order')
    .option('--id <id>', 'your id: publishing it again changes nothing; with --count it is numbered')
    .option('--count <n>', 'publish so many', count, 1)
    .addHelpText(
      'after',
      `
Examples:
  $ npx changewire trigger orders --data '{"total": 12.50}'
  $ npx changewire trigger orders --data @order.json --id order-1 --subject customer-7
  $ npx changewire trigger orders --count 1000`,
    )
    .action(async (topic: string, options: TriggerOptions, command: Command) => {
      const data = await readData(host, options.data);
      const api = await connect(host, command);
      const [first, last] = await publishAll({ ...options, topic, data }, api, host);
      if (options.count === 1) {
        present(host, first, () => first.id);
      } else {
        const summary = { published: options.count, first: first.id, last: last.id };
        present(host, summary, () => `published ${options.count} events: ${first.id} … ${last.id}`);
      }
    });
}

/** The JSON text as it came: parsing it would cost digits. */
async function readData(host: Host, argument: string): Promise<string> {
  const text = await readText(host, argument);
  try {
    JSON.parse(text);
    return text.trim();
  } catch {
    throw new CommandError('--data must be JSON, @FILE with JSON, or - for standard input', exitCodes.usage);
  }
}

async function readText(host: Host, argument: string): Promise<string> {
  if (argument === '-') {
    return host.readStandardInput();
  }
  if (!argument.startsWith('@')) {
    return argument;
  }
  try {
    return await readFile(argument.slice(1), 'utf8');
  } catch (error) {
    throw new CommandError(`cannot read ${argument.slice(1)}: ${(error as Error).message}`);
  }
}

type Run = TriggerOptions & { readonly topic: string };

/** @returns the first and the last of them. */
async function publishAll(run: Run, api: Api, host: Host): Promise<[PublishedEvent, PublishedEvent]> {
  const perCall = Math.max(1, Math.min(EVENTS_PER_CALL, Math.floor(CHARACTERS_PER_CALL / run.data.length)));
  const warned = new Set<string>();
  let first: PublishedEvent | undefined;
  let last: PublishedEvent | undefined;
  for (let done = 0; done < run.count; ) {
    const size = Math.min(perCall, run.count - done);
    const events = Array.from({ length: size }, (_, index) => eventText(run, done + index));
    const answer = (await api.call('POST', '/v1/events', { text: `[${events.join(',')}]` })) as PublishAnswer;
    first ??= answer.events[0];
    last = answer.events.at(-1);
    done += size;
    warn(answer.warnings ?? [], warned, host);
    if (run.count > perCall) {
      host.note(`${done} of ${run.count}`);
    }
  }
  if (!first || !last) {
    throw new CommandError('the server took the events and told no ids');
  }
  return [first, last];
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
