/**
 * Runs work that somebody's input may make endless (a pattern, a schema that branches without end), and stops it.
 * The work must not leave anything half done behind it.
 */
export type TimeLimit = <Result>(work: () => Result) => LimitedResult<Result>;

export type LimitedResult<Result> =
  | { readonly outcome: 'ended'; readonly result: Result }
  | { readonly outcome: 'stopped' };
