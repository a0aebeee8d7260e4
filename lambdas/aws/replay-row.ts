import type { RowKey } from './subscription-row';

/** How many runs a subscription has had. */
export function runsRowKey(subscriptionId: string): RowKey {
  return { partition: `subscription#${subscriptionId}`, sort: 'runs' };
}
