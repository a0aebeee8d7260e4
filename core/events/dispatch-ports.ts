import type { SubscriptionStore } from '../topics/ports';
import type { DeliveryQueue } from '../webhooks/ports';
import type { EventNumbers } from './event-numbers';
import type { DuplicateClaims, EventHistoryWriter, FanOutMarkers, UnprocessableRecords } from './ports';

export interface DispatchPorts {
  readonly subscriptions: Pick<SubscriptionStore, 'ofTopic'>;
  readonly duplicates: DuplicateClaims;
  readonly numbers: EventNumbers;
  readonly markers: FanOutMarkers;
  readonly history: EventHistoryWriter;
  readonly queue: DeliveryQueue;
  readonly unprocessable: UnprocessableRecords;
}
