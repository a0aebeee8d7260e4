import type { OwnerNotice } from './owner-notice';

/** Plain text to one address. */
export interface Mail {
  readonly to: string;
  readonly subject: string;
  readonly text: string;
}

/** Topics may be long, and their names are chosen by others. */
const SHOWN_CHARACTERS = 200;

/** RFC 5321, 4.5.3.1.3: a path of 256, without its brackets. */
const LONGEST_ADDRESS = 254;

const ADDRESS =
  /^[\w.!#$%&'*+/=?^`{|}~-]{1,64}@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/i;

/**
 * Whether a text is exactly one address, and nothing in a header but that: no names, lists, line breaks, comments,
 * quotes or encoded words (RFC 2047). Stricter than the doors, which keep what a client says.
 */
export function isMailAddress(text: string): boolean {
  return text.length <= LONGEST_ADDRESS && ADDRESS.test(text) && !text.includes('=?');
}

/** What the owner of a subscription reads: which one, what happened, what to do. */
export function ownerMail(notice: OwnerNotice): Omit<Mail, 'to'> {
  const id = printable(notice.subscriptionId);
  const subject =
    notice.what.kind === 'disabled'
      ? `Subscription ${id} was switched off`
      : `Subscription ${id} is failing (${notice.what.percent} percent)`;
  const lines = [
    `Subscription: ${id}`,
    `Topic: ${printable(notice.topic)}`,
    `Time: ${printable(notice.at)}`,
    '',
    ...whatHappened(notice.what),
    '',
    ...whatToDo(notice, id),
    '',
    'You get this mail because your account owns the subscription and keeps this address.',
  ];
  return { subject, text: `${lines.join('\n')}\n` };
}

function whatHappened(what: OwnerNotice['what']): readonly string[] {
  if (what.kind === 'failing') {
    return [
      `Deliveries to its target fail. It is ${what.percent} percent of the way to being switched off`,
      'by its own disable rule.',
    ];
  }
  return what.reason === 'gone'
    ? ['It was switched off: its target answered 410 (gone), which asks for no more deliveries.']
    : ['It was switched off: its deliveries failed as often, or for as long, as its disable rule allows.'];
}

function whatToDo({ what }: OwnerNotice, id: string): readonly string[] {
  const look = `GET /v1/deliveries?subscription_id=${id} shows the attempts.`;
  return what.kind === 'failing'
    ? [`What to do: repair the target. ${look}`]
    : [
        'Events that come while it is off are skipped.',
        `What to do: repair the target. ${look}`,
        `Then switch the subscription on again: PATCH /v1/subscriptions/${id} with {"state": "active"}.`,
        'That forgets its failures; its dead letters can be resent after it.',
      ];
}

/** On one line, without what steers a terminal or a mail program, and cut. */
function printable(text: string): string {
  return text
    .slice(0, SHOWN_CHARACTERS)
    .replace(/[\p{C}\p{Zl}\p{Zp}]/gu, ' ')
    .trim();
}
