import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { version } from '../../core/version';
import type { TargetResult, WebhookRequest } from '../../core/webhooks/ports';
import { CLOSED_EARLY, type Passage } from './passage';
import { readAnswer } from './read-answer';
import { targetFailure } from './target-failure';
import type { VettedAgents } from './vetted-agents';

/** A subscriber has no need to answer with more, and a hostile one must not fill the memory. */
export const MAX_HEADER_BYTES = 16 * 1024;

/** How a request ended, without the time that it took. */
export type HttpOutcome = { readonly address?: string } & (
  | Pick<Extract<TargetResult, { status: number }>, 'status' | 'retryAfter' | 'answer'>
  | Pick<Extract<TargetResult, { failure: string }>, 'failure'>
);

/**
 * One request and its answer on one connection; never throws, never lasts beyond the deadline.
 * @returns with `reused` true when an earlier request had used the connection.
 */
export async function exchange(
  webhook: WebhookRequest,
  agents: VettedAgents,
  deadline: AbortSignal,
): Promise<{ readonly outcome: HttpOutcome; readonly reused: boolean }> {
  const passage: Passage = { reused: false, isTunnelling: false };
  const outcome = await Promise.race([send(webhook, agents, passage, deadline), rejectAt(deadline)]).catch(
    (error: unknown) => ({ failure: failureOf(error, passage, deadline) }),
  );
  const { address, reused } = passage;
  return { outcome: { ...(address && { address }), ...outcome }, reused };
}

async function send(
  webhook: WebhookRequest,
  agents: VettedAgents,
  passage: Passage,
  signal: AbortSignal,
): Promise<HttpOutcome> {
  const response = await open(webhook, agents, passage, signal);
  const retryAfter = response.headers['retry-after'];
  const answer = await readAnswer(response, webhook.answerBytes);
  return { status: response.statusCode ?? 0, ...(retryAfter && { retryAfter }), answer };
}

/** Resolves when the headers of the answer are there. */
function open(
  { url, headers, body }: WebhookRequest,
  agents: VettedAgents,
  passage: Passage,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const isSecure = url.slice(0, 6).toLowerCase() === 'https:';
  return new Promise((resolve, reject) => {
    const options: RequestOptions & { readonly passage: Passage } = {
      method: 'POST',
      agent: isSecure ? agents.https : agents.http,
      headers: { ...headers, 'user-agent': `Changewire/${version}` },
      maxHeaderSize: MAX_HEADER_BYTES,
      signal,
      // The agent hands its connections the options of the request that asked for them.
      passage,
    };
    const request = (isSecure ? httpsRequest : httpRequest)(url, options);
    request.once('socket', (socket) => {
      passage.reused = request.reusedSocket;
      noteAddress(socket, agents, passage);
    });
    request.once('response', resolve);
    request.on('error', reject);
    request.once('close', () => reject(Object.assign(new Error('no answer'), { code: CLOSED_EARLY })));
    request.end(body);
  });
}

function noteAddress(socket: Socket, agents: VettedAgents, passage: Passage): void {
  const note = () => {
    const address = agents.tunnelledTo(socket) ?? socket.remoteAddress;
    if (address !== undefined) {
      passage.address = address;
    }
  };
  socket.connecting ? socket.once('connect', note) : note();
}

function failureOf(error: unknown, passage: Passage, deadline: AbortSignal) {
  if (passage.isTunnelling) {
    return 'proxy_failed';
  }
  return deadline.aborted ? 'timeout' : targetFailure(error);
}

/** A request whose connection is not there yet does not hear of its signal. */
function rejectAt(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    if (signal.aborted) {
      reject(signal.reason);
    }
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
