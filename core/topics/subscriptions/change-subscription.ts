import { ServiceError } from '../../errors';
import { type Principal, requireScope } from '../../principal';
import { requireContentMode, requireLegacyGrant } from '../../webhooks/requests/content-mode';
import type { PrivateTargets } from '../../webhooks/targets/network-guard';
import { requireCredentials } from '../credentials/credentials-schema';
import { toFilter } from '../filters/filter-schema';
import type { SubscriptionChanges, SubscriptionEditor, SubscriptionStore } from '../ports';
import { type AskTargetPorts, askTarget } from './ask-target';
import { needsConfirmation, newConfirmation } from './confirmation';
import { requireFormat } from './create-subscription';
import { applyPolicy } from './delivery-policy';
import {
  type DestinationRules,
  requireDestination,
  requireNothingOfHttp,
  requireSecureTarget,
} from './require-destination';
import type { Subscription, WebhookFormat } from './subscription';
import { isSubscriptionId } from './subscription-id';
import type { SubscriptionChangesRequest } from './subscription-schema';

/**
 * The caller's subscription of that id.
 * @throws ServiceError `not_found`, the same for what is not there, deleted or another's.
 */
export async function findOwnSubscription(
  id: string,
  principal: Principal,
  subscriptions: Pick<SubscriptionStore, 'find'>,
): Promise<Subscription> {
  const found = isSubscriptionId(id) ? await subscriptions.find(id) : undefined;
  if (!found || found.state === 'deleted' || found.owner !== principal.subject) {
    throw notFound(id);
  }
  return found;
}

/** Two calls that change where a subscription leads may meet; more than a few at a time are no accident. */
const MAX_TRIES = 4;

/**
 * Changes what is given, in one write; `active` also switches a disabled one on again.
 * @param at ISO 8601.
 * @throws ServiceError `not_found`, `target_refused`, `insufficient_scope` (calls for a system topic), `body_invalid`
 *   (a format that does not tell of the topic), `conflict` (others keep changing where it leads).
 */
export async function changeSubscription(
  id: string,
  request: SubscriptionChangesRequest,
  principal: Principal,
  ports: ChangePorts,
  at: string,
): Promise<Subscription> {
  for (let tries = 0; tries < MAX_TRIES; tries += 1) {
    const found = await findOwnSubscription(id, principal, ports.subscriptions);
    const revised = await revise(found, request, principal, ports, at);
    if (revised) {
      await askTarget(revised, ports);
      return revised;
    }
  }
  throw new ServiceError('conflict', 'others are changing where this subscription leads; try again');
}

type ChangePorts = DestinationRules &
  AskTargetPorts & { readonly subscriptions: Pick<SubscriptionStore, 'find'> & SubscriptionEditor };

/**
 * @returns `undefined` when it is gone, or is sent otherwise than it was found to be: what a target has agreed to
 *   must not become another one's by a change that was judged before.
 */
async function revise(
  found: Subscription,
  request: SubscriptionChangesRequest,
  principal: Principal,
  ports: ChangePorts,
  at: string,
): Promise<Subscription | undefined> {
  // Whoever lost the scope may still pause and delete, but not lead the system's events anywhere.
  if (found.topic.door === 'system' && (leadsElsewhere(request) || request.state === 'active')) {
    requireScope(principal, 'subscriptions:system');
  }
  const isJudged = isSentOtherwise(request);
  if (isJudged) {
    requireWayOut(request, found, ports);
  }
  const changes = {
    ...toChanges(request, found, ports.privateTargets),
    ...toConfirmation(request, found, ports, at),
  };
  return ports.subscriptions.revise(found, changes, at, isJudged ? found : undefined);
}

function isSentOtherwise(request: SubscriptionChangesRequest): boolean {
  const { target, format, content_mode, legacy_grant, headers, credentials } = request;
  return [target, format, content_mode, legacy_grant, headers, credentials].some(
    (change) => change !== undefined,
  );
}

