import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import type { Socket } from 'node:net';

/** The `code` of the error when the proxy opens no tunnel, whatever it is that it says. */
export const PROXY_FAILED = 'PROXY_FAILED';

/** No attempt lasts longer: a tunnel that is there only then has nobody left who would use it. */
const LONGEST_MILLISECONDS = 30_000;

/**
 * Has a forward proxy connect to an address that was vetted (RFC 9110, section 9.3.6): an address and not a
 * name, so that the proxy has nothing to resolve.
 * @throws Error with the code `PROXY_FAILED`.
 */
export function openTunnel(
  proxy: URL,
  target: { readonly address: string; readonly family: number; readonly port: number },
): Promise<Socket> {
  const host = target.family === 6 ? `[${target.address}]` : target.address;
  const authority = `${host}:${target.port}`;
  return new Promise((resolve, reject) => {
    const request = (proxy.protocol === 'https:' ? httpsRequest : httpRequest)(proxy, {
      method: 'CONNECT',
      path: authority,
      headers: { host: authority },
      // A connection of its own: it becomes the tunnel.
      agent: false,
      timeout: LONGEST_MILLISECONDS,
    });
    const fail = (why: string) => {
      reject(Object.assign(new Error(`the forward proxy ${why}`), { code: PROXY_FAILED }));
      request.destroy();
    };
    request.once('connect', ({ statusCode = 0 }, socket: Socket, head) => {
      if (statusCode < 200 || statusCode > 299) {
        socket.destroy();
        fail(`answered ${statusCode}`);
      } else {
        socket.unshift(head);
        socket.setTimeout(0);
        resolve(socket);
      }
    });
    request.once('timeout', () => fail('does not answer'));
    request.on('error', (error) => fail(`cannot be used: ${error.message}`));
    request.once('close', () => fail('closed the connection'));
    request.end();
  });
}
