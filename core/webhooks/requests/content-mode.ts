import { ServiceError } from '../../errors';
import type { ContentMode, Subscription } from '../../topics/subscriptions/subscription';
import { isArn } from '../targets/target-arn';

/** Queues, streams and buses of the account have no headers, or few. */
export function defaultContentMode(target: string): ContentMode {
  return isArn(target) ? 'structured' : 'binary';
}

/**
 * Makes sure that a content mode, if one is set, has a meaning for the format and can get to the target.
 * @throws ServiceError `body_invalid`.
 */
export function requireContentMode({
  format,
  contentMode,
  target,
}: Pick<Subscription, 'format' | 'contentMode' | 'target'>): void {
  if (contentMode === undefined) {
    return;
  }
  if (format !== 'cloudevents') {
    throw new ServiceError('body_invalid', 'content_mode: is of the format "cloudevents" alone');
  }
  if (isArn(target) && contentMode !== 'structured') {
    throw new ServiceError(
      'body_invalid',
      'content_mode: a target that is an ARN takes "structured" alone: it has no headers for attributes, and one event a message',
    );
  }
}

/** @throws ServiceError `body_invalid` for a grant that no handshake will ask for. */
export function requireLegacyGrant(legacyGrant: boolean | undefined, format: Subscription['format']): void {
  if (legacyGrant === true && format !== 'cloudevents') {
    throw new ServiceError('body_invalid', 'legacy_grant: is of the format "cloudevents" alone');
  }
}
