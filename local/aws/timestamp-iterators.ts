import type { IncomingMessage, RequestListener } from 'node:http';
import { Readable } from 'node:stream';
import { callAws } from './call';

interface IteratorRequest {
  readonly StreamName: string;
  readonly ShardId: string;
  readonly ShardIteratorType: string;
  /** Epoch seconds. */
  readonly Timestamp?: number;
}

interface Records {
  readonly Records: readonly {
    readonly SequenceNumber: string;
    readonly ApproximateArrivalTimestamp: number;
  }[];
  readonly NextShardIterator?: string;
}

/**
 * The stream emulator never answers a request for an iterator at a time after which a shard has no record. What
 * asks for one is told where the first such record lies, as any other place; the latest place where there is none.
 * @param endpoint where the emulator answers, known once it listens.
 */
export function withTimestampIterators(handle: RequestListener, endpoint: () => string): RequestListener {
  return (request, response) => {
    if (!String(request.headers['x-amz-target'] ?? '').endsWith('.GetShardIterator')) {
      handle(request, response);
      return;
    }
    readText(request)
      .then(async (text) => handle(rewritten(request, await withPlace(text, endpoint())), response))
      .catch(() => handle(rewritten(request, ''), response));
  };
}

async function withPlace(text: string, endpoint: string): Promise<string> {
  const asked = JSON.parse(text) as IteratorRequest;
  const { ShardIteratorType: type, Timestamp: time, ...shard } = asked;
  if (type !== 'AT_TIMESTAMP' || time === undefined) {
    return text;
  }
  const first = await firstSince(time, shard, endpoint);
  return JSON.stringify({
    ...shard,
    ...(first === undefined
      ? { ShardIteratorType: 'LATEST' }
      : { ShardIteratorType: 'AT_SEQUENCE_NUMBER', StartingSequenceNumber: first }),
  });
}

async function firstSince(
  time: number,
  shard: Pick<IteratorRequest, 'StreamName' | 'ShardId'>,
  endpoint: string,
): Promise<string | undefined> {
  const begin = { ...shard, ShardIteratorType: 'TRIM_HORIZON' };
  let { ShardIterator: next } = await callAws<{ ShardIterator: string | undefined }>(
    'kinesis',
    endpoint,
    'GetShardIterator',
    begin,
  );
  while (next !== undefined) {
    const page: Records = await callAws('kinesis', endpoint, 'GetRecords', {
      ShardIterator: next,
      Limit: 1000,
    });
    const found = page.Records.find((record) => record.ApproximateArrivalTimestamp >= time);
    if (found || page.Records.length === 0) {
      return found?.SequenceNumber;
    }
    next = page.NextShardIterator;
  }
  return undefined;
}

async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) {
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function rewritten({ method, url, headers }: IncomingMessage, text: string): IncomingMessage {
  const body = Object.assign(Readable.from([Buffer.from(text)]), { method, url, headers });
  return body as unknown as IncomingMessage;
}
