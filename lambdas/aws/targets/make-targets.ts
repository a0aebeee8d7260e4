import type { HandshakeTarget } from '../../../core/webhooks/confirmation/confirmation-ports';
import type { WebhookTarget } from '../../../core/webhooks/ports';
import { parsePrivateTargets } from '../../../core/webhooks/targets/network-guard';
import { isArn, parseOwnTargets } from '../../../core/webhooks/targets/target-arn';
import { makeHttpHandshake } from '../http-handshake';
import { makeHttpWebhookTarget } from '../http-webhook-target';
import { parseForwardProxy } from '../tunnelling-agents';
import { makeVettedConnections } from '../vetted-connections';
import { makeAwsTarget } from './aws-target';

/** The targets of a stage: URLs behind the network guard, and ARNs of the list. */
export function makeTargets(environment: {
  readonly ALLOW_PRIVATE_TARGETS: string;
  readonly FORWARD_PROXY: string;
  readonly TARGET_ARNS: string;
}): { readonly any: WebhookTarget; readonly http: WebhookTarget; readonly handshake: HandshakeTarget } {
  const settings = {
    allow: parsePrivateTargets(environment.ALLOW_PRIVATE_TARGETS),
    proxy: parseForwardProxy(environment.FORWARD_PROXY),
  };
  const connections = makeVettedConnections(settings);
  const http = makeHttpWebhookTarget(settings, connections);
  const aws = makeAwsTarget(parseOwnTargets(environment.TARGET_ARNS));
  return {
    http,
    handshake: makeHttpHandshake(connections),
    any: { post: (webhook) => (isArn(webhook.url) ? aws : http).post(webhook) },
  };
}
