import type { Command } from 'commander';
import type { Scope } from '../../core/principal';
import { findStack, listStacks, type RunningStack } from '../../local/running-stack';
import { mintToken } from '../../local/token';
import { type Api, openApi } from './api';
import { CommandError, exitCodes } from './command-error';
import type { Host } from './host';

/** The two that show whole profiles, and each that a call may ask for: what is missing here does not compile. */
const granted: Readonly<Record<Scope | 'read:fullprofile' | 'display:all', true>> = {
  write: true,
  'read:fullprofile': true,
  'display:all': true,
  'search:all': true,
  'topics:read': true,
  'topics:write': true,
  'subscriptions:read': true,
  'subscriptions:write': true,
  'subscriptions:system': true,
  'deliveries:read': true,
  'deliveries:write': true,
  'events:read': true,
  'events:write': true,
  'accounts:read': true,
  'accounts:write': true,
  erase: true,
};

/** What `token` puts into a token when no scope is named. */
export const allScopes: readonly string[] = Object.keys(granted);

/** Owns what the commands make, so that every command sees the same subscriptions. */
export const defaultSubject = 'developer';

export const defaultBaseUrl = 'http://127.0.0.1:9000';

/** Where the commands talk to, from `--base-url` or `CHANGEWIRE_URL`, without a trailing slash. */
export function baseUrlOf(command: Command): string {
  const { baseUrl } = command.optsWithGlobals<{ baseUrl: string }>();
  if (!URL.canParse(baseUrl) || !/^https?:$/.test(new URL(baseUrl).protocol)) {
    throw new CommandError(`--base-url "${baseUrl}" is not a URL such as ${defaultBaseUrl}`, exitCodes.usage);
  }
  return baseUrl.replace(/\/+$/, '');
}

/**
 * The stack of this machine that `--base-url` names.
 * @param otherwise what the caller may do when it runs elsewhere.
 * @throws CommandError when it does, or does not run.
 */
export function localStack(host: Host, command: Command, otherwise = ''): RunningStack {
  const baseUrl = baseUrlOf(command);
  const stack = findStack(host.home, baseUrl);
  if (!stack) {
    const [other] = listStacks(host.home);
    const choices = [
      other ? `say --base-url ${other}, where one was started` : 'start one with "npm start"',
      ...(otherwise ? [otherwise] : []),
    ];
    throw new CommandError(`no stack of this machine runs at ${baseUrl}: ${choices.join(', or ')}`);
  }
  return stack;
}

/** `--token`, `CHANGEWIRE_TOKEN`, or a token of the local issuer with every scope. */
export async function tokenFor(host: Host, command: Command): Promise<string> {
  // Not the option's default: --help shows defaults.
  const token = command.optsWithGlobals<{ token?: string }>().token || host.environment.CHANGEWIRE_TOKEN;
  if (token) {
    return token;
  }
  return mintLocalToken(localStack(host, command, 'give a token with --token'));
}

export async function mintLocalToken(
  stack: RunningStack,
  claims: {
    readonly subject?: string;
    readonly scopes?: readonly string[];
    readonly ttlSeconds?: number;
  } = {},
): Promise<string> {
  return mintToken({
    keysDirectory: stack.keysDirectory,
    issuer: stack.issuer,
    audience: stack.audience,
    subject: claims.subject ?? defaultSubject,
    scopes: claims.scopes?.length ? [...claims.scopes] : [...allScopes],
    ttlSeconds: claims.ttlSeconds ?? 12 * 3600,
  });
}

export async function connect(host: Host, command: Command): Promise<Api> {
  return openApi(baseUrlOf(command), await tokenFor(host, command));
}
