import type { Subscription } from '../../core/topics/subscriptions/subscription';

/** A subscription to `manage/orders` that differs from an ordinary one by what is given. */
export function aSubscription(differences: Partial<Subscription> = {}): Subscription {
  return {
    id: 'sub_0000000000000001',
    topic: { door: 'manage', name: 'orders' },
    owner: 'alice',
    target: 'https://hooks.example/orders',
    format: 'standard',
    state: 'active',
    policy: {
      success: '2xx',
      finalStatuses: [410],
      scheduleSeconds: [5, 300],
      jitter: 0.2,
      timeoutSeconds: 15,
    },
    secrets: [{ secret: `whsec_${Buffer.alloc(32, 7).toString('base64')}` }],
    headers: { 'x-tenant': 'blue' },
    createdAt: '2026-11-20T10:00:00.000Z',
    updatedAt: '2026-11-20T10:00:00.000Z',
    ...differences,
  };
}
