import { Logger as Powertools } from '@aws-lambda-powertools/logger';
import type { FunctionName } from '../functions';

/** What a line says beside its message: ids, codes, counts, durations and errors. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Each call writes a line of JSON. */
export interface Logger {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

/** An error is told with what caused it, but not for ever. */
const MOST_CAUSES = 5;

/**
 * Structured logs. Ids, codes, counts and durations go in; bodies, tokens, secrets and attribute values never.
 * `LOG_LEVEL` is the least that is written (docs/decisions/085-powertools-writes-lines-and-metrics.md).
 */
export function makeLogger(name: FunctionName): Logger {
  const powertools = new Powertools({ serviceName: name, jsonReplacerFn: withErrors });
  return {
    info: (message, fields = {}) => powertools.info(message, fields),
    warn: (message, fields = {}) => powertools.warn(message, fields),
    error: (message, fields = {}) => powertools.error(message, fields),
  };
}

/** Powertools itself would tell whatever else an error holds: a URL with its password, what a service was sent. */
function withErrors(_: string, value: unknown): unknown {
  return value instanceof Error ? describe(value, MOST_CAUSES) : value;
}

function describe(error: Error, causes: number): LogFields {
  const { name, message, stack, cause } = error;
  const rest = cause instanceof Error && causes > 0 ? { cause: describe(cause, causes - 1) } : {};
  return { name, message, stack, ...rest };
}
