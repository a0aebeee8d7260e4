import type { Acceptance } from '../../core/change/accept-change';
import type { ChangeStatus, RejectionCode } from '../../core/change/change';
import { positionKey } from '../../core/stream-record';
import type { HttpReply } from '../shared/http-message';
import { oneReceipt, receiptOf } from './receipts';

/**
 * What the newer routes answer: how the change ended, in the shapes of contract CIS, section 1.1. The original
 * knew two kinds of refusal; what it never had gets the status that says it best.
 */
const statusOfRejection: Readonly<Record<RejectionCode, number>> = {
  invalid_publisher: 403,
  invalid_signature: 403,
  uuid_or_primary_username_set: 403,
  schema_invalid: 400,
  profile_too_large: 413,
  out_of_order: 409,
  erased: 410,
  record_unreadable: 500,
  unprocessable: 500,
  internal_error: 500,
};

/** How changes ended, by `positionKey`; those that have not are not in it. */
export type Endings = ReadonlyMap<string, ChangeStatus>;

/** The answer to one profile. */
export function oneOutcome(acceptance: Acceptance, endings: Endings): HttpReply {
  if (acceptance.state !== 'accepted') {
    return oneReceipt(acceptance);
  }
  const { sequenceNumber } = acceptance.position;
  const status = endings.get(positionKey(acceptance.position));
  switch (status?.state) {
    case undefined:
      return pending(sequenceNumber);
    case 'integrated':
      return {
        status: 200,
        body: { condition: status.condition, sequence_number: sequenceNumber, status_code: 200 },
      };
    case 'noop':
      return { status: 200, body: { condition: 'noop', sequence_number: null, status_code: 202 } };
    case 'rejected':
      return refusalOf(status);
  }
}

/** The answer to a deletion. That nothing was there to delete is a success, too. */
export function deletionOutcome(acceptance: Acceptance, endings: Endings): HttpReply {
  const status = acceptance.state === 'accepted' && endings.get(positionKey(acceptance.position));
  if (acceptance.state !== 'accepted' || !status || status.state === 'rejected') {
    return oneOutcome(acceptance, endings);
  }
  const message = `user profile deleted for user: ${acceptance.userId}`;
  return { status: 200, body: { condition: 'delete', message, status: 200 } };
}

interface Refused {
  /** Of the HTTP answer that it would be alone. */
  readonly status: number;
  readonly index: number;
  readonly sequence_number: string | null;
  readonly code: string;
  readonly description: string;
}

/**
 * The answer to a batch, whose members are judged one by one: the numbers of those that created or updated, the
 * refused with their reasons and their places in the request. A refusal as a whole only if all were refused.
 */
export function manyOutcomes(acceptances: readonly Acceptance[], endings: Endings): HttpReply {
  const refused = acceptances.flatMap((acceptance, index) => refusedMember(acceptance, index, endings));
  const [first] = refused;
  if (first && refused.length === acceptances.length) {
    return { status: first.status, body: { code: first.code, description: first.description } };
  }
  const created = numbersOf(acceptances, endings, 'create');
  const updated = numbersOf(acceptances, endings, 'update');
  const waiting = numbersOf(acceptances, endings, 'pending');
  const isDone = waiting.length === 0 && created.length + updated.length > 0;
  return {
    // Nothing to do is an HTTP 200 that says 202 inside, as ever; not ended yet is a 202 throughout.
    status: waiting.length > 0 ? 202 : 200,
    body: {
      creates: written(created),
      updates: written(updated, { ResponseMetadata: { HTTPStatusCode: 200 } }),
      status: isDone ? 200 : 202,
      ...(waiting.length > 0 && { pending: waiting }),
      ...(refused.length > 0 && { rejected: refused.map(({ status: _, ...member }) => member) }),
    },
  };
}

function refusedMember(acceptance: Acceptance, index: number, endings: Endings): Refused[] {
  if (acceptance.state !== 'accepted') {
    const {
      code,
      description,
      status_code: status,
    } = receiptOf(acceptance) as Exclude<ReturnType<typeof receiptOf>, { status_code: 200 }>;
    return [{ status, index, sequence_number: null, code, description }];
  }
  const ending = endings.get(positionKey(acceptance.position));
  if (ending?.state !== 'rejected') {
    return [];
  }
  const { code = 'internal_error', text = '', sequenceNumber } = ending;
  const status = statusOfRejection[code];
  return [{ status, index, sequence_number: sequenceNumber, code, description: text }];
}

function numbersOf(
  acceptances: readonly Acceptance[],
  endings: Endings,
  wanted: 'create' | 'update' | 'pending',
): string[] {
  return acceptances.flatMap((acceptance) => {
    if (acceptance.state !== 'accepted') {
      return [];
    }
    const ending = endings.get(positionKey(acceptance.position));
    return (ending ? ending.condition : 'pending') === wanted ? [acceptance.position.sequenceNumber] : [];
  });
}

/** The status inside is a text, the one outside a number: so the original has it. */
function written(numbers: readonly string[], rest: object = {}): object | null {
  return numbers.length > 0 ? { status: '200', sequence_numbers: numbers, ...rest } : null;
}

function pending(sequenceNumber: string): HttpReply {
  return {
    status: 202,
    body: { condition: 'pending', sequence_number: sequenceNumber, status_code: 202 },
  };
}

function refusalOf({ code = 'internal_error', text = '' }: ChangeStatus): HttpReply {
  return { status: statusOfRejection[code], body: { code, description: text } };
}
