import type * as z from 'zod';

/** So many problems tell enough; a hostile body could hold thousands. */
const PROBLEMS_TOLD = 5;

/** What a schema complains of, by the names of the fields and without values. @param where goes before each. */
export function describeProblems({ issues }: z.ZodError, where = ''): string {
  return issues
    .slice(0, PROBLEMS_TOLD)
    .map(({ path, message }) => `${where}${path.length > 0 ? `${path.join('.')}: ` : ''}${message}`)
    .join('; ')
    .slice(0, 1000);
}
