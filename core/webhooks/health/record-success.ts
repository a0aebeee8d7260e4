import type { Subscription } from '../../topics/subscriptions/subscription';
import type { Delivery } from '../deliveries/delivery';
import { subscriptionRecovered, tellOperationalEvent } from '../notices/operational-events';
import type { HealthChange, HealthPorts } from './record-failure';

/**
 * Does what a success means for its subscription: nothing, unless it had been failing. The owner is told when there
 * was a warning or an open circuit, before it is recorded. After a crash in between the next success does it.
 * @param subscription as it was read before the attempt.
 */
export async function recordSuccess(
  row: Delivery,
  subscription: Subscription,
  ports: Pick<HealthPorts, 'health' | 'events'>,
): Promise<readonly HealthChange[]> {
  const { health, policy } = subscription;
  const keepsCount = policy.disable?.counts === 'ever';
  const isFailing = health && (health.failingSince ?? health.circuit) !== undefined;
  if (!health || !(isFailing || (health.failures > 0 && !keepsCount))) {
    return [];
  }
  // A pause that the target had asked for is no outage.
  const wasOpen = (health.circuit?.opens ?? 0) > 0;
  const isNews = isFailing && (wasOpen || health.warnedPercent !== undefined);
  if (isNews) {
    const at = row.attempts.at(-1)?.at ?? row.updatedAt;
    await tellOperationalEvent(subscriptionRecovered(subscription, health, at), row, ports);
  }
  await ports.health.clearFailures(subscription, { failingSince: health.failingSince, keepsCount });
  return isNews ? ['recovered'] : [];
}
