import type { Command } from 'commander';
import { findStack } from '../../local/running-stack';
import {
  FileBuffer,
  MessageClient,
  type MessageClientOptions,
  MessageError,
  type MessageErrorCode,
} from '../../sdk/topics';
import { CommandError, type ExitCode, exitCodes } from './command-error';
import { baseUrlOf, mintLocalToken } from './connection';
import type { Host } from './host';

const codes: Readonly<Partial<Record<MessageErrorCode, ExitCode>>> = {
  refused: exitCodes.refused,
  message_invalid: exitCodes.usage,
  configuration_invalid: exitCodes.usage,
};

/** Long enough for whoever waits at a terminal; a buffer is there for what takes longer. */
const retry = { retries: 3, timeoutMs: 10_000, bulkTimeoutMs: 30_000 };

/**
 * Does something with the hub, and tells of its failures as every command does.
 * @param bufferFile keeps what the hub cannot take; closed at the end.
 */
export async function withMessages<Result>(
  host: Host,
  command: Command,
  bufferFile: string | undefined,
  work: (client: MessageClient, buffer: FileBuffer | undefined) => Promise<Result>,
): Promise<Result> {
  const apiUrl = baseUrlOf(command);
  let buffer: FileBuffer | undefined;
  try {
    buffer = bufferFile === undefined ? undefined : await FileBuffer.open(bufferFile);
    const client = new MessageClient(await optionsFor(host, command, apiUrl, buffer));
    return await work(client, buffer).finally(() => client.close());
  } catch (error) {
    throw error instanceof MessageError ? told(error, apiUrl) : error;
  } finally {
    await buffer?.close();
  }
}

async function optionsFor(
  host: Host,
  command: Command,
  apiUrl: string,
  buffer: FileBuffer | undefined,
): Promise<MessageClientOptions> {
  const token = await tokenOrNone(host, command, apiUrl);
  return {
    apiUrl,
    retry,
    background: false,
    logger: { info: () => undefined, warn: (message) => host.note(message) },
    ...(token !== undefined && { token }),
    ...(buffer !== undefined && { buffer }),
  };
}

/** Unlike the other doors, this one may let everybody in, and may know its callers by the address. */
async function tokenOrNone(host: Host, command: Command, apiUrl: string): Promise<string | undefined> {
  const token = command.optsWithGlobals<{ token?: string }>().token || host.environment.CHANGEWIRE_TOKEN;
  if (token || new URL(apiUrl).username !== '') {
    return token || undefined;
  }
  const stack = findStack(host.home, apiUrl);
  return stack && mintLocalToken(stack);
}

function told({ message, failed, status, code }: MessageError, apiUrl: string): CommandError {
  const where = code === 'unavailable' ? ` (${new URL(apiUrl).origin})` : '';
  const left = failed.reduce((sum, { count }) => sum + count, 0);
  const lost = left > 1 ? `; ${left} payloads are not published` : '';
  const advice = adviceOn(message, code === 'unavailable' && status === undefined);
  return new CommandError(`${message}${where}${advice}${lost}`, codes[code] ?? exitCodes.failed);
}

/** Postoffice's words for a topic that nobody made say little to who does not know them. */
function adviceOn(message: string, isUnanswered: boolean): string {
  if (isUnanswered) {
    return ': start a stack with "npm start", or name another with --base-url';
  }
  return message.includes('"topic":["is invalid"]')
    ? '; the topics door has none of that name until POST /api/topics or "messages configure" makes it'
    : '';
}
