import { createHash } from 'node:crypto';
import { ServiceError } from '../../errors';
import { sliceElements, sliceMembers } from '../../json-slices';
import { type Message, readMessage } from '../message';

/** A row of an origin's list: contract Postoffice, section 4. */
export type OriginRow = {
  /** Names the row with its content: an id may come with another one. */
  readonly name: string;
  /** Digits; missing where the row has no id that a URL could end in. */
  readonly id?: string;
} & (
  | { readonly outcome: 'read'; readonly id: string; readonly messages: readonly Message[] }
  | { readonly outcome: 'refused'; readonly reason: string }
);

/** What Django calls a big integer, and nothing that could lead a path astray. */
const ID = /^(0|[1-9]\d{0,18})$/;

/** Its client puts a bulk that was refused for its length into one row; of the smallest messages a list would hold more. */
const MAX_MESSAGES = 50_000;

/** One row is one unit: every message of it can be read, or none is taken. @param text one element of the list. */
export function readOriginRow(text: string): OriginRow {
  const fields = text.startsWith('{') ? sliceMembers(text) : new Map<string, string>();
  const id = fields.get('id') ?? '';
  const name = createHash('sha256').update(text).digest('base64url');
  if (!ID.test(id)) {
    return { outcome: 'refused', name, reason: 'id: is no whole number' };
  }
  try {
    return { outcome: 'read', name, id, messages: readMessages(fields) };
  } catch (error) {
    if (error instanceof ServiceError) {
      return { outcome: 'refused', name, id, reason: error.message };
    }
    throw error;
  }
}

/** @throws ServiceError. */
function readMessages(fields: ReadonlyMap<string, string>): readonly Message[] {
  const bulk = fields.get('bulk') ?? 'false';
  if (bulk === 'false' || bulk === 'null') {
    return [readMessage(fields)];
  }
  const payload = fields.get('payload') ?? '';
  if (bulk !== 'true' || !payload.startsWith('[')) {
    throw new ServiceError('body_invalid', 'bulk: with true, the payload is a list of messages');
  }
  const texts = sliceElements(payload, MAX_MESSAGES + 1);
  if (texts.length > MAX_MESSAGES) {
    throw new ServiceError('body_invalid', `payload: has more than ${MAX_MESSAGES} messages`);
  }
  return texts.map((text, index) => {
    if (!text.startsWith('{')) {
      throw new ServiceError('body_invalid', `payload: message ${index} is no object`);
    }
    try {
      return readMessage(sliceMembers(text));
    } catch (error) {
      throw error instanceof ServiceError ? within(error, index) : error;
    }
  });
}

function within({ message }: ServiceError, index: number): ServiceError {
  return new ServiceError('body_invalid', `payload: message ${index}: ${message}`);
}
