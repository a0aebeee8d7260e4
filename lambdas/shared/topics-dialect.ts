import { RefusedFields } from '../../core/messages/field-errors';
import type { Dialect } from './http-function';
import type { HttpReply } from './http-message';

/** What its client keeps of an error, written as Python does; it loses the message beyond (contract, section 0). */
const MOST_CHARACTERS = 255;

/** A method that is none is answered as a path that is none, as in the original: the door sees them all. */
export const topicsMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const;

/** The original's words for a path that is none. */
export const topicsNotFound: HttpReply = { status: 404, body: { errors: { detail: 'Not Found' } } };

/** What is worth repeating, beside what failed. */
export const topicsThrottled: HttpReply = {
  status: 503,
  headers: { 'retry-after': '1' },
  body: { errors: { detail: 'too much at once; repeat this call later' } },
};

export const topicsFailed: HttpReply = {
  status: 500,
  body: { errors: { detail: 'Internal Server Error' } },
};

/**
 * Errors of the topics door, as Postoffice's client reads them: every 400 has `data.errors`, without which the client
 * throws and the message is lost; everything else has `errors.detail`.
 */
export const topicsDialect: Dialect = (error) => {
  if (error === undefined) {
    return topicsFailed;
  }
  if (error instanceof RefusedFields) {
    return { status: error.status, body: { data: { errors: error.fields } } };
  }
  const { status, message } = error;
  switch (status) {
    case 400:
      return { status, body: { data: { errors: message.slice(0, MOST_CHARACTERS) } } };
    case 404:
      return topicsNotFound;
    default:
      return { status, body: { errors: { detail: message } } };
  }
};
