import { randomBytes } from 'node:crypto';
import { hashSecret, isAccountSecret, isGood } from '../../core/accounts/api-key';
import type { CredentialReader } from '../../core/accounts/ports';
import { ServiceError } from '../../core/errors';
import {
  type CallbackSubscriptions,
  makeCallbackSubscription,
} from '../../core/webhooks/callbacks/callback-subscription';
import { type CallbackEventName, readEventName, textOf } from '../../core/webhooks/callbacks/callback-topic';
import { documentClient } from '../aws/document-client';
import { makeDynamoCallbackSubscriptions } from '../aws/dynamo-callback-subscriptions';
import { makeDynamoCredentialReader } from '../aws/dynamo-credential-reader';
import { adsReply, makeAdsDialect } from '../shared/ads-dialect';
import { readEnvironment } from '../shared/environment';
import { httpFunction } from '../shared/http-function';
import type { HttpHandler, HttpRequest } from '../shared/http-message';
import { membersOf, readExactBody, readOfferedToken } from './read-callback-request';

/** An event's name and a URL; what is larger is a mistake. */
const BODY_LIMIT_BYTES = 64 * 1024;

export interface SubscribeCallbackPorts {
  readonly credentials: CredentialReader;
  readonly subscriptions: CallbackSubscriptions;
  /** Cryptographically random. */
  readonly random: (count: number) => Uint8Array;
  readonly now: () => Date;
}

/**
 * Trigger: `POST /subscribe`, `/webhooks/subscribe`.
 * Success: 200 with the number 200, or with a warning when there is that subscription already, whatever its state.
 * Refusal: 401 in the original's words; 500 without more for an event or a url that is a list or an object.
 * Retry: harmless: account, event and url decide which subscription it is.
 */
export function makeSubscribeCallback(ports: SubscribeCallbackPorts): HttpHandler {
  return async (request) => {
    const owner = await requireAccount(readOfferedToken(request), ports);
    const { event, url } = readCallback(request);
    const at = ports.now().toISOString();
    const subscription = makeCallbackSubscription(owner, event, url, { at, random: ports.random });
    return (await ports.subscriptions.createOnce(subscription)) === 'created'
      ? adsReply(200)
      : adsReply({ warning: 'subscription already exists' });
  };
}

/** @returns the id of the account. */
async function requireAccount(
  token: string,
  { credentials, now }: Pick<SubscribeCallbackPorts, 'credentials' | 'now'>,
): Promise<string> {
  const found = isAccountSecret(token) ? await credentials.find(hashSecret(token)) : undefined;
  if (!found || !isGood(found, now().getTime()) || !found.scopes.includes('subscriptions:write')) {
    throw new ServiceError('invalid_credentials', 'incorrect subscription token was provided');
  }
  return found.accountId;
}

function readCallback(request: HttpRequest): {
  readonly event: CallbackEventName;
  readonly url: string | null;
} {
  const members = membersOf(readExactBody(request, BODY_LIMIT_BYTES));
  const [eventGiven, urlGiven] = [members.get('event'), members.get('url')];
  if (!eventGiven || !urlGiven) {
    throw new ServiceError('body_invalid', 'incorrect submission data was provided');
  }
  const [event, url] = [readEventName(eventGiven), textOf(urlGiven)];
  if (!event || url === undefined) {
    throw new ServiceError('value_unsupported', 'an event and a url are texts');
  }
  return { event, url };
}

export const handler = httpFunction({
  name: 'subscribe-callback',
  dialect: makeAdsDialect(401),
  methods: ['POST'],
  wire: () => {
    const { REGISTRY_TABLE_NAME: registry } = readEnvironment('subscribe-callback');
    return makeSubscribeCallback({
      credentials: makeDynamoCredentialReader(documentClient(), registry),
      subscriptions: makeDynamoCallbackSubscriptions(documentClient(), registry),
      random: randomBytes,
      now: () => new Date(),
    });
  },
});
