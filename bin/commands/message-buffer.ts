import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import type { FileBuffer, Message, RefusedMessage } from '../../sdk/topics';
import { CommandError, exitCodes } from './command-error';
import { present, table } from './display';
import type { Host } from './host';
import { withMessages } from './message-connection';
import { collect } from './option-values';

interface BufferOptions {
  readonly flush?: boolean;
  readonly retry?: readonly string[];
  readonly remove?: readonly string[];
}

export function addMessageBuffer(messages: Command, host: Host): void {
  messages
    .command('buffer <file>')
    .description(
      'Show what a buffer keeps, and what was refused; send it; remove one. No program may have it open.',
    )
    .option('--retry <key>', 'have a refused message sent again; may be repeated', collect)
    .option('--remove <key>', 'forget a message; may be repeated', collect)
    .option('--flush', 'send what waits')
    .addHelpText(
      'after',
      `
It ends with 1 when messages still wait after --flush.

Examples:
  $ npx changewire messages buffer messages.journal
  $ npx changewire messages buffer messages.journal --retry 0b6e… --flush`,
    )
    .action(async (file: string, { flush, retry = [], remove = [] }: BufferOptions, command: Command) => {
      if (!existsSync(file)) {
        throw new CommandError(`there is no buffer ${file}`);
      }
      await withMessages(host, command, file, async (client, opened) => {
        const buffer = opened as FileBuffer;
        await each(retry, (key) => buffer.retry(key));
        await each(remove, (key) => buffer.remove(key));
        const report = flush ? await client.flush() : undefined;
        show(host, await buffer.waiting(), await buffer.refused());
        if (report !== undefined && report.waiting > 0) {
          throw new CommandError(`${report.waiting} messages still wait: the hub ${report.reason}`);
        }
      });
    });
}

async function each(keys: readonly string[], act: (key: string) => Promise<boolean>): Promise<void> {
  for (const key of keys) {
    if (!(await act(key))) {
      throw new CommandError(`the buffer holds no such message: ${key}`, exitCodes.refused);
    }
  }
}

function show(host: Host, waiting: readonly Message[], refused: readonly RefusedMessage[]): void {
  const rows = [
    ...waiting.map((message) => factsOf(message, 'waiting')),
    ...refused.map((message) => ({ ...factsOf(message, 'refused'), reason: message.reason })),
  ];
  present(host, rows, () =>
    rows.length === 0
      ? 'the buffer is empty'
      : table(
          host,
          ['key', 'state', 'topic', 'payloads', 'since', 'reason'],
          rows.map((row) => [
            ...[row.idempotency_key, row.state, row.topic, row.payloads, row.created_at],
            'reason' in row ? String(row.reason) : undefined,
          ]),
        ),
  );
}

/** Payloads may be personal: who must see them reads the file. */
function factsOf(
  { id, topic, kind, payloads, createdAt, scheduleAt }: Message,
  state: 'waiting' | 'refused',
) {
  return {
    ...{ idempotency_key: id, state, topic, kind, payloads: payloads.length, created_at: createdAt },
    ...(scheduleAt !== undefined && { schedule_at: scheduleAt }),
  };
}
