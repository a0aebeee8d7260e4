import type { SubscriptionReference } from '../../topics/ports';
import type { Confirmation } from '../../topics/subscriptions/confirmation';
import type { TargetFailure } from '../ports';
import type { ConfirmationMessage } from './confirmation-message';
import type { HandshakeAnswer } from './judge-grant';

/** The OPTIONS request that asks a target whether it wants what will be sent. */
export interface HandshakeRequest {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  /** For everything: look-up, connection, request, answer. */
  readonly timeoutSeconds: number;
}

/** The way to a target that has not agreed yet; never throws, follows no redirect, calls nothing that the guard refuses. */
export interface HandshakeTarget {
  ask(request: HandshakeRequest): Promise<HandshakeAnswer | { readonly failure: TargetFailure }>;
}

/** Confirmations, on the rows of their subscriptions. */
export interface ConfirmationStore {
  /**
   * Writes it if nobody has since it was read: `confirmation.revision` is one above what was read. A subscription
   * that is deleted, or whose target was changed meanwhile, is left alone.
   */
  write(reference: SubscriptionReference, confirmation: Confirmation): Promise<'written' | 'conflict'>;
}

/** Has the worker ask a target. */
export interface ConfirmationQueue {
  /** @param delaySeconds 0 to 900. */
  ask(message: ConfirmationMessage, delaySeconds: number): Promise<void>;
}
