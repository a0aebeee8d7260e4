import { setTimeout as pause } from 'node:timers/promises';
import type { Command } from 'commander';
import type { Api } from './api';
import { CommandError, exitCodes } from './command-error';
import { connect } from './connection';
import { coloursFor, facts, present } from './display';
import type { Host } from './host';
import { eventsPerSecond, moment, startOrMoment } from './option-values';
import { subscriptionPath } from './subscription';

/** A replay as the manage door shows it. */
interface ShownReplay {
  readonly subscription_id: string;
  readonly run: number;
  readonly state: 'running' | 'done' | 'cancelled' | 'failed';
  readonly reason?: string;
  readonly from: string;
  readonly to?: string;
  readonly rate_per_second: number;
  readonly events_found: number;
  readonly sent: number;
  readonly position?: { readonly topic: string; readonly at?: string };
  readonly sending_until?: string;
  readonly ended_at?: string;
}

interface ReplayOptions {
  readonly from?: string;
  readonly to?: string;
  readonly rate?: number;
  readonly cancel?: boolean;
  readonly wait: boolean;
}

/** The tick that works on replays comes every minute on AWS, every second on this machine. */
const LOOK_EVERY_MILLISECONDS = 1000;

export function addReplay(program: Command, host: Host): void {
  program
    .command('replay')
    .description('Send the history of what a subscription listens to, once more or for the first time.')
    .argument('<subscription>', 'its id')
    .option('--from <time>', '"start", or when the first event arrived', startOrMoment)
    .option('--to <time>', 'events that arrived before (default: now; live deliveries go on)', moment)
    .option('--rate <n>', 'events a second (default: 100)', eventsPerSecond)
    .option('--no-wait', 'start it only')
    .option('--cancel', 'end the replay that is running')
    .addHelpText(
      'after',
      `
Ctrl-C ends the watching, not the replay. Its deliveries have a run of their own: changewire deliveries.

Examples:
  $ npx changewire replay sub_4mX0TzHkqv1bWc7e --from start
  $ npx changewire replay sub_4mX0TzHkqv1bWc7e --from 2026-11-20T18:00:00Z --to 2026-11-20T19:00:00Z --rate 10
  $ npx changewire replay sub_4mX0TzHkqv1bWc7e --cancel`,
    )
    .action(async (subscription: string, options: ReplayOptions, command: Command) => {
      if (Boolean(options.from) === Boolean(options.cancel)) {
        throw new CommandError('name --from, or --cancel alone', exitCodes.usage);
      }
      const api = await connect(host, command);
      const path = `${subscriptionPath(subscription)}/replays`;
      if (options.cancel) {
        return show(host, await cancelRunning(api, path));
      }
      const { from, to, rate } = options;
      const body = { from, ...(to && { to }), ...(rate !== undefined && { rate_per_second: rate }) };
      const started = (await api.call('POST', path, { body })) as ShownReplay;
      const last = options.wait ? await watch(host, api, `${path}/${started.run}`, started) : started;
      show(host, last);
      if (last.state === 'cancelled' || last.state === 'failed') {
        throw new CommandError(`the replay is ${last.state}${last.reason ? `: ${last.reason}` : ''}`);
      }
    });
}

async function cancelRunning(api: Api, path: string): Promise<ShownReplay> {
  const { replays } = (await api.call('GET', path)) as { readonly replays: readonly ShownReplay[] };
  const running = replays.find(({ state }) => state === 'running');
  if (!running) {
    throw new CommandError('no replay of this subscription is running');
  }
  return (await api.call('DELETE', `${path}/${running.run}`)) as ShownReplay;
}

/** Asks until it has ended; a person sees each step that is new. */
async function watch(host: Host, api: Api, path: string, started: ShownReplay): Promise<ShownReplay> {
  let current = started;
  let told = '';
  while (current.state === 'running') {
    await pause(LOOK_EVERY_MILLISECONDS);
    current = (await api.call('GET', path)) as ShownReplay;
    const step = progressOf(current);
    if (host.interactive && step !== told) {
      host.note(step);
      told = step;
    }
  }
  return current;
}

function progressOf({ sent, events_found: found, position, sending_until: until }: ShownReplay): string {
  const place = position ? `, at ${position.topic}${position.at ? ` ${position.at}` : ''}` : '';
  const filtered = found > sent ? ` of ${found} found` : '';
  return `sent ${sent}${filtered}${place}${until ? `, leaving until ${until}` : ''}`;
}

function show(host: Host, replay: ShownReplay): void {
  const colours = coloursFor(host);
  present(host, replay, () =>
    facts(host, [
      ['replay', `run ${replay.run} of ${replay.subscription_id}`],
      ['state', replay.state === 'done' ? colours.green(replay.state) : replay.state],
      ['reason', replay.reason],
      ['from', replay.from],
      ['to', replay.to],
      ['events found', `${replay.events_found}`],
      ['sent', `${replay.sent}`],
    ]),
  );
}
