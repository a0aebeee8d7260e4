import { derivedId } from '../../derived-id';
import type { DeliveryKey } from './delivery';

/** Ids of events and subscriptions as we mint them travel without their prefixes; others as base64url behind a `~`. */
const plainEvent = /^evt_[\w-]{24}$/;
const plainSubscription = /^sub_[0-9A-Za-z]{16}$/;
const PREFIX_LENGTH = 4;

const form = /^dlv_([\w-]{24}|~[\w-]+)\.([0-9A-Za-z]{16}|~[\w-]+)\.(0|[1-9]\d{0,8})$/;

/**
 * `dlv_<event>.<subscription>.<run>`: the same for the same delivery, and the way to its row
 * (docs/decisions/037-delivery-ids-can-be-read-back.md).
 */
export function encodeDeliveryId({ eventId, subscriptionId, run }: DeliveryKey): string {
  return `dlv_${encodePart(eventId, plainEvent)}.${encodePart(subscriptionId, plainSubscription)}.${run}`;
}

/** The reverse of {@link encodeDeliveryId}; `undefined` for what it never gave. */
export function parseDeliveryId(text: string): DeliveryKey | undefined {
  const [, event, subscription, run] = form.exec(text) ?? [];
  if (event === undefined || subscription === undefined) {
    return undefined;
  }
  const key = {
    eventId: decodePart(event, 'evt_'),
    subscriptionId: decodePart(subscription, 'sub_'),
    run: Number(run),
  };
  return encodeDeliveryId(key) === text ? key : undefined;
}

/** The name of fixed length that rows are sorted by, and that deliveries were shown under at first. */
export function deliveryDigest({ eventId, subscriptionId, run }: DeliveryKey): string {
  return derivedId('dlv', eventId, subscriptionId, run);
}

export function isDeliveryDigest(text: string): boolean {
  return /^dlv_[\w-]{24}$/.test(text);
}

function encodePart(id: string, plain: RegExp): string {
  return plain.test(id) ? id.slice(PREFIX_LENGTH) : `~${Buffer.from(id).toString('base64url')}`;
}

function decodePart(part: string, prefix: string): string {
  return part.startsWith('~') ? Buffer.from(part.slice(1), 'base64url').toString() : `${prefix}${part}`;
}
