import type { EventHandlerOptions } from './event-handler-options';
import type { HeaderMap } from './header-map';
import { type Reply, textReply, untypedReply } from './http';

const ORIGIN = 'webhook-request-origin';

/** What decides about who may send. */
export type PreflightOptions = Pick<
  EventHandlerOptions,
  'requestValidator' | 'parity' | 'allowedRate' | 'legacyGrant'
>;

/** A host name or address with its port: nothing else is repeated in a reply. */
const host = /^(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(:\d{1,5})?$/i;

/** @returns which of the asking origins is granted; `*` when everybody is, undefined when none is. */
export async function grantedOrigin(
  headers: HeaderMap,
  { requestValidator, parity }: PreflightOptions,
): Promise<string | undefined> {
  if (parity === 'python') {
    // It splits without trimming, and grants without asking when there is no validator.
    const asking = (headers.first(ORIGIN) ?? '').split(',');
    return requestValidator === undefined ? '*' : firstOf(asking, (one) => requestValidator.contains(one));
  }
  const asking = headers.list(ORIGIN).filter((one) => host.test(one));
  return requestValidator === undefined
    ? asking.length > 0
      ? '*'
      : undefined
    : firstOf(asking, (one) => requestValidator.contains(one));
}

/** Answers abuse protection (CloudEvents' webhooks 1.0, section 4). It is the header that grants, not the status. */
export async function answerPreflight(headers: HeaderMap, options: PreflightOptions): Promise<Reply> {
  const origin = await grantedOrigin(headers, options);
  if (origin === undefined) {
    const reply = options.parity === 'python' ? untypedReply : textReply;
    return reply(400, 'Abuse protection validation failed.');
  }
  if (options.parity === 'python') {
    return untypedReply(200, '', { [ORIGIN]: '*' });
  }
  const isRateAsked = headers.first('webhook-request-rate') !== undefined;
  const { allowedRate, legacyGrant } = options;
  return textReply(200, '', {
    'webhook-allowed-origin': origin,
    allow: 'OPTIONS, POST',
    ...(isRateAsked || allowedRate ? { 'webhook-allowed-rate': `${allowedRate ?? '*'}` } : {}),
    ...(legacyGrant ? { [ORIGIN]: '*' } : {}),
  });
}

async function firstOf(
  items: readonly string[],
  isIt: (item: string) => boolean | Promise<boolean>,
): Promise<string | undefined> {
  for (const item of items) {
    if (await isIt(item)) {
      return item;
    }
  }
  return undefined;
}
