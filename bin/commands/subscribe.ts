import { type Command, Option } from 'commander';
import { signatureVersions } from '../../core/topics/credentials/signing-secret';
import { contentModes, webhookFormats } from '../../core/topics/subscriptions/subscription';
import { connect } from './connection';
import type { Host } from './host';
import { schedule, seconds, startOrMoment } from './option-values';
import { readJsonFile } from './read-json-file';
import { type ShownSubscription, showSubscription } from './subscription';

interface SubscribeOptions {
  readonly description?: string;
  readonly secret?: string;
  readonly signature?: string;
  readonly schedule?: number[];
  readonly timeout?: number;
  readonly format?: string;
  readonly contentMode?: string;
  readonly credentials?: string;
  readonly replayFrom?: string;
}

export function addSubscribe(program: Command, host: Host): void {
  program
    .command('subscribe')
    .description('Have the events of a topic posted to a URL.')
    .argument('<topic>', 'such as profile.created, profile.updated, or a topic of yours')
    .argument('<target>', 'the URL that receives the webhooks, or an ARN that the stage lists')
    .option('--description <text>', 'what it is for')
    .option('--secret <secret>', 'sign with this secret, whsec_… (default: the server makes one)')
    .addOption(
      new Option(
        '--signature <version>',
        'v1 by a shared secret, v1a by a key of which you get the public half',
      ).choices(signatureVersions),
    )
    .option('--schedule <waits>', 'seconds to wait before attempt 2, 3, …: "5,300"; "" tries once', schedule)
    .option('--timeout <seconds>', 'how long the target may take to answer', seconds)
    .addOption(
      new Option(
        '--format <format>',
        "of the body: Standard Webhooks', CloudEvents, or Mozilla CIS's hook; the last two are of their doors' topics",
      ).choices(webhookFormats),
    )
    .addOption(new Option('--content-mode <mode>', 'of CloudEvents (default: binary)').choices(contentModes))
    .option('--replay-from <time>', '"start" or a time: the history first, then what is live', startOrMoment)
    .option('--credentials <file>', 'JSON: where each delivery gets its bearer token, and by what')
    .addHelpText(
      'after',
      `
The secret is shown once: keep it, the receiver verifies with it.

Examples:
  $ npx changewire subscribe profile.created http://127.0.0.1:9100/
  $ npx changewire subscribe profile.updated https://example.org/hooks --schedule 5,60,600
  $ npx changewire subscribe profile.updated https://example.org/cis --format cis --credentials oauth2.json

oauth2.json: {"type": "oauth2_client_credentials", "token_url": "https://issuer.example.org/oauth/token",
"client_id": "…", "client_secret": "…", "audience": "hook.example.org"}`,
    )
    .action(async (topic: string, target: string, options: SubscribeOptions, command: Command) => {
      const api = await connect(host, command);
      const { format, contentMode, credentials, replayFrom } = options;
      const made = await api.call('POST', '/v1/subscriptions', {
        body: {
          ...subscriptionBody(topic, target, options),
          ...(format && { format }),
          ...(contentMode && { content_mode: contentMode }),
          ...(replayFrom && { replay_from: replayFrom }),
          // From a file: what stands on a command line is seen by others.
          ...(credentials && { credentials: readJsonFile(credentials, 'the credentials') }),
        },
      });
      showSubscription(host, made as ShownSubscription);
    });
}

export function subscriptionBody(topic: string, target: string, options: SubscribeOptions) {
  const policy = {
    ...(options.schedule !== undefined && { schedule_seconds: options.schedule }),
    ...(options.timeout !== undefined && { timeout_seconds: options.timeout }),
  };
  return {
    topic,
    target,
    ...(options.description !== undefined && { description: options.description }),
    ...(options.secret !== undefined && { secret: options.secret }),
    ...(options.signature !== undefined && { signature: options.signature }),
    ...(Object.keys(policy).length > 0 && { policy }),
  };
}
