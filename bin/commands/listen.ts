import { randomBytes } from 'node:crypto';
import { type Command, Option } from 'commander';
import {
  mintSigningSecret,
  type SignatureVersion,
  signatureVersions,
} from '../../core/topics/credentials/signing-secret';
import type { Api } from './api';
import { CommandError, exitCodes } from './command-error';
import { connect } from './connection';
import { coloursFor, presentText, printable } from './display';
import type { Host } from './host';
import { compactJson, indentedJson } from './json-layout';
import { collect, count, httpStatus, port } from './option-values';
import { subscriptionBody } from './subscribe';
import { type ShownSubscription, subscriptionPath } from './subscription';
import { type ReceivedWebhook, startReceiver } from './webhook-receiver';
import { makeJudge, readPublicKeys, requireKey, type Verdict } from './webhook-verdict';

interface ListenOptions {
  readonly port: number;
  readonly topic?: string;
  readonly signature?: SignatureVersion;
  readonly subscription?: string;
  readonly secret?: readonly string[];
  readonly verify?: boolean;
  readonly answer: number;
  readonly count?: number;
}

/** As a receiver should answer what it does not trust. */
const UNVERIFIED_STATUS = 401;

export function addListen(program: Command, host: Host): void {
  program
    .command('listen')
    .description('Receive webhooks on this machine, verify their signatures and print them.')
    .option('--port <port>', 'listen here; 0 for any', port, 9100)
    .option('--topic <topic>', 'subscribe to this topic meanwhile, with a new secret')
    .addOption(
      new Option('--signature <version>', 'with --topic: how it shall be signed').choices(signatureVersions),
    )
    .option(
      '--secret <secret>',
      'verify with this: whsec_…, or for v1a the public key whpk_…; repeatable',
      collect,
    )
    .option('--subscription <id>', 'verify with the public keys of this subscription (v1a)')
    .option(
      '--verify',
      'refuse with 401 what does not verify, say why, and end with 1 when something was refused',
    )
    .option('--answer <status>', 'answer every webhook with this status, to try out retries', httpStatus, 200)
    .option('--count <n>', 'stop after so many webhooks', count)
    .addHelpText(
      'after',
      `
Without --topic it receives what a subscription sends to its address; give the secret to verify it. A secret on
the command line is seen by others on this machine: CHANGEWIRE_SECRET may hold it instead.

Examples:
  $ npx changewire listen --topic profile.created
  $ npx changewire listen --topic orders --signature v1a --verify
  $ npx changewire listen --port 9200 --secret whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw --verify
  $ npx changewire listen --topic profile.updated --answer 500    # watch the retries`,
    )
    .action((options: ListenOptions, command: Command) => listen(host, options, command));
}

async function listen(host: Host, options: ListenOptions, command: Command): Promise<void> {
  const { topic, subscription } = options;
  const secrets = secretsOf(host, options);
  const api = topic || subscription ? await connect(host, command) : undefined;
  const published = api && subscription ? await readPublicKeys(api, subscription) : [];
  const keys = [...secrets, ...published];
  const judge = makeJudge(keys, host.now);
  const { ended, end } = endOfListening(host);
  const counts = { received: 0, refused: 0 };
  const receiver = await startReceiver(options.port, async (webhook) => {
    const verdict = await judge(webhook);
    const isRefused = options.verify === true && !verdict.verified;
    showWebhook(host, webhook, verdict);
    counts.received += 1;
    counts.refused += isRefused ? 1 : 0;
    if (counts.received === options.count) {
      // After the answer has left.
      setImmediate(end);
    }
    return isRefused ? UNVERIFIED_STATUS : options.answer;
  });
  try {
    const place = `listening on ${receiver.url}`;
    if (api && topic) {
      await whileSubscribed(host, api, { topic, target: receiver.url, secret: secrets[0] }, place, ended);
    } else {
      host.note(`${place}${keys.length > 0 ? '' : ', verifying nothing (no --secret)'}; Ctrl-C ends`);
      await ended;
    }
  } finally {
    await receiver.close();
  }
  if (counts.refused > 0) {
    throw new CommandError(`${counts.refused} of ${counts.received} webhooks did not verify`);
  }
}

/** With `--topic`, one that nobody else knows, unless one is given. */
function secretsOf(host: Host, { secret, subscription, ...options }: ListenOptions): readonly string[] {
  const { CHANGEWIRE_SECRET: kept } = host.environment;
  const given = (secret ?? (kept ? [kept] : [])).map(requireKey);
  const { topic, signature, verify } = options;
  if (signature && !topic) {
    throw new CommandError('--signature goes with --topic', exitCodes.usage);
  }
  if (topic) {
    return given.length > 0 ? given : [mintSigningSecret(randomBytes, signature)];
  }
  if (verify && given.length === 0 && !subscription) {
    throw new CommandError('--verify needs --secret, --subscription or --topic', exitCodes.usage);
  }
  return given;
}

async function whileSubscribed(
  host: Host,
  api: Api,
  {
    topic,
    target,
    secret,
  }: { readonly topic: string; readonly target: string; readonly secret: string | undefined },
  place: string,
  ended: Promise<void>,
): Promise<void> {
  const body = subscriptionBody(topic, target, {
    description: 'changewire listen',
    ...(secret && { secret }),
  });
  const { id } = (await api.call('POST', '/v1/subscriptions', { body })) as ShownSubscription;
  host.note(`${place} for ${topic} (${id}); Ctrl-C ends`);
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

function showWebhook(
  host: Host,
  { headers, body }: ReceivedWebhook,
  { verified, text: verdict }: Verdict,
): void {
  const colours = coloursFor(host);
  const text = body.toString('utf8');
  const isJson = isJsonText(text);
  const facts = { id: headers['webhook-id'], signature: verdict, verified: verified ?? false };
  presentText(
    host,
    `${JSON.stringify(facts).slice(0, -1)},"body":${isJson ? compactJson(text) : JSON.stringify(text)}}`,
    () =>
      `${colours.dim(new Date(host.now()).toISOString())} ${headers['webhook-id'] ?? 'no webhook-id'} ` +
      `${colours[verified ? 'green' : 'red'](verdict)}\n${printable(isJson ? indentedJson(text) : text)}\n`,
  );
}

function isJsonText(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}
