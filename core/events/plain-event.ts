import { ServiceError } from '../errors';
import { sliceMembers } from '../json-slices';
import { type EventDraft, type JsonText, makeDraft } from './event-draft';

/**
 * An event in our own form: `{"topic", "data", "id"?, "source"?, "subject"?, "time"?, "attributes"?, "expires_at"?}`.
 * @param where goes before what is wrong: the place within a batch.
 * @throws ServiceError `body_invalid`.
 */
export function readPlainEvent({ value, text }: JsonText, where: string): EventDraft {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new ServiceError('body_invalid', `${where}expected an event (a JSON object)`);
  }
  const { data, ...fields } = value as Record<string, unknown>;
  const dataJson = sliceMembers(text).get('data');
  if (dataJson === undefined) {
    throw new ServiceError('body_invalid', `${where}data: is missing; send null for none`);
  }
  return makeDraft(fields, { value: data, text: dataJson }, where);
}
