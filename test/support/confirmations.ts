import type { ConfirmPorts } from '../../core/webhooks/confirmation/confirm-subscription';

/** Of workers whose subscriptions get no CloudEvents: nothing is ever asked. */
export const nobodyIsAsked: Pick<ConfirmPorts, 'confirmations' | 'handshake' | 'randomKey'> = {
  confirmations: { ask: unexpected, write: unexpected },
  handshake: { ask: unexpected },
  randomKey: () => {
    throw new Error('no key is wanted');
  },
};

async function unexpected(): Promise<never> {
  throw new Error('nobody is to be asked');
}
