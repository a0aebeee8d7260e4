import { ServiceError } from '../../../core/errors';
import type { EventListRequest } from '../../../core/events/read-events';
import type { HttpRequest } from '../../shared/http-message';
import { readPaging } from '../read-request';

/** Also what `Date` takes beside it, as long as it says the zone. */
const TIME = /^\d{4}-\d{2}-\d{2}T[\d:.]+(Z|[+-]\d{2}:\d{2})$/;

const HOUR = /^\d{4}-\d{2}-\d{2}T\d{2}$/;

/** The query of `GET /v1/events`. @throws ServiceError `parameter_missing` or `parameter_invalid`. */
export function readEventQuery(request: HttpRequest): EventListRequest {
  const { order = 'desc', from, to } = request.query;
  if (order !== 'asc' && order !== 'desc') {
    throw refused('"order" is "desc" (newest first) or "asc"');
  }
  const range = { from: readTime('from', from), to: readTime('to', to) };
  if (range.from !== undefined && range.to !== undefined && range.from >= range.to) {
    throw refused('"from" must be before "to"; the time is that of the arrival, "dispatched_at"');
  }
  return { topic: readTopic(request), ...range, ...readPaging(request), ascending: order === 'asc' };
}

export interface HourQuery {
  readonly topic: string;
  /** As it was asked for. */
  readonly hour: string;
  /** Its beginning, epoch milliseconds. */
  readonly from: number;
  readonly after?: string;
}

/** The query of `GET /v1/ledger`. @throws ServiceError `parameter_missing` or `parameter_invalid`. */
export function readHourQuery(request: HttpRequest): HourQuery {
  const { hour = '', next } = request.query;
  const from = HOUR.test(hour) ? Date.parse(`${hour}:00:00Z`) : Number.NaN;
  if (Number.isNaN(from)) {
    throw refused('"hour" is an hour in UTC, such as 2026-11-20T21');
  }
  return { topic: readTopic(request), hour, from, ...(next !== undefined && { after: next }) };
}

function readTopic({ query }: HttpRequest): string {
  if (query.topic === undefined) {
    throw new ServiceError('parameter_missing', '"topic" says of which topic; GET /v1/topics lists them');
  }
  return query.topic;
}

function readTime(name: string, text: string | undefined): number | undefined {
  if (text === undefined) {
    return undefined;
  }
  const time = TIME.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(time)) {
    throw refused(`"${name}" is a time with its zone, such as 2026-11-20T21:00:00Z`);
  }
  return time;
}

function refused(message: string): ServiceError {
  return new ServiceError('parameter_invalid', message);
}
