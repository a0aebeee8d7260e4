import {
  type ClientRequest,
  request as httpRequest,
  type IncomingMessage,
  type RequestOptions,
} from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';
import { version } from '../../core/version';
import type { TargetFailure } from '../../core/webhooks/ports';
import type { Deadline } from './deadline';
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

/** A request together with what its URL says to connect with, once that was vetted. */
export type VettedRequest = Omit<OutgoingRequest, 'url'> & { readonly place: RequestOptions };

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
  request: VettedRequest,
  read: (response: IncomingMessage) => Promise<Answer>,
  agents: VettedAgents,
  deadline: Deadline,
): Promise<{ readonly outcome: HttpOutcome<Answer>; readonly reused: boolean }> {
  const passage: Passage = { reused: false, isTunnelling: false };
  const answered = new Promise<Answer>((resolve, reject) => {
    const sent = open(request, agents, passage, reject, (response) => read(response).then(resolve, reject));
    // Also while the connection is not there yet.
    deadline.onOver = () => {
      reject(new Error('the time is over'));
      sent.destroy();
    };
  });
  const outcome = await answered.then(
    (answer) => ({ answer }),
    (error: unknown) => ({ failure: failureOf(error, passage, deadline) }),
  );
  const { address, reused } = passage;
  return { outcome: { ...(address && { address }), ...outcome }, reused };
}

/** @param answered called when the headers of the answer are there. */
function open(
  { method = 'POST', place, headers, body }: VettedRequest,
  agents: VettedAgents,
  passage: Passage,
  failed: (error: Error) => void,
  answered: (response: IncomingMessage) => void,
): ClientRequest {
  const isSecure = place.protocol === 'https:';
  const options: RequestOptions & { readonly passage: Passage } = {
    ...place,
    method,
    agent: isSecure ? agents.https : agents.http,
    headers: { ...headers, 'user-agent': `Changewire/${version}` },
    maxHeaderSize: MAX_HEADER_BYTES,
    // The agent hands its connections the options of the request that asked for them.
    passage,
  };
  const request = (isSecure ? httpsRequest : httpRequest)(options);
  request.once('socket', (socket) => {
    passage.reused = request.reusedSocket;
    noteAddress(socket, agents, passage);
  });
  let isAnswered = false;
  // From then on the answer says what becomes of it.
  const failBefore = (error: Error) => (isAnswered ? undefined : failed(error));
  request.once('response', (response) => {
    isAnswered = true;
    answered(response);
  });
  request.on('error', failBefore);
  request.once('close', () => failBefore(Object.assign(new Error('no answer'), { code: CLOSED_EARLY })));
  request.end(body);
  return request;
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

function failureOf(error: unknown, passage: Passage, deadline: Deadline) {
  if (passage.isTunnelling) {
    return 'proxy_failed';
  }
  return deadline.isOver ? 'timeout' : targetFailure(error);
}
