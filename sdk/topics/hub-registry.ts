import { delayMsOf, pause } from '../back-off';
import { type Call, callOnce } from '../call-once';
import { parseObject } from '../json-text';
import { saidIn } from './answers';
import { MessageError } from './errors';
import type { Hub } from './settings';

/** A topic or a consumer as the hub shows it. */
export interface Registered {
  readonly id: number;
  readonly [member: string]: unknown;
}

export interface RegistryAnswer {
  readonly status: number;
  readonly json: Readonly<Record<string, unknown>> | undefined;
  /** What a refusal says. */
  readonly said: string;
}

const PAGE = '100';

/** A hub's topics and consumers. Calls are repeated as its policy says: each of them may be. */
export class HubClient {
  constructor(
    private readonly hub: Hub,
    private readonly signal: AbortSignal | undefined,
  ) {}

  /**
   * @returns what the hub says, refusals too.
   * @throws MessageError `unavailable`, `aborted`
   */
  async call(method: Call['method'], path: string, body?: object): Promise<RegistryAnswer> {
    for (let fruitless = 1; ; fruitless += 1) {
      const end = await callOnce(this.hub, {
        ...{ method, url: `${this.hub.baseUrl}${path}`, signal: this.signal },
        timeoutMs: this.hub.retry.bulkTimeoutMs,
        ...(body && { body: JSON.stringify(body) }),
      });
      if (end.outcome === 'aborted') {
        throw aborted(end.cause);
      }
      const status = end.outcome === 'answered' ? end.response.status : 0;
      if (end.outcome === 'answered' && status < 500 && ![408, 425, 429].includes(status)) {
        const json = parseObject(end.text);
        return { status, json, said: saidIn(json) };
      }
      if (fruitless > this.hub.retry.retries) {
        const reason = end.outcome === 'failed' ? end.reason : `answered ${status}`;
        throw new MessageError('unavailable', `the hub ${reason}`, status === 0 ? {} : { status });
      }
      const retryAfter = end.outcome === 'answered' ? end.response.headers.get('retry-after') : undefined;
      await pause(delayMsOf(this.hub.retry, fruitless, retryAfter ?? undefined), this.signal, aborted);
    }
  }

  /** All pages. @throws MessageError `refused`, `reply_unreadable` too */
  async list(
    path: '/api/topics' | '/api/publishers',
    query: Record<string, string> = {},
  ): Promise<Registered[]> {
    const found: Registered[] = [];
    for (let after: string | undefined = ''; after !== undefined; ) {
      const parameters = new URLSearchParams({ ...query, limit: PAGE, ...(after && { after }) });
      const { status, json, said } = await this.call('GET', `${path}?${parameters}`);
      if (status !== 200) {
        throw new MessageError('refused', `the hub answered ${status}${said && `: ${said}`}`, { status });
      }
      const page = json?.data;
      const next = json?.next === undefined ? undefined : String(json.next);
      if (!isPage(page) || (next !== undefined && next === after)) {
        throw new MessageError('reply_unreadable', `the hub's list at ${path} is none`, { status });
      }
      found.push(...page);
      after = next;
    }
    return found;
  }
}

function isPage(value: unknown): value is readonly Registered[] {
  return Array.isArray(value) && value.every((one) => Number.isSafeInteger(one?.id));
}

function aborted(cause: unknown): MessageError {
  return new MessageError('aborted', 'the call was stopped by its signal', { cause });
}
