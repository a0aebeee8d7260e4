import type { Dialect } from './http-function';

/** Errors of the topics door: `{"errors": {"detail": …}}`, as Postoffice's client reads them. */
export const topicsDialect: Dialect = (error) => ({
  status: error?.status ?? 500,
  body: { errors: { detail: error?.message ?? 'something failed on our side; try again' } },
});
