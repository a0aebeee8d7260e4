import type { Command } from 'commander';
import type { Api } from './api';
import { connect } from './connection';
import { coloursFor, present, table } from './display';
import type { Host } from './host';
import { readList } from './read-list';
import type { ShownSubscription } from './subscribe';

export function addSubscriptions(program: Command, host: Host): void {
  program
    .command('subscriptions')
    .description('List your subscriptions, or pause, resume or delete one.')
    .option('--pause <id>', 'hold deliveries back: what is published meanwhile is skipped')
    .option('--resume <id>', 'deliver again, also after it was switched off')
    .option('--delete <id>', 'end it for good')
    .addHelpText(
      'after',
      `
Examples:
  $ npx changewire subscriptions
  $ npx changewire subscriptions --pause sub_4mX0TzHkqv1bWc7e
  $ npx changewire subscriptions | jq -r '.[].target'`,
    )
    .action(async (options: Record<'pause' | 'resume' | 'delete', string | undefined>, command: Command) => {
      const api = await connect(host, command);
      if (options.delete) {
        await api.call('DELETE', subscriptionPath(options.delete));
        present(host, { id: options.delete, state: 'deleted' }, () => `${options.delete} is deleted`);
      } else if (options.pause) {
        await changeState(host, api, options.pause, 'paused');
      } else if (options.resume) {
        await changeState(host, api, options.resume, 'active');
      } else {
        await list(host, api);
      }
    });
}

export function subscriptionPath(id: string): string {
  return `/v1/subscriptions/${encodeURIComponent(id)}`;
}

async function changeState(host: Host, api: Api, id: string, state: 'active' | 'paused'): Promise<void> {
  const changed = (await api.call('PATCH', subscriptionPath(id), { body: { state } })) as ShownSubscription;
  present(host, changed, () => `${changed.id} is ${changed.state}`);
}

async function list(host: Host, api: Api): Promise<void> {
  const subscriptions = await readList<ShownSubscription>(api, '/v1/subscriptions', {
    member: 'subscriptions',
    query: { limit: '100' },
  });
  const colours = coloursFor(host);
  present(host, subscriptions, () =>
    subscriptions.length === 0
      ? 'no subscriptions yet: npx changewire subscribe TOPIC TARGET'
      : table(
          host,
          ['subscription', 'topic', 'target', 'state'],
          subscriptions.map(({ id, topic, target, state, state_reason: reason }) => [
            id,
            topic,
            target,
            state === 'active' ? colours.green(state) : `${state}${reason ? ` (${reason})` : ''}`,
          ]),
        ),
  );
}
