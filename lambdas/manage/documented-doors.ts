import { accountOperations } from './account-operations';
import { deliveryOperations } from './delivery-operations';
import { erasureOperations } from './erasure-operations';
import { eventOperations } from './event-operations';
import type { DocumentedDoor } from './operation';
import { replayOperations } from './replay-operations';
import { serviceOperations } from './service-operations';
import { grantOperations, subscriptionOperations, webhookKeyOperations } from './subscription-operations';
import { topicOperations } from './topic-operations';

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