function requireWayOut(
  request: SubscriptionChangesRequest,
  found: Subscription,
  rules: DestinationRules,
): void {
  const { target = found.target, format = found.format, headers = found.headers, credentials } = request;
  // ADS's door keeps any text for a URL, Postoffice's one without a scheme, a topic of Pub/Sub is none: what begins to
  // be sent otherwise is judged at last.
  if (request.target !== undefined || (format !== found.format && keepsAnyText(found.format))) {
    requireDestination(target, rules);
  }
  const shown = credentials === undefined ? found.credentials : credentials;
  requireNothingOfHttp({ target, format, headers, credentials: shown });
  // The mode of the old format goes with it.
  const contentMode = request.content_mode ?? (format === found.format ? found.contentMode : undefined);
  requireContentMode({ target, format, ...(contentMode && { contentMode }) });
  requireSecureTarget({ target, format }, rules);
  requireLegacyGrant(request.legacy_grant, format);
}

function keepsAnyText(format: WebhookFormat): boolean {
  return format === 'ads' || format === 'postoffice' || format === 'pubsub';
}

/**
 * Credentials, too: who issues the tokens learns of every delivery. Another filter lets other events out, another
 * format more of each.
 */
function leadsElsewhere({ target, filter, format, credentials }: SubscriptionChangesRequest): boolean {
  const isLedBy = (change: object | null | undefined) => change !== undefined && change !== null;
  return [target, filter, format].some((change) => change !== undefined) || isLedBy(credentials);
}

/** Another target has agreed to nothing yet. */
function toConfirmation(
  {
    target = '',
    format = '',
  }: { readonly target?: string | undefined; readonly format?: string | undefined },
  found: Subscription,
  ports: AskTargetPorts,
  at: string,
): Pick<SubscriptionChanges, 'confirmation'> {
  const next = { target: target || found.target, format: (format || found.format) as Subscription['format'] };
  if (!needsConfirmation(next)) {
    return found.confirmation ? { confirmation: null } : {};
  }
  const isSame = next.target === found.target && found.confirmation !== undefined;
  return isSame ? {} : { confirmation: newConfirmation({ ...ports, at }) };
}

function toChanges(
  request: SubscriptionChangesRequest,
  found: Subscription,
  privateTargets: PrivateTargets,
): SubscriptionChanges {
  const {
    state,
    target,
    filter,
    format,
    content_mode,
    legacy_grant,
    description,
    headers,
    credentials,
    policy,
  } = request;
  return {
    ...(state !== undefined && { state }),
    ...(target !== undefined && { target }),
    ...(filter !== undefined && { filter: filter && toFilter(filter) }),
    ...(format !== undefined && { format: requireFormat(format, found.topic) }),
    ...((content_mode !== undefined || (format !== undefined && format !== found.format)) && {
      contentMode: content_mode ?? null,
    }),
    ...(legacy_grant !== undefined && { legacyGrant: legacy_grant }),
    ...(description !== undefined && { description }),
    ...(headers !== undefined && { headers }),
    ...(credentials !== undefined && {
      credentials: credentials && requireCredentials(credentials, privateTargets),
    }),
    ...(policy !== undefined && { policy: applyPolicy(policy, found.policy) }),
  };
}

/**
 * Deliveries under way end as skipped.
 * @param at ISO 8601.
 * @throws ServiceError `not_found`, also the second time.
 */
export async function deleteSubscription(
  id: string,
  principal: Principal,
  subscriptions: Pick<SubscriptionStore, 'find' | 'changeState'>,
  at: string,
): Promise<void> {
  const found = await findOwnSubscription(id, principal, subscriptions);
  const from = ['active', 'paused', 'disabled'] as const;
  const { moved } = await subscriptions.changeState(found, { from, to: 'deleted', at });
  if (!moved) {
    throw notFound(id);
  }
}

function notFound(id: string): ServiceError {
  return new ServiceError('not_found', `you have no subscription ${JSON.stringify(id.slice(0, 64))}`);
}
