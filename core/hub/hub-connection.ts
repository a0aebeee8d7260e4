import { ServiceError } from '../errors';

/** What the headers of an event say, as the receiver library reads them. */
export interface HubEventContext {
  readonly hub: string;
  readonly connectionId: string;
  readonly userId: string | undefined;
  readonly eventType: string;
  readonly eventName: string;
  readonly origin: string;
  /** `ce-id`. */
  readonly id: string | undefined;
  /** `ce-time`. */
  readonly time: string | undefined;
  readonly subprotocol: string | undefined;
  readonly mqtt:
    | { readonly physicalConnectionId: string; readonly sessionId: string | undefined }
    | undefined;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
}

/** In characters. MQTT's connection ids are the clients' own. */
const limits = {
  'ce-connectionid': 512,
  'ce-userid': 1024,
  'ce-eventname': 256,
  'ce-subprotocol': 256,
  'ce-id': 256,
  'ce-physicalconnectionid': 512,
  'ce-sessionid': 512,
  'webhook-request-origin': 300,
} as const;

/**
 * Holds what the headers say against what stores and subscribers can keep; a client is refused when it connects
 * rather than at its first message.
 * @throws ServiceError `body_invalid` naming the header.
 */
export function requireSoundConnection({ headers }: HubEventContext): void {
  for (const [name, limit] of Object.entries(limits)) {
    const value = headers[name];
    if (value !== undefined && (value.length > limit || !isWhole(value))) {
      throw new ServiceError(
        'body_invalid',
        `${name}: the header must be whole characters, at most ${limit} of them`,
      );
    }
  }
}

/** Azure names hubs so; what is none never becomes a topic. */
export function isHubName(name: string): boolean {
  return /^[A-Za-z][\w`,.[\]-]{0,127}$/.test(name);
}

/** The service repeats it in a header of every event. */
export function isUserId(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
  return text !== '' && text.length <= limits['ce-userid'] && !/[\x00-\x1f\x7f]/.test(text) && isWhole(text);
}

/** Half a surrogate pair has no form in UTF-8, in which stores keep it. */
function isWhole(text: string): boolean {
  return !/\p{Surrogate}/u.test(text);
}
