import { setTimeout as wait } from 'node:timers/promises';
import type { Command } from 'commander';
import type { Api } from './api';
import { CommandError, exitCodes } from './command-error';
import { connect } from './connection';
import type { ShownDelivery } from './delivery';
import { stateOf } from './delivery';
import { coloursFor, present, printable } from './display';
import { followDeliveries } from './follow-deliveries';
import { followTopic, type ShownEvent } from './follow-topic';
import type { Host } from './host';
import { count } from './option-values';
import { readList } from './read-list';

interface TailOptions {
  readonly topic: string;
  readonly count?: number;
}

/** A look costs a request for each. */
const TOPICS_FOLLOWED = 20;

const LOOK_MILLISECONDS = 1000;

export function addTail(program: Command, host: Host): void {
  program
    .command('tail')
    .description('Follow what happens on a stack: events, and what becomes of their deliveries.')
    .option('--topic <pattern>', 'a topic, "user.*" for those that begin so, or "*" for all', '*')
    .option('--count <n>', 'stop after so many lines', count)
    .addHelpText(
      'after',
      `
It looks once a second, at ${TOPICS_FOLLOWED} topics at most, and shows the deliveries of your own subscriptions, those of the
newest events for two minutes. Topics that are made later are not followed. In a pipe, a line of JSON each.

Examples:
  $ npx changewire tail
  $ npx changewire tail --topic 'profile.*'
  $ npx changewire tail --topic orders | jq -r '.id'`,
    )
    .action((options: TailOptions, command: Command) => tail(host, options, command));
}

async function tail(host: Host, options: TailOptions, command: Command): Promise<void> {
  const api = await connect(host, command);
  const begin = host.now();
  const topics = await findTopics(api, options.topic, host);
  const follow = new Map(topics.map((topic) => [topic, followTopic(api, topic, begin)]));
  const deliveries = followDeliveries(api, host.now);
  const left = { lines: options.count ?? Number.POSITIVE_INFINITY };
  const stop = stopSignal(host);
  host.note(`following ${topics.length} topic${topics.length === 1 ? '' : 's'}; Ctrl-C ends`);
  while (!stop.asked() && left.lines > 0) {
    const events = await lookAtTopics(follow, host);
    deliveries.watch(events.map(({ id }) => id));
    const lines = [
      ...events.map((event) => () => showEvent(host, event)),
      ...(await deliveries.look()).map((delivery) => () => showDelivery(host, delivery)),
    ];
    for (const show of lines.slice(0, left.lines)) {
      show();
    }
    left.lines -= lines.length;
    await Promise.race([wait(left.lines > 0 ? LOOK_MILLISECONDS : 0), stop.done]);
  }
}

/** `user.*` stands for names that begin with `user.`, `*` for all; anything else for itself. */
function matchesTopic(pattern: string, name: string): boolean {
  return pattern.endsWith('*') ? name.startsWith(pattern.slice(0, -1)) : name === pattern;
}

async function findTopics(api: Api, pattern: string, host: Host): Promise<readonly string[]> {
  const query = { limit: '100' };
  const all = await readList<{ name: string }>(api, '/v1/topics', { member: 'topics', query });
  const found = all.map(({ name }) => name).filter((name) => matchesTopic(pattern, name));
  if (found.length === 0) {
    throw new CommandError(`no topic matches "${pattern}"; GET /v1/topics lists those there are`);
  }
  if (found.length > TOPICS_FOLLOWED) {
    host.note(
      `${found.length - TOPICS_FOLLOWED} more topics match and are not followed: name fewer with --topic`,
    );
  }
  return found.slice(0, TOPICS_FOLLOWED);
}

/** A topic that the token may not read is said once, and not looked at again. */
async function lookAtTopics(
  follow: Map<string, () => Promise<readonly ShownEvent[]>>,
  host: Host,
): Promise<readonly ShownEvent[]> {
  const found = await Promise.all(
    [...follow].map(async ([topic, look]) => {
      try {
        return await look();
      } catch (error) {
        if (!(error instanceof CommandError) || error.exitCode !== exitCodes.refused) {
          throw error;
        }
        follow.delete(topic);
        host.note(`${topic} is not followed: ${error.message}`);
        return [];
      }
    }),
  );
  if (follow.size === 0) {
    throw new CommandError('no topic is left that the token may read', exitCodes.refused);
  }
  return found.flat().sort((a, b) => (a.dispatched_at < b.dispatched_at ? -1 : 1));
}

function showEvent(host: Host, event: ShownEvent): void {
  const { id, topic, subject, dispatched_at: at } = event;
  const colours = coloursFor(host);
  present(host, { kind: 'event', ...event }, () =>
    printable(`${colours.dim(at)} ${colours.bold(topic)} ${id} ${subject ?? ''}`.trimEnd()),
  );
}

function showDelivery(host: Host, delivery: ShownDelivery): void {
  const { subscription_id: subscription, event_id: event, attempts } = delivery;
  const last = attempts.at(-1);
  const answer = last ? ` ${last.status ?? last.failure} in ${last.milliseconds} ms` : '';
  present(host, { kind: 'delivery', ...delivery }, () =>
    printable(`  ${event} → ${subscription} ${stateOf(delivery, host)}${answer}`),
  );
}

function stopSignal(host: Host): { readonly asked: () => boolean; readonly done: Promise<void> } {
  let isAsked = false;
  const done = new Promise<void>((resolve) => {
    const forget = host.onStop(() => {
      isAsked = true;
      forget();
      resolve();
    });
  });
  return { asked: () => isAsked, done };
}
