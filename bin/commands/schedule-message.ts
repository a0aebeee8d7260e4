import type { Command } from 'commander';
import { CommandError, exitCodes } from './command-error';
import { present } from './display';
import type { Host } from './host';
import { withMessages } from './message-connection';
import { duration, pointInTime, readJsonText } from './message-texts';
import { keyOf, type PublishMessageOptions, showPublished, withPublishOptions } from './publish-messages';

interface ScheduleOptions extends PublishMessageOptions {
  readonly at?: Date;
  readonly in?: number;
}

export function addScheduleMessage(messages: Command, host: Host): void {
  withPublishOptions(messages.command('schedule <topic>'))
    .description('Publish one message that is to be delivered later.')
    .option('--data <json>', 'the payload: JSON, @FILE, or - for standard input', '{}')
    .option('--at <time>', 'when: 2026-12-24T18:00:00Z, or a day', pointInTime)
    .option('--in <time>', 'how much later: 90s, 15m, 2h, 3d', duration)
    .addHelpText(
      'after',
      `
Examples:
  $ npx changewire messages schedule orders --in 15m --data '{"remind": true}'
  $ npx changewire messages schedule orders --at 2026-12-24T18:00:00+01:00 --data @card.json
  $ npx changewire messages cancel 8123456789012345`,
    )
    .action(async (topic: string, options: ScheduleOptions, command: Command) => {
      const { at, in: inSeconds } = options;
      if ((at === undefined) === (inSeconds === undefined)) {
        throw new CommandError('say when: --at or --in', exitCodes.usage);
      }
      const payload = await readJsonText(host, options.data);
      const time = at === undefined ? { inSeconds: inSeconds as number } : { at };
      const result = await withMessages(host, command, options.buffer, (client) =>
        client.schedulePublish(topic, payload, time, options.attribute, keyOf(options)),
      );
      showPublished(host, result);
    });
  messages
    .command('cancel <id>')
    .description('Cancel a scheduled message, by any of the ids that scheduling it gave.')
    .addHelpText('after', '\nExample:\n  $ npx changewire messages cancel 8123456789012345')
    .action(async (id: string, _options: unknown, command: Command) => {
      if (!/^\d{1,16}$/.test(id)) {
        throw new CommandError('the id must be one that scheduling gave, a whole number', exitCodes.usage);
      }
      const outcome = await withMessages(host, command, undefined, (client) =>
        client.cancelScheduled(Number(id)),
      );
      present(host, { id: Number(id), outcome }, () => `${id} is ${outcome}`);
      if (outcome === 'gone') {
        throw new CommandError('no scheduled message of that id waits', exitCodes.refused);
      }
    });
}
