import { callOnce } from '../call-once';
import { type Answer, failed, readAnswer } from './answers';
import { MessageError } from './errors';
import { bodyOf, type Message, toFailed } from './message';
import type { Hub } from './settings';

const paths = { single: 'messages', bulk: 'bulk_messages', scheduled: 'schedule_messages' } as const;

/**
 * One try to hand a message to the hub.
 * @throws MessageError `aborted`
 */
export async function postMessage(
  message: Message,
  hub: Hub,
  signal: AbortSignal | undefined,
): Promise<Answer> {
  const end = await callOnce(hub, {
    method: 'POST',
    url: `${hub.baseUrl}/api/${paths[message.kind]}/`,
    headers: { 'idempotency-key': message.id },
    body: bodyOf(message),
    timeoutMs: message.kind === 'bulk' ? hub.retry.bulkTimeoutMs : hub.retry.timeoutMs,
    signal,
  }).catch((cause: unknown) => ({ outcome: 'failed' as const, reason: 'gets no token', cause }));
  switch (end.outcome) {
    case 'answered':
      return readAnswer(end.response, end.text);
    case 'failed':
      return failed(end.reason, { isUnreachable: true, cause: end.cause });
    case 'aborted':
      throw new MessageError('aborted', 'publishing was stopped by its signal', {
        failed: [toFailed(message)],
        cause: end.cause,
      });
  }
}
