import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Command } from 'commander';
import type { Profile } from '../../core/person/profile';
import { findStack } from '../../local/running-stack';
import { ChangeClient, type ChangeStanding, publishAll, waitForAll } from '../../sdk/publisher';
import { CommandError, exitCodes } from './command-error';
import { baseUrlOf, tokenFor } from './connection';
import { present } from './display';
import { makeFakePeople } from './fake-people';
import type { Host } from './host';
import { count } from './option-values';

interface FakeOptions {
  readonly number: number;
  readonly seed: string;
  readonly out?: string;
  readonly sign?: boolean;
  readonly keys?: string;
  readonly publish?: boolean;
}

/** The seed of those whom a preview starts with: the original's. */
export const defaultSeed = '1337';

export function addFake(program: Command, host: Host): void {
  program
    .command('fake')
    .description('Write profiles of people who do not exist; the same seed gives the same people.')
    .option('--number <n>', 'how many; the second one is inactive', count, 100)
    .option('--seed <text>', 'another seed gives other people', defaultSeed)
    .option('--out <file>', 'a JSON array; - writes to standard output (default, unless --publish)')
    .option('--sign', 'sign in the names of the publishers, as a strict stack needs it')
    .option('--keys <dir>', "the publishers' private keys (default: the local stack's)")
    .option('--publish', 'send them to --base-url, and wait until they are integrated')
    .addHelpText(
      'after',
      `
A preview seeds 100 of them when it first starts on this machine (setting seedProfiles); on AWS, --publish does.

Examples:
  $ npx changewire fake --number 5 --out people.json
  $ npx changewire fake --seed team-b --publish
  $ npx changewire fake --sign --publish --base-url http://127.0.0.1:9001`,
    )
    .action((options: FakeOptions, command: Command) => fake(host, options, command));
}

async function fake(host: Host, options: FakeOptions, command: Command): Promise<void> {
  const { number, seed, out, sign, publish } = options;
  const keysDirectory = sign ? keysFolder(host, options, command) : undefined;
  const people = await makeFakePeople({ number, seed, keysDirectory });
  if (out !== undefined || !publish) {
    await write(host, out ?? '-', people);
  }
  if (publish) {
    const client = new ChangeClient({ baseUrl: baseUrlOf(command), token: await tokenFor(host, command) });
    const standing = await publishPeople(client, people);
    present(host, standing, () => sentence(standing));
    if (standing.rejected + standing.pending > 0) {
      throw new CommandError(`not all of the people were integrated`, exitCodes.notIntegrated);
    }
  }
}

function keysFolder(host: Host, { keys }: FakeOptions, command: Command): string {
  return keys ?? findStack(host.home, baseUrlOf(command))?.keysDirectory ?? path.join(host.home, 'keys');
}

/** One profile a line: a file that tools can cut and compare. */
async function write(host: Host, file: string, people: readonly Profile[]): Promise<void> {
  const text = `[\n${people.map((person) => JSON.stringify(person)).join(',\n')}\n]`;
  if (file === '-') {
    host.print(text);
    return;
  }
  try {
    await writeFile(file, `${text}\n`);
  } catch (error) {
    throw new CommandError(`cannot write ${file}: ${(error as Error).message}`);
  }
}

/** How many of the people became what. */
export interface PublishedPeople {
  readonly integrated: number;
  /** They were there already. */
  readonly noop: number;
  readonly rejected: number;
  readonly pending: number;
}

/** Sends people through the public door, and waits until their changes have ended. */
export async function publishPeople(
  client: ChangeClient,
  people: readonly Profile[],
  signal?: AbortSignal,
): Promise<PublishedPeople> {
  const options = signal ? { signal } : {};
  const published = await publishAll(client, people, options);
  const numbers = published.flatMap((one) => (one.state === 'accepted' ? [one.sequenceNumber] : []));
  const standings = await waitForAll(client, numbers, options);
  const counted = (state: ChangeStanding['state']) => standings.filter((one) => one.state === state).length;
  return {
    integrated: counted('integrated'),
    noop: counted('noop'),
    rejected: counted('rejected') + (published.length - numbers.length),
    pending: counted('pending'),
  };
}

function sentence({ integrated, noop, rejected, pending }: PublishedPeople): string {
  return [
    `${integrated} integrated`,
    ...(noop > 0 ? [`${noop} there already`] : []),
    ...(rejected > 0 ? [`${rejected} rejected`] : []),
    ...(pending > 0 ? [`${pending} not ended yet`] : []),
  ].join(', ');
}
