import type { Acceptance } from '../../core/change/accept-change';
import type { HttpReply } from '../shared/http-message';

/** What the preview's routes say of one profile: contract CIS, first block. */
export type Receipt =
  | { readonly status_code: 200; readonly sequence_number: string }
  | {
      readonly code: string;
      readonly description: string;
      readonly status_code: 400 | 503;
      readonly sequence_number: null;
    };

export function receiptOf(acceptance: Acceptance): Receipt {
  switch (acceptance.state) {
    case 'accepted':
      return { status_code: 200, sequence_number: acceptance.position.sequenceNumber };
    case 'refused': {
      const { code, description } = acceptance;
      return { code, description, status_code: 400, sequence_number: null };
    }
    case 'unconfirmed': {
      const description = 'the stream has not confirmed this change; send it again, which is harmless';
      return { code: 'unavailable', description, status_code: 503, sequence_number: null };
    }
  }
}

/** The answer to one profile. */
export function oneReceipt(acceptance: Acceptance): HttpReply {
  const body = receiptOf(acceptance);
  return { status: body.status_code, body };
}

/** The answer to a batch: a receipt for each member, in the order given; an error only if all were refused. */
export function manyReceipts(acceptances: readonly Acceptance[]): HttpReply {
  const allRefused = acceptances.length > 0 && acceptances.every(({ state }) => state === 'refused');
  return { status: allRefused ? 400 : 200, body: acceptances.map(receiptOf) };
}
