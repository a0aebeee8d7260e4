import { parseObject } from '../json-text';

/** What a call has brought. Events are meant by their index in it. */
export type Answer =
  /** The server has judged every event: the others are accepted. */
  | {
      readonly outcome: 'judged';
      readonly throttled: readonly number[];
      readonly refused: ReadonlyArray<readonly [index: number, errorType: string]>;
    }
  /** Nothing is known to be accepted, and repeating may help. */
  | {
      readonly outcome: 'failed';
      readonly reason: string;
      readonly status?: number;
      readonly retryAfter?: string;
      readonly cause?: unknown;
    }
  /** Too many bytes at once. */
  | { readonly outcome: 'too_large' }
  /** Repeating would not help. */
  | {
      readonly outcome: 'refused';
      readonly reason: string;
      readonly status: number;
      readonly errorType?: string;
    };

const retryable = ['ProvisionedThroughputExceededException', 'InternalFailureException'];

/**
 * Contract bc-events, section 6, without the holes of its client: only an answer that says so accepts an event.
 * @param size how many events the call had; one that is sent alone has no records.
 */
export function readAnswer(
  { status, headers }: Pick<Response, 'status' | 'headers'>,
  text: string,
  size: number,
  isBulk: boolean,
): Answer {
  const json = parseObject(text);
  if (status >= 200 && status < 300) {
    return json === undefined
      ? { outcome: 'failed', reason: 'answered without a JSON object', status }
      : readRecords(json, size, isBulk, status);
  }
  const errorType = typeof json?.errorType === 'string' ? json.errorType : undefined;
  const message = typeof json?.message === 'string' ? `: ${json.message.slice(0, 500)}` : '';
  const reason = `answered ${status}${errorType ? ` ${errorType}` : ''}${message}`;
  if (errorType !== undefined && retryable.includes(errorType)) {
    return { outcome: 'failed', reason, status };
  }
  if (status === 413) {
    return { outcome: 'too_large' };
  }
  // A 500 that names an error of the caller's is a refusal, as in the original.
  const isTransient = [408, 425, 429].includes(status) || (status >= 500 && errorType === undefined);
  if (isTransient || status > 500) {
    const retryAfter = headers.get('retry-after') ?? undefined;
    return { outcome: 'failed', reason, status, ...(retryAfter !== undefined && { retryAfter }) };
  }
  return { outcome: 'refused', reason, status, ...(errorType !== undefined && { errorType }) };
}

function readRecords(
  { failedRecords = 0, records }: Record<string, unknown>,
  size: number,
  isBulk: boolean,
  status: number,
): Answer {
  if (!isBulk || failedRecords === 0) {
    return { outcome: 'judged', throttled: [], refused: [] };
  }
  if (!Array.isArray(records) || records.length !== size) {
    return { outcome: 'failed', reason: `answered without one record for each event`, status };
  }
  const judged = records.map((record, index) => [index, String(record)] as const);
  const failed = judged.filter(([, record]) => record !== 'Success');
  return {
    outcome: 'judged',
    throttled: failed.filter(([, record]) => retryable.includes(record)).map(([index]) => index),
    refused: failed.filter(([, record]) => !retryable.includes(record)),
  };
}
