import { type AgentOptions, type ClientRequestArgs, Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { type ConnectionOptions, connect as startTls } from 'node:tls';
import type { PrivateTargets } from '../../core/webhooks/targets/network-guard';
import type { Passage } from './passage';
import { openTunnel } from './proxy-tunnel';
import { type ResolveAll, resolveVetted } from './vetting-lookup';

interface TunnellingSettings {
  readonly plain: AgentOptions;
  readonly secure: AgentOptions;
  readonly allow: PrivateTargets;
  readonly resolve: ResolveAll | undefined;
}

/** What an agent asks for a connection with: the options of the request that needs it, and its own. */
type Wanted = ClientRequestArgs & ConnectionOptions & { readonly passage: Passage };
type Created = (error: Error | null, socket: Duplex) => void;

/**
 * Agents whose connections are tunnels through a forward proxy, to addresses that were resolved and vetted
 * here. Plain HTTP goes through a tunnel, too: a proxy that is sent the URL would resolve its name again.
 */
export function makeTunnellingAgents(proxy: URL, settings: TunnellingSettings) {
  const { plain, secure, allow, resolve } = settings;
  const addresses = new WeakMap<object, string>();
  return {
    http: Object.assign(new HttpAgent(plain), { createConnection: connecting((socket) => socket) }),
    // With the target's own name, which the certificate must bear: the proxy is trusted with nothing.
    https: Object.assign(new HttpsAgent(secure), {
      createConnection: connecting((socket, wanted) => startTls({ ...wanted, socket })),
    }),
    tunnelledTo: (socket: Socket) => addresses.get(socket),
  };

  function connecting(dress: (tunnel: Socket, wanted: Wanted) => Socket) {
    return (wanted: Wanted, created: Created): undefined => {
      tunnelTo(wanted).then(
        ({ tunnel, address }) => {
          const socket = dress(tunnel, wanted);
          addresses.set(socket, address);
          created(null, socket);
        },
        (error: Error) => created(error, undefined as unknown as Duplex),
      );
    };
  }

  async function tunnelTo({ host, port, passage }: Wanted) {
    const vetted = await resolveVetted(String(host), allow, resolve);
    // A proxy takes one address; many of them have no way out by IPv6.
    const chosen = vetted.find(({ family }) => family === 4) ?? (vetted[0] as (typeof vetted)[number]);
    passage.isTunnelling = true;
    const tunnel = await openTunnel(proxy, { ...chosen, port: Number(port) });
    passage.isTunnelling = false;
    return { tunnel, address: chosen.address };
  }
}

/** Reads `FORWARD_PROXY`: a URL, or nothing for none. @throws when it is no URL. */
export function parseForwardProxy(text: string): URL | undefined {
  return text === '' ? undefined : new URL(text);
}
