/** What scripts can rely on; `--help` shows the same table. */
export const exitCodes = {
  ok: 0,
  failed: 1,
  usage: 2,
  /** The server answered 4xx: repeating the call will not help. */
  refused: 3,
  /** The change was rejected, or had not ended when the time was up. */
  notIntegrated: 4,
  /** What is there is not as a file says it should be. */
  differs: 5,
} as const;

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];

/** A failure that is told in one line, without a stack: what happened, and what to do. */
export class CommandError extends Error {
  override readonly name = 'CommandError';

  constructor(
    message: string,
    readonly exitCode: ExitCode = exitCodes.failed,
  ) {
    super(message);
  }
}
