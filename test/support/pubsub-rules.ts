import * as z from 'zod';

/** A message as a subscriber would see it. */
export interface PublishedMessage {
  /** Decoded. */
  readonly data: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** https://docs.cloud.google.com/pubsub/quotas#resource_limits */
const MOST_BYTES = 10_000_000;
const MOST_MESSAGES = 1000;
const MOST_ATTRIBUTES = 100;
const LONGEST_KEY = 256;
const LONGEST_VALUE = 1024;

/** `PubsubMessage`; what only the service sets is refused, as is what it does not know. */
const publishRequest = z.strictObject({
  messages: z
    .array(
      z.strictObject({
        data: z.base64().optional(),
        attributes: z.record(z.string(), z.string()).optional(),
        orderingKey: z.string().optional(),
      }),
    )
    .min(1)
    .max(MOST_MESSAGES),
});

/** What Pub/Sub says to a publish call: its messages, or what is wrong with it. */
export function judgePublish(
  contentType: string | undefined,
  body: Buffer,
): { readonly messages: readonly PublishedMessage[] } | { readonly problem: string } {
  if (body.length > MOST_BYTES) {
    return { problem: `Request payload size exceeds the limit: ${MOST_BYTES} bytes.` };
  }
  if (!contentType?.startsWith('application/json')) {
    return { problem: 'Invalid JSON payload received. Unexpected content type.' };
  }
  const { data } = publishRequest.safeParse(parse(body));
  if (!data) {
    return { problem: 'Invalid JSON payload received. Unknown name or invalid value.' };
  }
  const problem = data.messages.map(problemOf).find((found) => found !== undefined);
  return problem === undefined ? { messages: data.messages.map(published) } : { problem };
}

type Message = z.infer<typeof publishRequest>['messages'][number];

function problemOf({ data = '', attributes = {} }: Message): string | undefined {
  const entries = Object.entries(attributes);
  if (data === '' && entries.length === 0) {
    return 'One or more messages in the publish request is empty.';
  }
  if (entries.length > MOST_ATTRIBUTES) {
    return `A message has more than ${MOST_ATTRIBUTES} attributes.`;
  }
  const isBad = ([key, value]: [string, string]) =>
    key === '' ||
    key.startsWith('goog') ||
    Buffer.byteLength(key) > LONGEST_KEY ||
    Buffer.byteLength(value) > LONGEST_VALUE;
  return entries.some(isBad) ? 'You have passed an invalid argument to the service (attributes).' : undefined;
}

function published({ data = '', attributes = {} }: Message): PublishedMessage {
  return { data: Buffer.from(data, 'base64').toString('utf8'), attributes };
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    return undefined;
  }
}
