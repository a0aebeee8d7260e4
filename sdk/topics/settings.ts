import {
  type CallerOptions,
  defaultRetryPolicy,
  type RetryPolicy,
  readServer,
  type Server,
} from '../connection';
import { type ClientLogger, quietLogger } from '../logger';
import { MessageError } from './errors';
import type { MessageBuffer } from './message-buffer';

/** How calls are repeated, and how long one may take. */
export interface MessageRetryPolicy extends RetryPolicy {
  /** How long one try of `publish` may take. @default 2 000 */
  readonly timeoutMs: number;
  /** How long one try of a bulk may take. @default 10 000 */
  readonly bulkTimeoutMs: number;
}

export interface MessageClientOptions extends CallerOptions {
  /** Such as `https://example.org`; a stage prefix may follow, credentials may be in it. */
  readonly apiUrl: string;
  /**
   * Keeps what the hub could not take, and is sent again, in order of each topic. Without one, `publish` tries as often
   * as `retry` says and throws. @default none
   */
  readonly buffer?: MessageBuffer;
  /**
   * What `publish` does while the buffer is full: throw `buffer_full`, or wait for room, as long as its signal lets it.
   * @default throw
   */
  readonly whenFull?: 'throw' | 'wait';
  /** Whether what is kept is sent again by itself. Without, by `flush` alone. @default true */
  readonly background?: boolean;
  readonly retry?: Partial<MessageRetryPolicy>;
  /** @default the console, for what was refused or has to be mended */
  readonly logger?: ClientLogger;
}

/** A hub that is called, and how. */
export interface Hub extends Server {
  readonly retry: MessageRetryPolicy;
  readonly logger: ClientLogger;
}

/** @throws MessageError `configuration_invalid` */
export function readHub(options: MessageClientOptions): Hub {
  const server = readServer(
    options.apiUrl,
    options,
    (message) => new MessageError('configuration_invalid', message),
  );
  const retry = { ...defaultRetryPolicy, timeoutMs: 2_000, bulkTimeoutMs: 10_000, ...options.retry };
  const wrong = Object.entries(retry).find(([, value]) => !(Number.isFinite(value) && value >= 0));
  if (wrong) {
    throw new MessageError('configuration_invalid', `retry.${wrong[0]} must be a number, from 0`);
  }
  return { ...server, retry, logger: options.logger ?? quietLogger };
}
