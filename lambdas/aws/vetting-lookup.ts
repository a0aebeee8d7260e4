import { type LookupAddress, type LookupOptions, lookup as systemLookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { type PrivateTargets, vetAddress } from '../../core/webhooks/targets/network-guard';

/** The `code` of the error by which a connection is refused before it is made. */
export const TARGET_REFUSED = 'TARGET_REFUSED';

/** Resolves a name to all its addresses; `dns.lookup` unless a test says otherwise. */
export type ResolveAll = (
  hostname: string,
  options: LookupOptions & { all: true },
  done: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void,
) => void;

/**
 * A look-up for sockets that resolves once, vets every address and hands exactly those on, so that the socket
 * connects to what was vetted. One bad address refuses the name: a mixed answer is an attack or a mistake.
 */
export function makeVettingLookup(allow: PrivateTargets, resolve: ResolveAll = systemLookup): LookupFunction {
  return (hostname, options, done) => {
    resolve(hostname, { ...options, all: true }, (error, addresses) => {
      const [problem, first] = [error ?? judge(addresses, allow), addresses?.[0]];
      if (problem || !first) {
        done(problem as NodeJS.ErrnoException, '');
      } else if (options.all) {
        done(null, addresses);
      } else {
        done(null, first.address, first.family);
      }
    });
  };
}

/** The same, once, for whoever connects to the addresses by other means than a socket of this machine. */
export function resolveVetted(
  hostname: string,
  allow: PrivateTargets,
  resolve: ResolveAll = systemLookup,
): Promise<readonly LookupAddress[]> {
  return new Promise((done, fail) => {
    makeVettingLookup(allow, resolve)(hostname, { all: true }, (error, addresses) =>
      error ? fail(error) : done(addresses as LookupAddress[]),
    );
  });
}

function judge(addresses: readonly LookupAddress[] | undefined, allow: PrivateTargets): Error | undefined {
  if (!addresses || addresses.length === 0) {
    return Object.assign(new Error('the name has no address'), { code: 'ENODATA' });
  }
  return addresses.some(({ address }) => vetAddress(address, allow) !== 'allowed')
    ? Object.assign(new Error('the name leads to a refused address'), { code: TARGET_REFUSED })
    : undefined;
}
