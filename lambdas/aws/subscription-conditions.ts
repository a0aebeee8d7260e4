import type { SigningSecret, Subscription } from '../../core/topics/subscriptions/subscription';
import type { Row } from './row';

/** Beside the state, what a row must be for an update of it. */
export interface Condition {
  readonly expression: string;
  readonly names: Readonly<Record<string, string>>;
  readonly values: Row;
}

export function ifSent({ target, format }: Pick<Subscription, 'target' | 'format'>): Condition {
  return {
    expression: ' AND #target = :found_target AND #format = :found_format',
    names: { '#target': 'target', '#format': 'format' },
    values: { ':found_target': target, ':found_format': format },
  };
}

/** By the newest and their number: a rotation always brings another one in front. */
export function ifSecretsAre(read: readonly SigningSecret[]): Condition {
  return {
    expression: ' AND size(#secrets) = :count AND #secrets[0].#secret = :newest',
    names: { '#secrets': 'secrets', '#secret': 'secret' },
    values: { ':count': read.length, ':newest': read[0]?.secret ?? '' },
  };
}
