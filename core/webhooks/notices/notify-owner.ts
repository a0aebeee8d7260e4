import { isAccountId } from '../../accounts/account';
import type { AccountStore } from '../../accounts/ports';
import { isMailAddress, type Mail, ownerMail } from './owner-mail';
import type { OwnerNotice } from './owner-notice';

/** Says which notices were mailed, by the ids of their events. */
export interface NoticeMarks {
  /**
   * Takes a notice for a while, in one atomic step.
   * @param until from then on another may take it, unless it was sent.
   * @returns `sent`: it was mailed before; `busy`: another is at it.
   */
  claim(eventId: string, now: Date, until: Date): Promise<'claimed' | 'sent' | 'busy'>;
  recordSent(eventId: string, now: Date): Promise<void>;
}

export interface NotifyPorts {
  readonly accounts: Pick<AccountStore, 'find'>;
  readonly marks: NoticeMarks;
  /** Returns when the service has taken the mail. @throws an error that names no address. */
  readonly send: (mail: Mail) => Promise<void>;
  readonly now: () => Date;
}

/** `nobody`: the owner is no account, or one without an address, suspended or deleted. */
export type NoticeOutcome = 'sent' | 'repeated' | 'nobody';

/**
 * Longer than one run of the function, shorter than the queue hides a message: what a crashed run had taken is
 * free when its message comes again.
 */
const CLAIM_SECONDS = 60;

/**
 * Mails a notice to the owner of its subscription, once: only a crash between the mail and its record sends it
 * again. The account counts as it is now, not as it was when the notice was made.
 * @throws when a store or the mail service fails, or another is at it: the queue must show the message again.
 */
export async function notifyOwner(notice: OwnerNotice, ports: NotifyPorts): Promise<NoticeOutcome> {
  const to = await addressOf(notice.owner, ports);
  if (to === undefined) {
    return 'nobody';
  }
  const now = ports.now();
  const until = new Date(now.getTime() + CLAIM_SECONDS * 1000);
  const claim = await ports.marks.claim(notice.eventId, now, until);
  if (claim === 'busy') {
    throw new Error('another is at this notice: look again when its claim has ended');
  }
  if (claim === 'sent') {
    return 'repeated';
  }
  await ports.send({ to, ...ownerMail(notice) });
  await ports.marks.recordSent(notice.eventId, ports.now());
  return 'sent';
}

async function addressOf(
  owner: string,
  { accounts }: Pick<NotifyPorts, 'accounts'>,
): Promise<string | undefined> {
  const account = isAccountId(owner) ? await accounts.find(owner) : undefined;
  if (account?.state !== 'active' || account.email === undefined) {
    return undefined;
  }
  return isMailAddress(account.email) ? account.email : undefined;
}
