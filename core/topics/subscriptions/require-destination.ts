import { ServiceError } from '../../errors';
import { explainRefusal, type PrivateTargets, vetUrl } from '../../webhooks/targets/network-guard';
import { explainArnRefusal, isArn, type OwnTargets, vetTargetArn } from '../../webhooks/targets/target-arn';
import type { WebhookFormat } from './subscription';

/** What a stage lets subscriptions lead to. */
export interface DestinationRules {
  readonly privateTargets: PrivateTargets;
  readonly ownTargets: OwnTargets;
}

/** @throws ServiceError `target_refused` with the reason, for a URL as for an ARN. */
export function requireDestination(target: string, { privateTargets, ownTargets }: DestinationRules): void {
  if (!isArn(target)) {
    requireTarget(target, privateTargets);
    return;
  }
  const verdict = vetTargetArn(target, ownTargets);
  if (!verdict.ok) {
    throw new ServiceError('target_refused', `the target is refused: ${explainArnRefusal(verdict.reason)}`);
  }
}

/**
 * Headers and credentials belong to HTTP: on a queue they would be kept and never do anything. So does the format
 * of ADS, whose door keeps any text for a URL and has nobody judge it.
 * @throws ServiceError `body_invalid` naming which.
 */
export function requireNothingOfHttp(subscription: {
  readonly target: string;
  readonly headers?: object | undefined;
  readonly credentials?: object | null | undefined;
  readonly format?: WebhookFormat | undefined;
}): void {
  const { target, headers, credentials, format } = subscription;
  if (!isArn(target)) {
    return;
  }
  const surplus = [
    ...(headers && Object.keys(headers).length > 0 ? ['headers'] : []),
    ...(credentials ? ['credentials'] : []),
  ];
  if (format === 'ads') {
    throw new ServiceError('body_invalid', 'format: "ads" is for targets that are URLs');
  }
  if (surplus.length > 0) {
    throw new ServiceError(
      'body_invalid',
      `${surplus.join(' and ')}: a target that is an ARN takes none, it is called with the stack's own role; ` +
        'leave them out, or remove them',
    );
  }
}

/** For a door that knows URLs alone. @throws ServiceError `target_refused` with the reason. */
function requireTarget(target: string, privateTargets: PrivateTargets): void {
  const verdict = vetUrl(target, privateTargets);
  if (!verdict.ok) {
    throw new ServiceError('target_refused', `the target is refused: ${explainRefusal(verdict.reason)}`);
  }
}

/**
 * CloudEvents go over HTTPS (webhooks 1.0.2, section 2.1), but for a stage that lets private targets be called.
 * @throws ServiceError `target_refused`.
 */
export function requireSecureTarget(
  { target, format }: { readonly target: string; readonly format: WebhookFormat },
  { privateTargets }: DestinationRules,
): void {
  if (format === 'cloudevents' && privateTargets === false && /^http:/i.test(target)) {
    throw new ServiceError('target_refused', 'the target is refused: CloudEvents are sent over https alone');
  }
}
