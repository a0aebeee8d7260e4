import type { SubscriptionStore } from '../topics/ports';
import type { DeliveryQueue } from '../webhooks/ports';
import type { EventHistoryWriter, FanOutMarkers, UnprocessableRecords } from './ports';

export interface DispatchPorts {
  readonly subscriptions: Pick<SubscriptionStore, 'ofTopic'>;
  readonly markers: FanOutMarkers;
  readonly history: EventHistoryWriter;
  readonly queue: DeliveryQueue;
  readonly unprocessable: UnprocessableRecords;
}
