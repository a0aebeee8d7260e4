import type { WebhookRequest } from '../../../core/webhooks/ports';

/** https://docs.cloud.google.com/pubsub/quotas#resource_limits: 10 MB and 1000 messages; some room for the rest. */
const BYTES_PER_CALL = 9_500_000;
const MESSAGES_PER_CALL = 1000;

/**
 * One message as JSON: https://docs.cloud.google.com/pubsub/docs/reference/rest/v1/PubsubMessage.
 * @param idAttribute where the message's id goes, unless the message has an attribute of that name.
 */
export function writeMessage({ body, message }: WebhookRequest, idAttribute: string | undefined): string {
  const own = message?.attributes ?? [];
  const hasOwn = own.some(([name]) => name === idAttribute);
  const all = message && idAttribute !== undefined && !hasOwn ? [...own, [idAttribute, message.id]] : own;
  // Written by hand: an attribute may be called __proto__.
  const attributes = all.map((pair) => pair.map((text) => JSON.stringify(text)).join(':'));
  return `{"data":"${Buffer.from(body).toString('base64')}","attributes":{${attributes.join(',')}}}`;
}

/** The messages in calls of what Google takes at most, in their order. */
export function packMessages(messages: readonly string[]): string[][] {
  const calls: string[][] = [];
  let bytes = 0;
  for (const message of messages) {
    const call = calls.at(-1);
    bytes += Buffer.byteLength(message) + 1;
    if (call && call.length < MESSAGES_PER_CALL && bytes <= BYTES_PER_CALL) {
      call.push(message);
    } else {
      calls.push([message]);
      bytes = Buffer.byteLength(message) + 1;
    }
  }
  return calls;
}
