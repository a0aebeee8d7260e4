import { ServiceError } from './errors';
import type { Door } from './events/event';

/** Scopes of the management surface; the CIS scopes are in contracts of the change and person doors. */
export type Scope =
  | 'write'
  | 'search:all'
  | 'topics:read'
  | 'topics:write'
  | 'subscriptions:read'
  | 'subscriptions:write'
  | 'subscriptions:system'
  | 'deliveries:read'
  | 'deliveries:write'
  | 'events:read'
  | 'events:write'
  | 'accounts:read'
  | 'accounts:write'
  | 'erase';

/** Who calls, and what the credentials prove. */
export interface Principal {
  /** The token's `sub`; owns what the caller makes. */
  readonly subject: string;
  readonly scopes: ReadonlySet<string>;
  /** The one door whose topics it may subscribe to. @default all of them */
  readonly door?: Door;
}

/** @throws ServiceError `insufficient_scope` naming the scope that is missing. */
export function requireScope(principal: Principal, scope: Scope): void {
  if (!principal.scopes.has(scope)) {
    throw new ServiceError(
      'insufficient_scope',
      `this call needs the scope "${scope}", which the token does not have; ask the token's issuer for it`,
    );
  }
}
