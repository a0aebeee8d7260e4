import type { Event } from '../../events/event';
import { sliceMembers } from '../../json-slices';
import { jobId } from '../../messages/job-id';

const ATTRIBUTES = 'attributes';

/**
 * The body that consumers of the topics door get: contract Postoffice, section 3.3. The payload's members at the top,
 * beside them `attributes` in place of one of that name. Every value keeps its text, so numbers keep their digits.
 * A payload that is no object comes as the member `payload`: docs/decisions/058-messages-of-any-json.md.
 */
export function postofficeBody({ dataJson, attributesJson, attributes = {} }: Event): Uint8Array {
  const members = new Map(
    dataJson.trimStart().startsWith('{') ? sliceMembers(dataJson) : [['payload', dataJson]],
  );
  members.delete(ATTRIBUTES);
  members.set(ATTRIBUTES, attributesJson ?? JSON.stringify(attributes));
  const texts = [...members].map(([name, text]) => `${JSON.stringify(name)}:${text}`);
  return Buffer.from(`{${texts.join(',')}}`);
}

/** Decimal, the same at every retry, another for every consumer. */
export function postofficeHeaders({ id }: Event, subscriptionId: string): Readonly<Record<string, string>> {
  return { 'message-id': String(jobId(id, subscriptionId)) };
}
