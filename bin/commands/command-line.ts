import { Command, CommanderError } from 'commander';
import { version } from '../../core/version';
import { CommandError, exitCodes } from './command-error';
import { defaultBaseUrl } from './connection';
import { addDeliveries } from './deliveries';
import { coloursFor, printable } from './display';
import { addErase } from './erase';
import { addEvents } from './events';
import { addFake } from './fake';
import type { Host } from './host';
import { addListen } from './listen';
import { addMessages } from './messages';
import { addPerson } from './person';
import { addPublish } from './publish';
import { addReplay } from './replay';
import { addResend } from './resend';
import { addRewind } from './rewind';
import { addStart } from './start';
import { addStatus } from './status';
import { addSubscribe } from './subscribe';
import { addSubscriptions } from './subscriptions';
import { addTail } from './tail';
import { addToken } from './token';
import { addTopics } from './topics';
import { addTrigger } from './trigger';

/**
 * Runs one command line.
 * @param words without the names of node and of the script.
 * @returns the exit code; nothing is thrown.
 */
export async function runCommandLine(words: readonly string[], host: Host): Promise<number> {
  try {
    await buildProgram(host).parseAsync([...words], { from: 'user' });
    return exitCodes.ok;
  } catch (error) {
    if (error instanceof CommanderError) {
      // Help and version end with 0; commander has written the rest already.
      return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
    }
    return reportFailure(error, host);
  }
}

/** Failures are told in one line; the stack is for those who ask. */
function reportFailure(error: unknown, host: Host): number {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  host.note(`${coloursFor(host).red('error')}: ${printable(message)}`);
  if (host.environment.CHANGEWIRE_DEBUG && stack) {
    host.note(stack);
  }
  return error instanceof CommandError ? error.exitCode : exitCodes.failed;
}

function buildProgram(host: Host): Command {
  const program = new Command('changewire')
    .description('A change and event hub: signed profile changes in, integrated profiles and webhooks out.')
    .version(version)
    .option(
      '--base-url <url>',
      'the API to talk to [env: CHANGEWIRE_URL]',
      host.environment.CHANGEWIRE_URL || defaultBaseUrl,
    )
    .option('--token <jwt>', 'bearer token [env: CHANGEWIRE_TOKEN] (default: one of the local issuer)')
    .configureHelp({ showGlobalOptions: true })
    .exitOverride()
    .configureOutput({
      writeOut: (text) => host.print(text.replace(/\n$/, '')),
      writeErr: (text) => host.note(text.replace(/\n$/, '')),
    })
    .showHelpAfterError('--help says how')
    .addHelpText('after', epilogue);
  // The order of --help: a stack, people, events, subscriptions, deliveries, operators.
  const adders = [
    ...[addStart, addToken, addFake, addPublish, addStatus, addPerson],
    ...[addTopics, addTrigger, addEvents, addTail, addMessages],
    ...[addSubscribe, addSubscriptions, addListen, addDeliveries, addResend, addReplay],
    ...[addErase, addRewind],
  ];
  for (const add of adders) {
    add(program, host);
  }
  return program;
}

const epilogue = `
Results are tables on a terminal and JSON, one line each, in a pipe (NO_COLOR is respected).

CHANGEWIRE_DEBUG=1 shows where in the code a failure comes from.

Exit codes:
  0  done
  1  failed: no connection, a server error, a missing file
  2  the command line is wrong
  3  the server refused (4xx): repeating will not help
  4  the change was rejected, or had not ended in time
  5  something is not as a file says it should be

Examples:
  $ npm start                                            # a whole stack on this machine
  $ npx changewire publish examples/profile.json --wait
  $ npx changewire listen --topic profile.created`;
