import { request as httpRequest, type IncomingMessage, type RequestOptions } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { version } from '../../core/version';
import type { TargetFailure } from '../../core/webhooks/ports';
import { CLOSED_EARLY, type Passage } from './passage';
import { targetFailure } from './target-failure';
import type { VettedAgents } from './vetted-agents';

/** A subscriber has no need to answer with more, and a hostile one must not fill the memory. */
export const MAX_HEADER_BYTES = 16 * 1024;

/** What goes out. */
export interface OutgoingRequest {
  /** @default POST */
  readonly method?: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
}

/** How a request ended; `address` is what was connected to. */
export type HttpOutcome<Answer> = { readonly address?: string } & (
  | { readonly answer: Answer }
  | { readonly failure: TargetFailure }
);

/**
 * One request and its answer on one connection; never throws, never lasts beyond the deadline.
 * @param read takes what is wanted of an answer, and may leave the rest; what it throws is a failure.
 * @returns with `reused` true when an earlier request had used the connection.
 */
export async function exchange<Answer>(
  request: OutgoingRequest,
  read: (response: IncomingMessage) => Promise<Answer>,
  agents: VettedAgents,
  deadline: AbortSignal,
): Promise<{ readonly outcome: HttpOutcome<Answer>; readonly reused: boolean }> {
  const passage: Passage = { reused: false, isTunnelling: false };
  const answered = open(request, agents, passage, deadline).then(read);
  const outcome = await Promise.race([answered, rejectAt(deadline)]).then(
    (answer) => ({ answer }),
    (error: unknown) => ({ failure: failureOf(error, passage, deadline) }),
  );
  const { address, reused } = passage;
  return { outcome: { ...(address && { address }), ...outcome }, reused };
}

/** Resolves when the headers of the answer are there. */
function open(
  { method = 'POST', url, headers, body }: OutgoingRequest,
  agents: VettedAgents,
  passage: Passage,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  const isSecure = url.slice(0, 6).toLowerCase() === 'https:';
  return new Promise((resolve, reject) => {
    const options: RequestOptions & { readonly passage: Passage } = {
      method,
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
