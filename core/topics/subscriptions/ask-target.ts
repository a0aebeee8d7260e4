import { toConfirmationMessage } from '../../webhooks/confirmation/confirmation-message';
import type { ConfirmationQueue } from '../../webhooks/confirmation/confirmation-ports';
import type { Subscription } from './subscription';

export interface AskTargetPorts {
  readonly confirmations: ConfirmationQueue;
  /** Under which the API is called from outside: its host is the origin that asks. */
  readonly baseUrl: string;
  /** Cryptographically random. */
  readonly random: (count: number) => Uint8Array;
}

/** Has the target of a subscription asked, if it is to be: called once the subscription is written. */
export async function askTarget(
  subscription: Subscription,
  { confirmations }: Pick<AskTargetPorts, 'confirmations'>,
): Promise<void> {
  const { confirmation } = subscription;
  if (confirmation?.state === 'pending' && confirmation.attempts === 0) {
    await confirmations.ask(toConfirmationMessage(subscription, confirmation), 0);
  }
}
