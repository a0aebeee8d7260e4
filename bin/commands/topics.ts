import type { Command } from 'commander';
import type { Api } from './api';
import { addApplyTopics } from './apply-topics';
import { CommandError, exitCodes } from './command-error';
import { connect } from './connection';
import { coloursFor, facts, present, table } from './display';
import type { Host } from './host';
import { readJsonFile } from './read-json-file';
import { readList } from './read-list';

/** A topic as the manage door shows it; lists leave schema and examples out. */
interface ShownTopic {
  readonly name: string;
  readonly description?: string;
  readonly has_schema: boolean;
  readonly deprecated: boolean | string;
  readonly built_in: boolean;
  readonly schema?: object;
  readonly examples?: object;
  readonly created_at?: string;
}

interface TopicsOptions {
  readonly show?: string;
  readonly create?: string;
  readonly change?: string;
  readonly delete?: string;
  readonly description?: string;
  readonly schema?: string;
  readonly deprecated?: string | true;
}

export function addTopics(program: Command, host: Host): void {
  const topics = program
    .command('topics')
    .description('List the topics, or show, make, change or delete one.')
    .option('--show <name>', 'one topic, with its schema and examples')
    .option('--create <name>', 'make a topic')
    .option('--change <name>', 'change what is said of a topic')
    .option('--delete <name>', 'end a topic that nobody subscribes to')
    .option('--description <text>', 'with --create or --change: what its events mean')
    .option('--schema <file>', 'with --create or --change: the JSON Schema of its data')
    .option('--deprecated [notice]', 'with --create or --change: to be used no more; what to use instead')
    .addHelpText(
      'after',
      `
Events whose data does not fit the schema are refused when they are published.

Examples:
  $ npx changewire topics
  $ npx changewire topics --create orders --description 'an order was paid' --schema order.schema.json
  $ npx changewire topics --change orders --deprecated 'use orders.v2'
  $ npx changewire topics apply definitions.yaml --dry-run
  $ npx changewire topics | jq -r '.[].name'`,
    )
    .action(async (options: TopicsOptions, command: Command) => {
      requireOneAct(options);
      const said = readDescription(options);
      await act(host, await connect(host, command), options, said);
    });
  addApplyTopics(topics, host);
}

function requireOneAct({ show, create, change, delete: ended, ...said }: TopicsOptions): void {
  if ([show, create, change, ended].filter(Boolean).length > 1) {
    throw new CommandError('name one of --show, --create, --change and --delete', exitCodes.usage);
  }
  if (Object.keys(said).length > 0 && !create && !change) {
    throw new CommandError(`--${Object.keys(said)[0]} goes with --create or --change`, exitCodes.usage);
  }
  if (Object.keys(said).length === 0 && change) {
    throw new CommandError('say what to change: --description, --schema or --deprecated', exitCodes.usage);
  }
}

function readDescription({ description, schema, deprecated }: TopicsOptions): Record<string, unknown> {
  return {
    ...(description !== undefined && { description }),
    ...(schema !== undefined && { schema: readJsonFile(schema, 'the schema') }),
    ...(deprecated !== undefined && { deprecated }),
  };
}

async function act(
  host: Host,
  api: Api,
  { show, create, change, delete: ended }: TopicsOptions,
  said: Record<string, unknown>,
): Promise<void> {
  if (create) {
    showOne(host, await api.call('POST', '/v1/topics', { body: { name: create, ...said } }));
  } else if (change) {
    showOne(host, await api.call('PATCH', topicPath(change), { body: said }));
  } else if (ended) {
    await api.call('DELETE', topicPath(ended));
    present(host, { name: ended, state: 'deleted' }, () => `${ended} is deleted`);
  } else if (show) {
    showOne(host, await api.call('GET', topicPath(show)));
  } else {
    await list(host, api);
  }
}

function topicPath(name: string): string {
  return `/v1/topics/${encodeURIComponent(name)}`;
}

function showOne(host: Host, answer: unknown): void {
  const topic = answer as ShownTopic;
  present(host, topic, () =>
    facts(host, [
      ['topic', topic.name],
      ['description', topic.description],
      ['deprecated', topic.deprecated === false ? undefined : deprecationOf(topic)],
      ['created', topic.created_at],
      ['schema', topic.schema && JSON.stringify(topic.schema, null, 2)],
      ['examples', topic.examples && JSON.stringify(topic.examples, null, 2)],
    ]),
  );
}

async function list(host: Host, api: Api): Promise<void> {
  const query = { limit: '100' };
  const topics = await readList<ShownTopic>(api, '/v1/topics', { member: 'topics', query });
  present(host, topics, () =>
    table(
      host,
      ['topic', 'of', 'schema', 'description'],
      topics.map((topic) => [
        topic.name,
        topic.built_in ? 'the system' : 'yours',
        topic.has_schema ? 'yes' : '',
        topic.deprecated === false
          ? topic.description
          : coloursFor(host).yellow(`deprecated: ${deprecationOf(topic)}`),
      ]),
    ),
  );
}

function deprecationOf({ deprecated }: ShownTopic): string {
  return typeof deprecated === 'string' ? deprecated : 'to be used no more';
}
