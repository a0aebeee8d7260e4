import type { Account } from '../../../../core/accounts/account';
import { type NotifyPorts, notifyOwner } from '../../../../core/webhooks/notices/notify-owner';
import type { Mail } from '../../../../core/webhooks/notices/owner-mail';
import { MemoryAccountStore } from '../../../support/memory-accounts';
import { makeMemoryNoticeMarks } from '../../../support/memory-notice-marks';
import { aNotice, anOwnersAccount } from '../../../support/owner-notices';

function makePorts(account: Account | undefined = anOwnersAccount()) {
  const accounts = new MemoryAccountStore();
  if (account) {
    accounts.accounts.set(account.id, account);
  }
  const mails: Mail[] = [];
  let time = Date.parse('2026-11-20T10:00:00.000Z');
  const ports: NotifyPorts = {
    accounts,
    marks: makeMemoryNoticeMarks(),
    send: async (mail) => void mails.push(mail),
    now: () => new Date(time),
  };
  return { ports, mails, wait: (seconds: number) => (time += seconds * 1000) };
}

function withoutEmail(): Account {
  const { email: _, ...account } = anOwnersAccount();
  return account;
}

describe('notifyOwner', () => {
  it('mails the owner at its address', async () => {
    const { ports, mails } = makePorts();
    expect(await notifyOwner(aNotice(), ports)).toBe('sent');
    expect(mails).toEqual([
      expect.objectContaining({ to: 'ada@example.org', subject: 'Subscription sub_1 was switched off' }),
    ]);
  });

  it.each<[string, Account, Parameters<typeof aNotice>[0]]>([
    ['an account without an address', withoutEmail(), {}],
    ['a suspended account', anOwnersAccount({ state: 'suspended' }), {}],
    ['a deleted account', anOwnersAccount({ state: 'deleted' }), {}],
    ['an account that is not there', anOwnersAccount(), { owner: `acc_${'x'.repeat(24)}` }],
    ['an empty owner', anOwnersAccount(), { owner: '' }],
    [
      'an address with a line break',
      anOwnersAccount({ email: 'ada@example.org\r\nBcc: eve@example.net' }),
      {},
    ],
    ['a list of addresses', anOwnersAccount({ email: 'ada@example.org,eve@example.net' }), {}],
  ])('sends nothing to %s, without an error', async (_, account, changes) => {
    const { ports, mails } = makePorts(account);
    expect(await notifyOwner(aNotice(changes), ports)).toBe('nobody');
    expect(mails).toEqual([]);
  });

  it('does not even look up the subject of a token', async () => {
    const find = jest.fn(async () => anOwnersAccount({ id: 'ada@clients' }));
    const { ports, mails } = makePorts();
    expect(await notifyOwner(aNotice({ owner: 'ada@clients' }), { ...ports, accounts: { find } })).toBe(
      'nobody',
    );
    expect(find).not.toHaveBeenCalled();
    expect(mails).toEqual([]);
  });

  it('mails once for an event, however often and whenever the notice comes', async () => {
    const { ports, mails, wait } = makePorts();
    await notifyOwner(aNotice(), ports);
    expect(await notifyOwner(aNotice(), ports)).toBe('repeated');
    wait(24 * 3600);
    expect(await notifyOwner(aNotice(), ports)).toBe('repeated');
    expect(mails).toHaveLength(1);
    expect(await notifyOwner(aNotice({ eventId: 'evt_2' }), ports)).toBe('sent');
    expect(mails).toHaveLength(2);
  });

  it('mails once when two workers have the notice at the same time; the other has to come again', async () => {
    const { ports, mails } = makePorts();
    const ended = await Promise.allSettled([notifyOwner(aNotice(), ports), notifyOwner(aNotice(), ports)]);
    expect(ended.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(mails).toHaveLength(1);
  });

  it('mails later what could not be sent', async () => {
    const { ports, mails, wait } = makePorts();
    const refusing = { ...ports, send: () => Promise.reject(new Error('throttled')) };
    await expect(notifyOwner(aNotice(), refusing)).rejects.toThrow('throttled');
    // What the queue hides a message for.
    wait(180);
    expect(await notifyOwner(aNotice(), ports)).toBe('sent');
    expect(mails).toHaveLength(1);
  });

  it('sends again, once more at most, when the record of a mail was lost', async () => {
    const { ports, mails, wait } = makePorts();
    const recordSent = () => Promise.reject(new Error('crash'));
    const crashing = { ...ports, marks: { ...ports.marks, recordSent } };
    await expect(notifyOwner(aNotice(), crashing)).rejects.toThrow('crash');
    wait(180);
    expect(await notifyOwner(aNotice(), ports)).toBe('sent');
    expect(await notifyOwner(aNotice(), ports)).toBe('repeated');
    expect(mails).toHaveLength(2);
  });
});
