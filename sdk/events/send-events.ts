import { delayMsOf, pause } from '../back-off';
import { callOnce } from '../call-once';
import { type Answer, readAnswer } from './answers';
import { EventError } from './errors';
import { type Actor, bytesOf, type QueuedEvent, toFailed } from './queued-event';
import type { Connection } from './settings';

/** What all events of a session have in common. */
export interface Sender {
  readonly actor: Actor;
  readonly jobId: string;
  readonly traceHeaders: Readonly<Record<string, string>>;
}

export interface Refusal {
  readonly event: QueuedEvent;
  readonly errorType: string;
}

/** As the original client: no call has more events. */
const MAX_EVENTS = 250;

/** A function takes 6 MB as base64; the door, 4 MB. */
const MAX_BYTES = 3_500_000;

/**
 * Sends as many of the first events as one call takes, until each of those was accepted or refused; what was throttled
 * goes again, in order, before anything later. Waits get longer while nothing is accepted.
 * @param accepted is told of every event once it is known to be accepted.
 * @returns the events that the server refused, one by one.
 * @throws EventError `unavailable`, `refused` or `aborted`
 */
export async function sendChunk(
  queue: readonly QueuedEvent[],
  sender: Sender,
  connection: Connection,
  accepted: (events: readonly QueuedEvent[]) => void,
  signal: AbortSignal | undefined,
): Promise<readonly Refusal[]> {
  let chunk = takeChunk(queue);
  const refusals: Refusal[] = [];
  for (let fruitless = 0; chunk.length > 0; ) {
    const answer = await send(chunk, sender, connection, signal);
    if (answer.outcome === 'refused' || (answer.outcome === 'too_large' && chunk.length === 1)) {
      throw toRefusal(answer, chunk);
    }
    if (answer.outcome === 'too_large') {
      chunk = chunk.slice(0, Math.ceil(chunk.length / 2));
      continue;
    }
    const left = answer.outcome === 'judged' ? settle(answer, chunk, accepted, refusals) : chunk;
    fruitless = left.length < chunk.length ? 0 : fruitless + 1;
    chunk = left;
    if (fruitless > connection.retry.retries) {
      throw toUnavailable(answer, chunk);
    }
    if (chunk.length > 0) {
      const { retryAfter } = answer.outcome === 'failed' ? answer : {};
      await pause(delayMsOf(connection.retry, fruitless, retryAfter), signal, (cause) =>
        aborted(cause, chunk),
      );
    }
  }
  return refusals;
}

function takeChunk(queue: readonly QueuedEvent[]): readonly QueuedEvent[] {
  let room = MAX_BYTES;
  const chunk = queue.slice(0, MAX_EVENTS);
  const end = chunk.findIndex((event, index) => {
    // Actor and brackets come to each.
    room -= bytesOf(event) + 1_200;
    return index > 0 && room < 0;
  });
  return end === -1 ? chunk : chunk.slice(0, end);
}

function settle(
  { throttled, refused }: Extract<Answer, { outcome: 'judged' }>,
  chunk: readonly QueuedEvent[],
  accepted: (events: readonly QueuedEvent[]) => void,
  refusals: Refusal[],
): readonly QueuedEvent[] {
  const failed = new Set([...throttled, ...refused.map(([index]) => index)]);
  accepted(chunk.filter((_, index) => !failed.has(index)));
  refusals.push(...refused.map(([index, errorType]) => ({ event: chunk[index] as QueuedEvent, errorType })));
  return throttled.map((index) => chunk[index] as QueuedEvent);
}

async function send(
  chunk: readonly QueuedEvent[],
  { actor, jobId, traceHeaders }: Sender,
  connection: Connection,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  const isBulk = chunk.length > 1;
  const bodies = chunk.map((event) => ({ ...event, actor }));
  const end = await callOnce(connection, {
    method: 'POST',
    url: isBulk ? connection.publishBulkUrl : connection.publishUrl,
    headers: { 'x-britecore-job-id': jobId, ...traceHeaders },
    body: JSON.stringify(isBulk ? bodies : bodies[0]),
    timeoutMs: connection.retry.timeoutMs,
    signal,
  });
  switch (end.outcome) {
    case 'answered':
      return readAnswer(end.response, end.text, chunk.length, isBulk);
    case 'failed':
      return end;
    case 'aborted':
      throw aborted(end.cause, chunk);
  }
}

function aborted(cause: unknown, chunk: readonly QueuedEvent[]): EventError {
  const failed = chunk.map((event) => toFailed(event));
  return new EventError('aborted', 'publishing was stopped by its signal', { cause, failed });
}

function toRefusal(answer: Answer, chunk: readonly QueuedEvent[]): EventError {
  const { reason, status, errorType } =
    answer.outcome === 'refused'
      ? { errorType: undefined, ...answer }
      : { reason: 'answered 413: the event is too large', status: 413, errorType: undefined };
  const failed = chunk.map((event) => toFailed(event, errorType));
  return new EventError('refused', `the server ${reason}`, { status, failed });
}

function toUnavailable(answer: Answer, chunk: readonly QueuedEvent[]): EventError {
  const failed = chunk.map((event) => toFailed(event));
  if (answer.outcome !== 'failed') {
    return new EventError('unavailable', 'the server takes no more events at present', { failed });
  }
  const { reason, status, cause } = answer;
  const details = { failed, ...(status !== undefined && { status }), ...(cause !== undefined && { cause }) };
  return new EventError('unavailable', `the server ${reason}`, details);
}
