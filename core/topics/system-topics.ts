import type { TopicKey } from '../events/event';

/** A topic that is there without anybody making it: what Changewire itself announces. */
export interface SystemTopic {
  readonly key: TopicKey;
  readonly description: string;
}

/** In the order of their names, which is the order in which they are listed. */
export const systemTopics: readonly SystemTopic[] = [
  systemTopic('change.integrated', 'A change has altered a profile; names the change and the user.'),
  systemTopic('change.noop', 'A change has ended without altering anything.'),
  systemTopic('change.rejected', 'A change was refused; names the code, not what was sent.'),
  systemTopic(
    'delivery.dead',
    'A delivery has used up its attempts; names the event, the subscription and why.',
  ),
  systemTopic(
    'delivery.unrecovered',
    'Messages stay at an application: recovery cannot reach it, or cannot take some of its rows; names them and why.',
  ),
  systemTopic('profile.created', 'A person has a profile now; names the attributes that it holds.'),
  systemTopic('profile.deleted', 'A profile is gone; names the user whose it was.'),
  systemTopic(
    'profile.updated',
    'A profile has changed; names the attributes that changed, not their values.',
  ),
  systemTopic('subscription.disabled', 'A subscription was switched off, with the reason.'),
  systemTopic(
    'subscription.failing',
    'A subscription fails and will be switched off; told at 50, 70 and 90 percent of the way.',
  ),
  systemTopic(
    'subscription.recovered',
    'A subscription succeeds again after a warning or a time of being left alone.',
  ),
];

export function findSystemTopic(name: string): SystemTopic | undefined {
  return systemTopics.find(({ key }) => key.name === name);
}

function systemTopic(name: string, description: string): SystemTopic {
  return { key: { door: 'system', name }, description };
}
