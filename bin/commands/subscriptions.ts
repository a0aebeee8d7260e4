import type { Command } from 'commander';
import type { Api } from './api';
import { CommandError, exitCodes } from './command-error';
import { connect } from './connection';
import { present, table } from './display';
import type { Host } from './host';
import { readList } from './read-list';
import {
  type ShownSubscription,
  showSubscription,
  subscriptionPath,
  subscriptionState,
} from './subscription';

type SubscriptionsOptions = Partial<Record<(typeof acts)[number], string>>;

const acts = ['show', 'pause', 'resume', 'test', 'rotateSecret', 'delete'] as const;

export function addSubscriptions(program: Command, host: Host): void {
  program
    .command('subscriptions')
    .description('List your subscriptions, or show, pause, resume, test or delete one.')
    .option('--show <id>', 'one subscription, with its policy and filter')
    .option('--pause <id>', 'hold deliveries back: what is published meanwhile is skipped')
    .option('--resume <id>', 'deliver again, also after it was switched off')
    .option('--test <id>', 'send a test event to this subscription alone')
    .option('--rotate-secret <id>', 'sign with a new secret, and for 24 hours with the old one, too')
    .option('--delete <id>', 'end it for good')
    .addHelpText(
      'after',
      `
Examples:
  $ npx changewire subscriptions
  $ npx changewire subscriptions --pause sub_4mX0TzHkqv1bWc7e
  $ npx changewire subscriptions --test sub_4mX0TzHkqv1bWc7e
  $ npx changewire subscriptions | jq -r '.[].target'`,
    )
    .action(async (options: SubscriptionsOptions, command: Command) => {
      const named = acts.filter((act) => options[act] !== undefined);
      if (named.length > 1) {
        throw new CommandError('name one of the options, or none for the list', exitCodes.usage);
      }
      const [act] = named;
      const api = await connect(host, command);
      await (act ? actOn(host, api, act, options[act] as string) : list(host, api));
    });
}

async function actOn(host: Host, api: Api, act: (typeof acts)[number], id: string): Promise<void> {
  const path = subscriptionPath(id);
  switch (act) {
    case 'show':
      return showSubscription(host, (await api.call('GET', path)) as ShownSubscription);
    case 'pause':
      return changeState(host, api, id, 'paused');
    case 'resume':
      return changeState(host, api, id, 'active');
    case 'test': {
      const { event_id: event } = (await api.call('POST', `${path}/test`)) as { readonly event_id: string };
      return present(
        host,
        { id, event_id: event },
        () => `${event} is on its way: deliveries --event ${event}`,
      );
    }
    case 'rotateSecret':
      return showSubscription(host, (await api.call('POST', `${path}/rotate-secret`)) as ShownSubscription);
    case 'delete':
      await api.call('DELETE', path);
      return present(host, { id, state: 'deleted' }, () => `${id} is deleted`);
  }
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
  present(host, subscriptions, () =>
    subscriptions.length === 0
      ? 'no subscriptions yet: npx changewire subscribe TOPIC TARGET'
      : table(
          host,
          ['subscription', 'topic', 'target', 'state'],
          subscriptions.map((one) => [one.id, one.topic, one.target, subscriptionState(host, one)]),
        ),
  );
}
