import type { Dialect } from './http-function';

/** Errors of the change and person doors: `{code, description}`, as CIS's own services answer. */
export const cisDialect: Dialect = (error) => ({
  status: error?.status ?? 500,
  body: {
    code: error?.code ?? 'internal_error',
    description: error?.message ?? 'something failed on our side; repeating the call is harmless',
  },
});
