import type { Event } from '../events/event';

/** The bytes that a client of a hub has sent, of an event that holds such; `undefined` for all others. */
export function readBinaryData({ topic, attributes, dataJson }: Event): Uint8Array | undefined {
  if (topic.door !== 'hub' || attributes?.datatype !== 'binary') {
    return undefined;
  }
  const data = JSON.parse(dataJson) as { readonly data_base64?: unknown } | null;
  return typeof data?.data_base64 === 'string' ? Buffer.from(data.data_base64, 'base64') : undefined;
}
