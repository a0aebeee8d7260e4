import { callOnce } from '../call-once';
import { parseObject } from '../json-text';
import { saidIn } from './answers';
import { MessageError } from './errors';
import type { CancelResult } from './publish-result';
import type { Hub } from './settings';

/** Whether the hub can take messages. */
export type Health = { readonly status: 'ok' } | { readonly status: 'failed'; readonly reason: string };

/** @throws MessageError `aborted` */
export async function askHealth(hub: Hub, signal: AbortSignal | undefined): Promise<Health> {
  const end = await call(hub, 'GET', '/api/health/', signal);
  if (end.outcome === 'failed') {
    return { status: 'failed', reason: `the hub ${end.reason}` };
  }
  const { status } = end.response;
  return status === 200 && parseObject(end.text)?.status === 'ok'
    ? { status: 'ok' }
    : { status: 'failed', reason: `the hub answered ${status} to the question how it is` };
}

/** @throws MessageError `refused`, `unavailable`, `aborted` */
export async function cancelAtHub(
  id: number,
  hub: Hub,
  signal: AbortSignal | undefined,
): Promise<CancelResult> {
  const end = await call(hub, 'DELETE', `/api/schedule_messages/${id}`, signal);
  if (end.outcome === 'failed') {
    throw new MessageError('unavailable', `the hub ${end.reason}`, { cause: end.cause });
  }
  const { status } = end.response;
  if (status >= 200 && status < 300) {
    return 'cancelled';
  }
  // 409: it is being delivered, or was.
  if ([404, 409, 410].includes(status)) {
    return 'gone';
  }
  const said = saidIn(parseObject(end.text));
  const code = status >= 500 || status === 429 ? 'unavailable' : 'refused';
  throw new MessageError(code, `the hub answered ${status}${said && `: ${said}`}`, { status });
}

async function call(hub: Hub, method: 'GET' | 'DELETE', path: string, signal: AbortSignal | undefined) {
  const url = `${hub.baseUrl}${path}`;
  const end = await callOnce(hub, { method, url, timeoutMs: hub.retry.timeoutMs, signal });
  if (end.outcome === 'aborted') {
    throw new MessageError('aborted', 'the call was stopped by its signal', { cause: end.cause });
  }
  return end;
}
