import { randomBytes } from 'node:crypto';
import type { Command } from 'commander';
import { isSigningSecret, mintSigningSecret } from '../../core/topics/signing-secret';
import { type Verification, verifyWebhook } from '../../core/webhooks/signature';
import type { Api } from './api';
import { CommandError, exitCodes } from './command-error';
import { connect } from './connection';
import { coloursFor, present, printable } from './display';
import type { Host } from './host';
import { count, httpStatus, port } from './option-values';
import { type ShownSubscription, subscriptionBody } from './subscribe';
import { subscriptionPath } from './subscriptions';
import { type ReceivedWebhook, startReceiver, type WebhookReceiver } from './webhook-receiver';

interface ListenOptions {
  readonly port: number;
  readonly topic?: string;
  readonly secret?: string;
  readonly answer: number;
  readonly count?: number;
}

export function addListen(program: Command, host: Host): void {
  program
    .command('listen')
    .description('Receive webhooks on this machine, verify their signatures and print them.')
    .option('--port <port>', 'listen here; 0 for any', port, 9100)
    .option('--topic <topic>', 'subscribe to this topic meanwhile, with a new secret')
    .option('--secret <secret>', 'verify with this secret, whsec_… (for a subscription that is there)')
    .option('--answer <status>', 'answer every webhook with this status, to try out retries', httpStatus, 200)
    .option('--count <n>', 'stop after so many webhooks', count)
    .addHelpText(
      'after',
      `
Without --topic it receives what a subscription sends to its address; give the secret to verify it.

Examples:
  $ npx changewire listen --topic profile.created
  $ npx changewire listen --port 9200 --secret whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw
  $ npx changewire listen --topic profile.updated --answer 500    # watch the retries`,
    )
    .action((options: ListenOptions, command: Command) => listen(host, options, command));
}

async function listen(host: Host, options: ListenOptions, command: Command): Promise<void> {
  if (options.secret !== undefined && !isSigningSecret(options.secret)) {
    throw new CommandError('--secret is "whsec_" and the base64 of 24 to 64 bytes', exitCodes.usage);
  }
  const secret = options.secret ?? (options.topic && mintSigningSecret(randomBytes));
  const api = options.topic ? await connect(host, command) : undefined;
  const { ended, end } = endOfListening(host);
  let received = 0;
  const receiver = await startReceiver(options.port, (webhook) => {
    showWebhook(host, webhook, secret);
    received += 1;
    if (received === options.count) {
      // After the answer has left.
      setImmediate(end);
    }
    return options.answer;
  });
  try {
    await whileSubscribed(host, api, receiver, { ...options, secret }, ended);
  } finally {
    await receiver.close();
  }
}

async function whileSubscribed(
  host: Host,
  api: Api | undefined,
  receiver: WebhookReceiver,
  { topic, secret }: { readonly topic?: string; readonly secret?: string | undefined },
  ended: Promise<void>,
): Promise<void> {
  if (!api || !topic) {
    host.note(
      `listening on ${receiver.url}${secret ? '' : ', verifying nothing (no --secret)'}; Ctrl-C ends`,
    );
    return ended;
  }
  const body = subscriptionBody(topic, receiver.url, {
    description: 'changewire listen',
    ...(secret && { secret }),
  });
  const { id } = (await api.call('POST', '/v1/subscriptions', { body })) as ShownSubscription;
  host.note(`listening on ${receiver.url} for ${topic} (${id}); Ctrl-C ends`);
  try {
    await ended;
  } finally {
    await api.call('DELETE', subscriptionPath(id));
    host.note(`unsubscribed ${id}`);
  }
}

function endOfListening(host: Host): { ended: Promise<void>; end: () => void } {
  let end: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => {
    const stopListening = host.onStop(() => end());
    end = () => {
      stopListening();
      resolve();
    };
  });
  return { ended, end };
}

function showWebhook(host: Host, { headers, body }: ReceivedWebhook, secret: string | undefined): void {
  const colours = coloursFor(host);
  const verification: Verification | undefined = secret
    ? verifyWebhook({ headers, body, secrets: [secret], nowSeconds: Math.floor(host.now() / 1000) })
    : undefined;
  const verdict = verdictOf(verification);
  const text = body.toString('utf8');
  present(
    host,
    { id: headers['webhook-id'], signature: verdict, body: parsed(text) },
    () =>
      `${colours.dim(new Date(host.now()).toISOString())} ${headers['webhook-id'] ?? 'no webhook-id'} ` +
      `${colours[verification?.verified ? 'green' : 'red'](verdict)}\n${printable(indented(text))}\n`,
  );
}

function verdictOf(verification: Verification | undefined): string {
  if (!verification) {
    return 'not verified: no secret';
  }
  return verification.verified ? 'verified' : `NOT VERIFIED: ${verification.text}`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function indented(text: string): string {
  const value = parsed(text);
  return typeof value === 'string' ? value : JSON.stringify(value, null, 2);
}
