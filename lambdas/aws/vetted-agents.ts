import { type AgentOptions, Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Socket } from 'node:net';
import type { PrivateTargets } from '../../core/webhooks/targets/network-guard';
import { makeTunnellingAgents } from './tunnelling-agents';
import { makeVettingLookup, type ResolveAll } from './vetting-lookup';

/** Well below what servers and load balancers keep an idle connection for. */
const IDLE_MILLISECONDS = 4000;

export interface VettedAgentSettings {
  readonly allow: PrivateTargets;
  /** The forward proxy that every connection goes through. */
  readonly proxy?: URL | undefined;
  /** How names are resolved, for tests. */
  readonly resolve?: ResolveAll;
  /** PEM of a further certificate authority, for tests. */
  readonly authority?: string;
  readonly keepAlive: boolean;
}

/** The connections of one pool: none is made to an address that was not vetted. */
export interface VettedAgents {
  readonly http: HttpAgent;
  readonly https: HttpsAgent;
  /** The address at the other end of a proxy's tunnel; `undefined` for a connection without one. */
  tunnelledTo(socket: Socket): string | undefined;
}

/**
 * Agents that resolve a name themselves, vet its addresses and connect to exactly those, so that neither a
 * second look-up nor a proxy decides where a request goes. The environment's own proxies are not heeded.
 */
export function makeVettedAgents(settings: VettedAgentSettings): VettedAgents {
  const { allow, proxy, resolve, authority, keepAlive } = settings;
  const plain = { keepAlive, timeout: IDLE_MILLISECONDS };
  const secure = { ...plain, ...(authority && { ca: authority }) };
  if (proxy) {
    return makeTunnellingAgents(proxy, { plain, secure, allow, resolve });
  }
  const lookup = makeVettingLookup(allow, resolve);
  return {
    // The agents hand these on to the sockets that they make, which the types do not know.
    http: new HttpAgent({ ...plain, lookup } as AgentOptions),
    https: new HttpsAgent({ ...secure, lookup } as AgentOptions),
    tunnelledTo: () => undefined,
  };
}
