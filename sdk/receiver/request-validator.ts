import type { ConnectionContext } from './connection-context';

/** Decides who may send events. Both may be asynchronous. */
export interface RequestValidator {
  /** @returns whether the event may be handled; false is answered with 401. */
  validate(context: ConnectionContext): boolean | Promise<boolean>;
  /** @returns whether that host may send events: asked before it sends any (abuse protection). */
  contains(host: string): boolean | Promise<boolean>;
}

/**
 * Lets named services send events, by what they say of themselves: for networks where nobody else can call.
 *
 * @example
 * ```ts
 * import { AllowedOriginsValidator, EventHandler } from 'changewire/receiver';
 *
 * const requestValidator = new AllowedOriginsValidator(['https://service.example.org']);
 * const handler = new EventHandler({ requestValidator, handleConnect: () => undefined });
 * console.log(await handler.preflight({ 'WebHook-Request-Origin': 'service.example.org' })); // true
 * ```
 */
export class AllowedOriginsValidator implements RequestValidator {
  private readonly hosts: ReadonlySet<string>;

  /** @param origins URLs or hosts. */
  constructor(origins: readonly string[]) {
    this.hosts = new Set(origins.map(hostOf));
  }

  contains(host: string): boolean {
    return this.hosts.has(host.toLowerCase());
  }

  validate({ origins }: ConnectionContext): boolean {
    return origins.some((origin) => this.contains(origin));
  }
}

/** The host of a URL with its port, in lower case; a text without scheme is a host already. */
export function hostOf(endpoint: string): string {
  return endpoint
    .trim()
    .toLowerCase()
    .replace(/^[a-z][a-z0-9+.-]*:\/\//, '')
    .replace(/[/?#].*$/s, '');
}
