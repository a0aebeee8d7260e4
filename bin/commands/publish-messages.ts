import type { Command } from 'commander';
import type { BulkResult, PublishResult } from '../../sdk/topics';
import { CommandError, exitCodes } from './command-error';
import { present, table } from './display';
import type { Host } from './host';
import { withMessages } from './message-connection';
import { attribute, readJsonText, readPayloads } from './message-texts';

export interface PublishMessageOptions {
  readonly data: string;
  readonly attribute?: Readonly<Record<string, string>>;
  readonly key?: string;
  readonly buffer?: string;
}

export function addPublishMessages(messages: Command, host: Host): void {
  withPublishOptions(messages.command('publish <topic>'))
    .description('Publish one message.')
    .option('--data <json>', 'the payload: JSON, @FILE, or - for standard input', '{}')
    .addHelpText(
      'after',
      `
Examples:
  $ npx changewire messages publish orders --data '{"total": 12.50}'
  $ npx changewire messages publish orders --data @order.json --attribute source=shop --key order-7`,
    )
    .action(async (topic: string, options: PublishMessageOptions, command: Command) => {
      const payload = await readJsonText(host, options.data);
      const result = await withMessages(host, command, options.buffer, (client) =>
        client.publish(topic, payload, options.attribute, keyOf(options)),
      );
      showPublished(host, result);
    });
  withPublishOptions(messages.command('bulk <topic> <file>'))
    .description('Publish many: a list in JSON, or a line of JSON for each; - reads standard input.')
    .addHelpText(
      'after',
      `
Up to 3 000 travel in a call, which the hub takes whole or not at all.

Examples:
  $ npx changewire messages bulk orders orders.json
  $ jq -c '.orders[]' export.json | npx changewire messages bulk orders -`,
    )
    .action(async (topic: string, file: string, options: PublishMessageOptions, command: Command) => {
      const payloads = await readPayloads(host, file);
      const results = await withMessages(host, command, options.buffer, (client) =>
        client.bulkPublish(topic, payloads, options.attribute, keyOf(options)),
      );
      showBulk(host, results);
    });
}

export function withPublishOptions(command: Command): Command {
  return command
    .option('--attribute <name=value>', 'beside the payload; may be repeated', attribute)
    .option('--key <key>', 'your idempotency key: publishing under it again changes nothing')
    .option('--buffer <file>', 'keep what the hub cannot take; "messages buffer" sends it later');
}

export function keyOf({ key }: Pick<PublishMessageOptions, 'key'>): { readonly idempotencyKey?: string } {
  return key === undefined ? {} : { idempotencyKey: key };
}

export function showPublished(host: Host, result: PublishResult): void {
  present(host, result, () =>
    result.outcome === 'accepted'
      ? `accepted for ${result.ids.length} consumers${result.ids.length > 0 ? `: ${result.ids.join(', ')}` : ''}`
      : `${result.outcome}: ${result.reason} (${result.idempotencyKey})`,
  );
  requireTaken([result]);
}

function showBulk(host: Host, results: readonly BulkResult[]): void {
  present(host, results, () =>
    table(
      host,
      ['payloads', 'outcome', 'deliveries', 'reason'],
      results.map((result) =>
        result.outcome === 'accepted'
          ? [result.count, result.outcome, result.ids.length]
          : [result.count, result.outcome, undefined, result.reason],
      ),
    ),
  );
  requireTaken(results);
}

/** What is kept for later is no failure; what was refused needs somebody. */
function requireTaken(results: readonly PublishResult[]): void {
  const refused = results.find((result) => result.outcome === 'refused');
  if (refused !== undefined) {
    throw new CommandError(`the hub ${refused.reason}; the buffer keeps it apart`, exitCodes.refused);
  }
}
