import { accountOperations } from '../accounts/account-operations';
import { deliveryOperations } from '../deliveries/delivery-operations';
import { erasureOperations } from '../erasures/erasure-operations';
import { eventOperations } from '../events/event-operations';
import { replayOperations } from '../replays/replay-operations';
import {
  grantOperations,
  subscriptionOperations,
  webhookKeyOperations,
} from '../subscriptions/subscription-operations';
import { topicOperations } from '../topics/topic-operations';
import type { DocumentedDoor } from './operation';
import { serviceOperations } from './service-operations';

/** In the order in which a reader meets them. */
export const documentedDoors: readonly DocumentedDoor[] = [
  topicOperations,
  subscriptionOperations,
  replayOperations,
  eventOperations,
  deliveryOperations,
  accountOperations,
  erasureOperations,
  webhookKeyOperations,
  grantOperations,
  serviceOperations,
];
