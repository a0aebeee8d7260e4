import type { Command } from 'commander';
import { allScopes, defaultSubject, localStack, mintLocalToken } from './connection';
import type { Host } from './host';
import { collect, seconds } from './option-values';

export function addToken(program: Command, host: Host): void {
  program
    .command('token')
    .description('Print a token of the local issuer: the token alone, for scripts and curl.')
    .option('--scope <scope>', 'a scope to grant; repeat it for several (default: all of them)', collect)
    .option('--subject <subject>', 'who calls; owns the subscriptions made with it', defaultSubject)
    .option('--ttl <seconds>', 'how long it is good for', seconds, 12 * 3600)
    .addHelpText(
      'after',
      `\nScopes: ${allScopes.join(', ')}\n\nExamples:
  $ export TOKEN=$(npx changewire token)
  $ npx changewire token --scope write --subject ldap-sync`,
    )
    .action(async (options: { scope?: string[]; subject: string; ttl: number }, command: Command) => {
      const stack = localStack(host, command);
      host.print(
        await mintLocalToken(stack, {
          subject: options.subject,
          ...(options.scope && { scopes: options.scope }),
          ttlSeconds: options.ttl,
        }),
      );
    });
}
