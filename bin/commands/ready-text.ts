import path from 'node:path';
import { defaultBaseUrl } from './connection';
import { coloursFor } from './display';
import type { Host } from './host';

/** What a newcomer needs to know of a stack that has just come up. */
export interface ReadyFacts {
  readonly baseUrl: string;
  readonly keysDirectory: string;
  readonly dataDirectory: string | undefined;
  readonly logDirectory: string;
  readonly strict: boolean;
  readonly milliseconds: number;
}

/** The ready block: where it answers, what to paste next, how to stop. */
export function readyText(host: Host, facts: ReadyFacts): string {
  const colours = coloursFor(host);
  const { baseUrl } = facts;
  const flag = baseUrl === defaultBaseUrl ? '' : ` --base-url ${baseUrl}`;
  const row = (name: string, value: string) => `  ${colours.dim(name.padEnd(8))}${value}`;
  const step = (title: string, line: string) => `  ${colours.bold(title)}\n    ${line}\n`;
  return [
    '',
    `${colours.green('ready')} ${colours.bold(baseUrl)} in ${(facts.milliseconds / 1000).toFixed(1)} s`,
    '',
    row('keys', `${near(facts.keysDirectory)}  (the publishers' private keys, to sign with)`),
    row('tokens', `${near(path.join(facts.keysDirectory, 'tokens.json'))}  (ADS: to register, to trigger)`),
    row(
      'data',
      facts.dataDirectory ? near(facts.dataDirectory) : 'in memory, gone at the end; --data DIR keeps it',
    ),
    row('logs', `${near(facts.logDirectory)}  (a file per function)`),
    row(
      'checks',
      facts.strict
        ? 'signatures, publishers and tokens are verified'
        : 'publisher rules only; --strict verifies signatures and tokens, too',
    ),
    '',
    step('Is it there?', `curl ${baseUrl}/health`),
    step('A token with every scope, good for 12 hours', `export TOKEN=$(npx changewire token${flag})`),
    step('Publish a change', publishLine(facts, flag)),
    step('Watch webhooks arrive, in another shell', `npx changewire listen --topic profile.created${flag}`),
    step('All of it at once, timed', `npm run example${flag ? ` --${flag}` : ''}`),
    'Ctrl-C stops it.',
  ].join('\n');
}

/** With the checks on, a change must be signed; curl cannot do that. */
function publishLine({ strict, baseUrl }: ReadyFacts, flag: string): string {
  return strict
    ? `npx changewire publish examples/profile.json --sign-as ldap --wait${flag}`
    : `curl ${baseUrl}/change -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -d @examples/profile.json`;
}

/** The shorter of the absolute path and the one from here. */
function near(directory: string): string {
  const relative = path.relative(process.cwd(), directory) || '.';
  return relative.startsWith('..') ? directory : relative;
}
