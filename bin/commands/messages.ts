import type { Command } from 'commander';
import { addConfigureMessages } from './configure-messages';
import type { Host } from './host';
import { addMessageBuffer } from './message-buffer';
import { addPublishMessages } from './publish-messages';
import { addScheduleMessage } from './schedule-message';

/** The topics door, as Postoffice's users know it. */
export function addMessages(program: Command, host: Host): void {
  const messages = program
    .command('messages')
    .description("Publish, schedule and configure through the topics door (Postoffice's).")
    .addHelpText(
      'after',
      `
Where the stage wants credentials: --token, or https://KEY:SECRET@HOST as --base-url. Where it wants none, consumers belong to
"anonymous": their deliveries are shown to a token of "changewire token --subject anonymous".

Examples:
  $ npx changewire messages configure hub.yaml                 # the plan; --yes applies it
  $ npx changewire messages publish orders --data '{"total": 12.50}' --attribute source=shop
  $ npx changewire messages bulk orders orders.ndjson
  $ npx changewire messages schedule orders --in 2h --data @reminder.json
  $ npx changewire messages publish orders --data '{}' --buffer orders.journal   # kept while the hub is down
  $ npx changewire messages buffer orders.journal --flush`,
    );
  addPublishMessages(messages, host);
  addScheduleMessage(messages, host);
  addConfigureMessages(messages, host);
  addMessageBuffer(messages, host);
}
