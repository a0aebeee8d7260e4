import type { Command } from 'commander';
import { inParallel } from '../../core/in-parallel';
import type { Json, JsonObject } from '../../core/json';
import { isJsonEqual } from '../../core/person/json-equality';
import { AnswerError, type Api } from './api';
import { connect } from './connection';
import { present, table } from './display';
import type { Host } from './host';
import { type DefinedTopic, readTopicDefinitions } from './topic-definitions';

interface ApplyOptions {
  readonly dryRun?: boolean;
}

/** What a topic needs to be as its file says. */
type Act = 'create' | 'change' | 'keep';

interface Step {
  readonly topic: DefinedTopic;
  readonly act: Act;
}

/** A file has dozens of topics; each is a call. */
const CALLS_AT_A_TIME = 8;

export function addApplyTopics(topics: Command, host: Host): void {
  topics
    .command('apply <file>')
    .description('Register the topics of a definitions file of bc-events: names, descriptions, schemas.')
    .option('--dry-run', 'tell what would be done, and do nothing')
    .addHelpText(
      'after',
      `
The file is the YAML (or JSON) that the client loads. All of it is checked, and held against what there is, before
anything is done; applying it again changes nothing. Topics that are not in the file stay as they are.

Examples:
  $ npx changewire topics apply definitions.yaml --dry-run
  $ npx changewire topics apply definitions.yaml`,
    )
    .action(async (file: string, { dryRun = false }: ApplyOptions, command: Command) => {
      const defined = readTopicDefinitions(file);
      const api = await connect(host, command);
      const steps = await inParallel(CALLS_AT_A_TIME, defined, (topic) => plan(api, topic));
      if (!dryRun) {
        await inParallel(CALLS_AT_A_TIME, steps, (step) => take(api, step));
      }
      show(host, steps, !dryRun);
    });
}

async function plan(api: Api, topic: DefinedTopic): Promise<Step> {
  const found = await find(api, topic.name);
  if (found === undefined) {
    return { topic, act: 'create' };
  }
  const said = ({ description, schema }: Partial<DefinedTopic>): Json => [
    description ?? null,
    schema ?? null,
  ];
  return { topic, act: isJsonEqual(said(topic), said(found)) ? 'keep' : 'change' };
}

async function find(
  api: Api,
  name: string,
): Promise<{ description?: string; schema?: JsonObject } | undefined> {
  try {
    return (await api.call('GET', pathOf(name))) as object;
  } catch (error) {
    if (error instanceof AnswerError && error.status === 404) {
      return undefined;
    }
    throw error;
  }
}

async function take(api: Api, { topic, act }: Step): Promise<void> {
  if (act === 'create') {
    await api.call('POST', '/v1/topics', { body: topic });
  }
  if (act === 'change') {
    const { description = null, schema } = topic;
    await api.call('PATCH', pathOf(topic.name), { body: { description, schema } });
  }
}

function pathOf(name: string): string {
  return `/v1/topics/${encodeURIComponent(name)}`;
}

const done: Readonly<Record<Act, string>> = { create: 'created', change: 'changed', keep: 'as it was' };

function show(host: Host, steps: readonly Step[], applied: boolean): void {
  const plan = steps.map(({ topic: { name }, act }) => ({ name, act }));
  present(host, { applied, topics: plan }, () =>
    table(
      host,
      ['topic', applied ? 'done' : 'to do'],
      plan.map(({ name, act }) => [name, applied ? done[act] : act]),
    ),
  );
}
