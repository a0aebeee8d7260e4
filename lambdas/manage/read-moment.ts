import * as z from 'zod';
import { ServiceError } from '../../core/errors';

const moment = z.iso.datetime({ offset: true });

/** A time of a body, in UTC with milliseconds, so that it sorts as text. */
export const momentSchema = moment.transform((text) => new Date(text).toISOString());

/** A time of a query. @throws ServiceError `parameter_invalid` naming the parameter. */
export function readMoment(name: string, text: string | undefined): string | undefined {
  if (text === undefined) {
    return undefined;
  }
  const parsed = momentSchema.safeParse(text);
  if (!parsed.success) {
    throw new ServiceError('parameter_invalid', `"${name}" is a time such as 2026-11-20T21:04:11Z`);
  }
  return parsed.data;
}
