import { parseObject } from '../json-text';

/** What the answer to a message says. */
export type Answer =
  | { readonly outcome: 'accepted'; readonly ids: readonly number[] }
  /** Not known to be accepted; later it may be. */
  | {
      readonly outcome: 'failed';
      readonly reason: string;
      /** Whether trying again at once may help: not where somebody has to mend a credential or an address first. */
      readonly soon: boolean;
      /** Whether nobody has answered, so that other topics would fare no better. */
      readonly isUnreachable: boolean;
      readonly status?: number;
      readonly retryAfter?: string;
      readonly cause?: unknown;
    }
  /** Too much at once. */
  | { readonly outcome: 'too_large'; readonly reason: string; readonly status: number }
  /** The message is wrong: the same message would be refused again. */
  | { readonly outcome: 'refused'; readonly reason: string; readonly status: number };

export type Failure = Extract<Answer, { outcome: 'failed' }>;

/** What is said of the message itself; every other refusal is of who asks, or where. */
const aboutTheMessage: readonly number[] = [400, 406, 409, 410, 413, 415, 422];

/** As the hub says of a bulk: too many, too large together, or one of them too large. */
const tooLarge = /^Exceed|too large|the limit is/;

/** Those that somebody has to mend. */
const aboutTheCaller: readonly number[] = [401, 403, 404, 405];

/** Only an answer with the ids of a message accepts it; a proxy's page with a status of success does not. */
export function readAnswer({ status, headers }: Pick<Response, 'status' | 'headers'>, text: string): Answer {
  const json = parseObject(text);
  if (status >= 200 && status < 300) {
    const ids = json?.id ?? json?.result;
    return isIds(ids)
      ? { outcome: 'accepted', ids }
      : failed(`answered ${status} without the ids of the message`, { status });
  }
  const told = saidIn(json);
  const reason = `answered ${status}${told && `: ${told}`}`;
  if (status === 413 || (status === 406 && tooLarge.test(told))) {
    return { outcome: 'too_large', reason, status };
  }
  if (aboutTheMessage.includes(status)) {
    return { outcome: 'refused', reason, status };
  }
  const retryAfter = headers.get('retry-after') ?? undefined;
  const soon = status >= 400 && !aboutTheCaller.includes(status);
  return failed(reason, { status, soon, ...(retryAfter !== undefined && { retryAfter }) });
}

export function failed(reason: string, details: Partial<Omit<Failure, 'outcome' | 'reason'>> = {}): Failure {
  return { outcome: 'failed', reason, soon: true, isUnreachable: false, ...details };
}

/** What a refusal says, in the shapes that the hub and its gateway have. */
export function saidIn(json: Readonly<Record<string, unknown>> | undefined): string {
  const said = [
    memberOf(json?.data, 'errors'),
    memberOf(json?.errors, 'detail'),
    json?.errors,
    json?.message,
  ].find((one) => one !== undefined && one !== null);
  return said === undefined ? '' : (typeof said === 'string' ? said : JSON.stringify(said)).slice(0, 500);
}

function memberOf(value: unknown, name: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
}

function isIds(value: unknown): value is readonly number[] {
  return Array.isArray(value) && value.every((id) => Number.isSafeInteger(id));
}
