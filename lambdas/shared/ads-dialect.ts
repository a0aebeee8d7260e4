import { type ExactJson, parseExactJson } from '../../core/exact-json';
import { pythonJson } from '../../core/webhooks/callbacks/python-json';
import type { Dialect } from './http-function';
import type { HttpReply } from './http-message';

/** Contract ADS, section 1: what any unexpected error looks like. */
const UNEXPECTED = { message: 'Internal Server Error' };

/** A reply of the ADS door: JSON spaced as the original's, with a newline at its end. */
export function adsReply(body: unknown, status = 200): HttpReply {
  const json = parseExactJson(JSON.stringify(body)) as ExactJson;
  return { status, body: `${pythonJson(json)}\n` };
}

/**
 * Errors of the ADS door, in the original's statuses and words.
 * @param unreadableStatus how the end point answers a body that it cannot use: 401, a trigger 500.
 */
export function makeAdsDialect(unreadableStatus: 401 | 500): Dialect {
  return (error) => {
    switch (error?.code) {
      case undefined:
      case 'value_unsupported':
        return adsReply(UNEXPECTED, 500);
      case 'method_not_allowed':
        return adsReply({ message: 'The method is not allowed for the requested URL.' }, error?.status);
      case 'body_invalid':
        return adsReply({ error: error?.message }, unreadableStatus);
      default:
        return adsReply({ error: error?.message }, error?.status);
    }
  };
}
