import type { Account } from '../../core/accounts/account';
import type { OwnerNotice } from '../../core/webhooks/notices/owner-notice';

export const anOwner = `acc_${'o'.repeat(24)}`;

export function aNotice(changes: Partial<OwnerNotice> = {}): OwnerNotice {
  return {
    v: 1,
    eventId: 'evt_1',
    owner: anOwner,
    subscriptionId: 'sub_1',
    topic: 'webhooks/relation_added',
    at: '2026-11-20T10:00:00.000Z',
    what: { kind: 'disabled', reason: 'failing' },
    ...changes,
  };
}

export function anOwnersAccount(changes: Partial<Account> = {}): Account {
  return {
    id: anOwner,
    name: 'Ada',
    email: 'ada@example.org',
    state: 'active',
    createdAt: '2026-11-20T09:00:00.000Z',
    updatedAt: '2026-11-20T09:00:00.000Z',
    version: 1,
    ...changes,
  };
}
