import type { HoldReason } from '../deliveries/delivery';

/** What is waited for before anything is tried does not count against what a target's limits may hold back. */
export function isUncounted(reason: HoldReason | undefined): boolean {
  return reason === 'replaying' || reason === 'unconfirmed';
}
