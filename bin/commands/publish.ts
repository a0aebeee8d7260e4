import { readFile } from 'node:fs/promises';
import { type Command, Option } from 'commander';
import { publisherNames } from '../../core/person/profile';
import { privateKeyPath } from '../../local/keys';
import { CommandError, exitCodes } from './command-error';
import { connect, localStack } from './connection';
import { present } from './display';
import type { Host } from './host';
import { seconds } from './option-values';
import { signDocument } from './sign-document';
import { readStatus, requireIntegrated, showStatus } from './status';

interface PublishOptions {
  readonly signAs?: string;
  readonly key?: string;
  readonly wait?: boolean;
  readonly timeout: number;
}

export function addPublish(program: Command, host: Host): void {
  program
    .command('publish')
    .description('Send a profile change; print the sequence number that it got.')
    .argument('<file>', 'JSON of the profile, whole or in part; - reads standard input')
    .addOption(
      new Option('--sign-as <publisher>', 'first sign what is set and unsigned, as this publisher').choices(
        publisherNames.filter((name) => name !== 'cis'),
      ),
    )
    .option('--key <file>', "the publisher's private key, PEM or JWK (default: the local stack's)")
    .option('--wait', 'wait for the end, and show it')
    .option('--timeout <seconds>', 'how long to wait', seconds, 30)
    .addHelpText(
      'after',
      `
With --wait it ends with 4 when the change was rejected or has not ended in time.

Examples:
  $ npx changewire publish examples/profile.json --wait
  $ npx changewire publish profile.json --sign-as ldap --wait
  $ jq '.first_name.value = "Ana"' profile.json | npx changewire publish - --sign-as mozilliansorg`,
    )
    .action(async (file: string, options: PublishOptions, command: Command) => {
      const document = await readDocument(host, file);
      const profile = options.signAs
        ? signDocument(document, options.signAs, await readKey(host, command, options.signAs, options.key))
        : document;
      const api = await connect(host, command);
      const { sequence_number: sequenceNumber } = (await api.call('POST', '/change', {
        body: profile,
      })) as { readonly sequence_number: string };
      if (!options.wait) {
        present(host, { sequence_number: sequenceNumber }, () => sequenceNumber);
        return;
      }
      const status = await readStatus(host, api, sequenceNumber, options.timeout * 1000);
      showStatus(host, sequenceNumber, status);
      requireIntegrated(status);
    });
}

async function readDocument(host: Host, file: string): Promise<unknown> {
  let text: string;
  try {
    text = file === '-' ? await host.readStandardInput() : await readFile(file, 'utf8');
  } catch (error) {
    throw new CommandError(`cannot read ${file}: ${(error as Error).message}`);
  }
  try {
    return JSON.parse(text);
  } catch (error) {
    const where = file === '-' ? 'standard input' : file;
    throw new CommandError(`${where} holds no JSON: ${(error as Error).message}`, exitCodes.usage);
  }
}

async function readKey(
  host: Host,
  command: Command,
  publisher: string,
  file: string | undefined,
): Promise<string> {
  const path =
    file ??
    privateKeyPath(localStack(host, command, 'give the key with --key FILE').keysDirectory, publisher);
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw new CommandError(`cannot read the key of ${publisher}: ${(error as Error).message}`);
  }
}
