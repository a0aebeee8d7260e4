import { ServiceError } from '../../core/errors';
import { moment } from '../../core/moment';

/** A time of a query. @throws ServiceError `parameter_invalid` naming the parameter. */
export function readMoment(name: string, text: string | undefined): string | undefined {
  if (text === undefined) {
    return undefined;
  }
  const parsed = moment.safeParse(text);
  if (!parsed.success) {
    throw new ServiceError('parameter_invalid', `"${name}" is a time such as 2026-11-20T21:04:11Z`);
  }
  return parsed.data;
}
