import { request } from 'node:http';

export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  /** The body as JSON; `undefined` when it is none. */
  // biome-ignore lint/suspicious/noExplicitAny: a test looks at whatever came.
  readonly json: any;
}

export interface Call {
  readonly method?: string;
  readonly token?: string | undefined;
  /** An object is sent as JSON, a string or bytes as they are. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sees every call and its answer; journeys have many ways to call. */
export type Observer = (request: { readonly method: string; readonly path: string }, answer: Answer) => void;

const observers = new Set<Observer>();

/** @returns what ends it. */
export function observeCalls(observer: Observer): () => void {
  observers.add(observer);
  return () => void observers.delete(observer);
}

/** One call. The path goes over the wire as it is written: `fetch` would tidy up the tricks of a test. */
export function call(
  baseUrl: string,
  path: string,
  { method, token, body, headers }: Call = {},
): Promise<Answer> {
  const bytes =
    body === undefined || typeof body === 'string' || body instanceof Uint8Array
      ? body
      : JSON.stringify(body);
  const { hostname, port } = new URL(baseUrl);
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        ...{ hostname, port, path },
        method: method ?? (body === undefined ? 'GET' : 'POST'),
        headers: {
          ...(token !== undefined && { authorization: `Bearer ${token}` }),
          ...(bytes !== undefined && {
            'content-type': 'application/json',
            'content-length': `${Buffer.byteLength(bytes)}`,
          }),
          ...headers,
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const text = Buffer.concat(chunks).toString('utf8');
          const answer = {
            status: response.statusCode ?? 0,
            headers: response.headers as Record<string, string>,
            text,
            json: parse(text),
          };
          for (const observe of observers) {
            observe({ method: outgoing.method, path }, answer);
          }
          resolve(answer);
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.setTimeout(30_000, () => outgoing.destroy(new Error(`no answer from ${path} within 30 s`)));
    outgoing.end(bytes);
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
