import type { FunctionName } from '../functions';

/** What a line says beside its message: ids, codes, counts, durations and errors. */
export type LogFields = Readonly<Record<string, unknown>>;

/** Each call writes a line of JSON. */
export interface Logger {
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

const levels = { INFO: 1, WARN: 2, ERROR: 3, SILENT: 4 } as const;

/** An error is told with what caused it, but not for ever. */
const MOST_CAUSES = 5;

/**
 * Structured logs. Ids, codes, counts and durations go in; bodies, tokens, secrets and attribute values never.
 * `LOG_LEVEL` is the least that is written (docs/decisions/085-lines-are-written-by-ourselves.md).
 */
export function makeLogger(name: FunctionName): Logger {
  const least = levels[(process.env.LOG_LEVEL ?? 'INFO') as keyof typeof levels] ?? levels.INFO;
  const write =
    (level: 'INFO' | 'WARN' | 'ERROR') =>
    (message: string, fields: LogFields = {}): void => {
      if (levels[level] >= least) {
        const trace = traceId();
        const head = { level, message, timestamp: new Date().toISOString(), service: name };
        const line = JSON.stringify(
          { ...head, ...(trace && { xray_trace_id: trace }), ...fields },
          withErrors,
        );
        (level === 'INFO' ? process.stdout : process.stderr).write(`${line}\n`);
      }
    };
  return { info: write('INFO'), warn: write('WARN'), error: write('ERROR') };
}

/** Lambda sets it anew for every invocation: `Root=1-5759e988-bd862e3fe1be46a994272793;Parent=…`. */
function traceId(): string | undefined {
  return /Root=([^;]+)/.exec(process.env._X_AMZN_TRACE_ID ?? '')?.[1];
}

function withErrors(_: string, value: unknown): unknown {
  return value instanceof Error ? describe(value, MOST_CAUSES) : value;
}

function describe(error: Error, causes: number): LogFields {
  const { name, message, stack, cause } = error;
  const rest = cause instanceof Error && causes > 0 ? { cause: describe(cause, causes - 1) } : {};
  return { name, message, stack, ...rest };
}
