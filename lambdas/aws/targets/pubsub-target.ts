import { randomUUID } from 'node:crypto';
import { makeGate } from '../../../core/gate';
import type { TargetResult, WebhookRequest, WebhookTarget } from '../../../core/webhooks/ports';
import { topicOfPubsubUrl } from '../../../core/webhooks/requests/pubsub-message';
import type { ChunkTarget } from '../../../core/webhooks/targets/gather-posts';
import { withoutSecrets } from '../../../core/webhooks/targets/mask-answer';
import type { GoogleTokens } from '../google-access-tokens';
import { packMessages, writeMessage } from './pubsub-wire';

/** Where a stage publishes to: its setting `pubsub`. */
export interface PubsubSettings {
  readonly baseUrl: string;
  readonly project: string;
  /** The attribute that tells receivers the message's id. @default none: the attributes are the message's own */
  readonly idAttribute?: string | undefined;
}

export interface PubsubPorts {
  /** The way that webhooks take: no redirects, bounded in time and size. */
  readonly post: WebhookTarget['post'];
  readonly tokens: GoogleTokens;
}

/** The parts of a chunk that was refused go side by side; one chunk must not take every connection. */
const CALLS_AT_A_TIME = 4;

/** A thousand ids of 20 digits, with room to spare. */
const ANSWER_BYTES = 48 * 1024;
/** What an attempt keeps of an answer that is no success. */
const KEPT_LENGTH = 2048;

const UNAUTHORIZED = 401;
/** What is wrong with a message stays wrong with it. */
const refusals: ReadonlySet<number> = new Set([400, 413]);

type WithoutTime<Result> = Result extends unknown ? Omit<Result, 'milliseconds'> : never;
type Outcome = WithoutTime<TargetResult>;

/**
 * Publishes to Google Pub/Sub (https://docs.cloud.google.com/pubsub/docs/reference/rest/v1/projects.topics/publish).
 * Google takes all messages of a call or none. A call that it refuses for what is in it is halved until the messages
 * at fault stand alone: theirs alone is the refusal, and it is final.
 */
export function makePubsubTarget(settings: PubsubSettings, ports: PubsubPorts): ChunkTarget {
  const { tokens } = ports;
  const { post } = withoutSecrets(ports);
  return {
    async postChunk(requests) {
      const startedAt = performance.now();
      const [first] = requests;
      const url = first && publishUrl(settings, first.url);
      if (!url) {
        return requests.map(() => ({ milliseconds: 0, failure: 'target_refused' }));
      }
      const until = startedAt + first.timeoutSeconds * 1000;
      const gate = makeGate(CALLS_AT_A_TIME);
      const messages = requests.map((request) => writeMessage(request, settings.idAttribute));
      const packs = packMessages(messages);
      const outcomes = await Promise.all(packs.map((pack) => publish(pack, { url, until, gate })));
      return outcomes.flat();
    },
  };

  interface Call {
    readonly url: string;
    /** As `performance.now()` counts. */
    readonly until: number;
    readonly gate: ReturnType<typeof makeGate>;
  }

  async function publish(messages: readonly string[], call: Call): Promise<TargetResult[]> {
    const startedAt = performance.now();
    const outcome = await call.gate(() => send(messages, call));
    if (messages.length > 1 && 'status' in outcome && refusals.has(outcome.status)) {
      const middle = messages.length >> 1;
      const halves = [messages.slice(0, middle), messages.slice(middle)];
      return (await Promise.all(halves.map((half) => publish(half, call)))).flat();
    }
    const shared = { milliseconds: Math.round(performance.now() - startedAt), call: randomUUID() };
    return resultsOf(outcome, messages.length).map((result) => ({ ...shared, ...result }));
  }

  /** A 401 has the token renewed and the call made once more: a token can be revoked before it expires. */
  async function send(messages: readonly string[], { url, until }: Call): Promise<Outcome> {
    const body = Buffer.from(`{"messages":[${messages.join(',')}]}`);
    const first = await sendWithToken(undefined);
    const isRefused = first.token !== undefined && 'status' in first.outcome;
    return isRefused && first.outcome.status === UNAUTHORIZED
      ? (await sendWithToken(first.token)).outcome
      : first.outcome;

    async function sendWithToken(
      refused: string | undefined,
    ): Promise<{ readonly token?: string | undefined; readonly outcome: Outcome }> {
      if (secondsLeft() <= 0) {
        return { outcome: { failure: 'timeout' } };
      }
      const read = await tokens.read({ timeoutSeconds: secondsLeft(), refused });
      if ('failure' in read || secondsLeft() <= 0) {
        return { outcome: 'failure' in read ? read : { failure: 'token_unavailable' } };
      }
      const { token } = read;
      const headers = {
        'content-type': 'application/json',
        ...(token !== undefined && { authorization: `Bearer ${token}` }),
      };
      const timeoutSeconds = secondsLeft();
      return {
        token,
        outcome: await post({ url, headers, body, timeoutSeconds, answerBytes: ANSWER_BYTES }),
      };
    }

    function secondsLeft(): number {
      return (until - performance.now()) / 1000;
    }
  }
}

/** Nothing of a topic's name breaks out of its place in the path. */
function publishUrl({ baseUrl, project }: PubsubSettings, url: WebhookRequest['url']): string | undefined {
  const topic = topicOfPubsubUrl(url);
  const path = `/v1/projects/${encodeURIComponent(project)}/topics/${encodeURIComponent(topic ?? '')}:publish`;
  return topic === undefined ? undefined : `${baseUrl.replace(/\/+$/, '')}${path}`;
}

/** How each message of a call fared: its own id, or what is true of all. */
function resultsOf(outcome: Outcome, count: number): Outcome[] {
  if (!('status' in outcome)) {
    return new Array(count).fill(outcome);
  }
  if (outcome.status < 200 || outcome.status > 299) {
    const answer = outcome.answer.slice(0, KEPT_LENGTH);
    const isFinal = refusals.has(outcome.status);
    return new Array(count).fill({ ...outcome, answer, ...(isFinal && { isFinal }) });
  }
  const ids = readMessageIds(outcome.answer);
  if (ids?.length !== count) {
    // Whatever answered so, it did not say that it has every message.
    const {
      status: _,
      answer: __,
      retryAfter: ___,
      ...rest
    } = outcome as Extract<Outcome, { status: number }>;
    return new Array(count).fill({ ...rest, failure: 'answer_invalid' });
  }
  return ids.map((id) => ({ ...outcome, answer: id }));
}

function readMessageIds(answer: string): readonly string[] | undefined {
  try {
    const { messageIds } = JSON.parse(answer) as { messageIds?: unknown };
    const isList = Array.isArray(messageIds) && messageIds.every((id) => typeof id === 'string');
    return isList ? messageIds : undefined;
  } catch {
    return undefined;
  }
}
