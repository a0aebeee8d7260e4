import * as z from 'zod';

/** Entries of a page where the caller does not say. */
export const DEFAULT_LIMIT = 50;

/** A page is one reply: with more, subscriptions would outgrow it. */
export const MAX_LIMIT = 100;

const next = z.string().max(4000).describe('The page after the one whose reply gave this');

/** The query of a list that is read page by page. */
export const pagingQuery = z.object({
  limit: z.int().min(1).max(MAX_LIMIT).default(DEFAULT_LIMIT).describe('Entries of a page').optional(),
  next: next.optional(),
});

/** Where a page has a size of its own. */
export const nextQuery = pagingQuery.pick({ next: true });

/** A member of every reply that is a page. */
export const nextReply = z
  .string()
  .describe('Give it as `next` to read on; missing on the last page')
  .optional();
