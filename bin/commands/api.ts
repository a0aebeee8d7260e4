import { CommandError, exitCodes } from './command-error';

/** The API as the commands call it. */
export interface Api {
  readonly baseUrl: string;
  /**
   * @returns the JSON of the answer, `undefined` when it has no body.
   * @throws CommandError when the server refuses (4xx), fails (5xx) or cannot be reached.
   */
  call(method: string, path: string, options?: CallOptions): Promise<unknown>;
  /** The JSON as it came, of which parsing would cost digits. @throws as `call` does. */
  read(path: string, query?: CallOptions['query']): Promise<string>;
}

/** The server answered with another status than 2xx. */
export class AnswerError extends CommandError {
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message, status < 500 ? exitCodes.refused : exitCodes.failed);
  }
}

export interface CallOptions {
  readonly body?: unknown;
  /** In place of `body`: JSON that is written already. */
  readonly text?: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
}

const TIMEOUT_MILLISECONDS = 30_000;

export function openApi(baseUrl: string, token: string): Api {
  const ask = async (
    method: string,
    path: string,
    { body, text, query = {} }: CallOptions,
  ): Promise<string> => {
    const sent = text ?? JSON.stringify(body);
    const response = await send(new URL(withQuery(`${baseUrl}${path}`, query)), {
      method,
      headers: {
        accept: 'application/json',
        authorization: `Bearer ${token}`,
        ...(sent !== undefined && { 'content-type': 'application/json' }),
      },
      signal: AbortSignal.timeout(TIMEOUT_MILLISECONDS),
      redirect: 'error',
      ...(sent !== undefined && { body: sent }),
    });
    const answer = await response.text();
    if (!response.ok) {
      throw failureOf(response.status, parse(answer));
    }
    return answer;
  };
  return {
    baseUrl,
    call: async (method, path, options = {}) => parse(await ask(method, path, options)),
    read: async (path, query = {}) => ask('GET', path, { query }),
  };
}

function withQuery(url: string, query: Readonly<Record<string, string | undefined>>): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return given.length === 0 ? url : `${url}?${new URLSearchParams(given)}`;
}

async function send(url: URL, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    throw new CommandError(explainNetworkError(url, error as Error));
  }
}

function explainNetworkError(url: URL, error: Error): string {
  if (error.name === 'TimeoutError') {
    return `${url.origin} gave no answer within ${TIMEOUT_MILLISECONDS / 1000} s`;
  }
  const code = (error.cause as NodeJS.ErrnoException | undefined)?.code;
  return code === 'ECONNREFUSED'
    ? `nothing answers at ${url.origin}: start a stack with "npm start", or name another with --base-url`
    : `${url.origin} cannot be reached: ${code ?? error.message}`;
}

function parse(text: string): unknown {
  if (text === '') {
    return undefined;
  }
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

function failureOf(status: number, answer: unknown): AnswerError {
  const told =
    typeof answer === 'object' && answer !== null
      ? (answer as Partial<Record<'detail' | 'description' | 'message' | 'code', string>>)
      : {};
  const text = told.detail ?? told.description ?? told.message ?? 'no reason was given';
  const code = told.code ? ` ${told.code}` : '';
  return new AnswerError(`the server answered ${status}${code}: ${text}`, status);
}
