import type { DeliveryMessage } from '../../../../core/webhooks/deliveries/delivery';
import { FAILURES_ALLOWED, postponeMessage } from '../../../../core/webhooks/deliveries/postpone-message';
import { parseDeliveryMessage } from '../../../../core/webhooks/deliveries/queue-messages';
import type { DeliveryQueue } from '../../../../core/webhooks/ports';
import { aDeliveryMessage } from '../../../support/deliveries';

function makeQueue() {
  const sent: { message: DeliveryMessage; delaySeconds: number }[] = [];
  const queue: DeliveryQueue = { send: async (messages) => void sent.push(...messages) };
  return { queue, sent };
}

describe('postponeMessage', () => {
  it('waits twice as long each time, up to what a queue can hold back', async () => {
    const { queue, sent } = makeQueue();
    let message = aDeliveryMessage();
    for (let failure = 0; failure < 10; failure += 1) {
      await postponeMessage(message, queue);
      message = sent.at(-1)?.message as DeliveryMessage;
    }
    expect(sent.map(({ delaySeconds }) => delaySeconds)).toEqual([
      5, 10, 20, 40, 80, 160, 320, 640, 900, 900,
    ]);
  });

  it('asks for the same attempt of the same delivery, as the worker reads it', async () => {
    const { queue, sent } = makeQueue();
    const message = aDeliveryMessage({ attempt: 3 });
    expect(await postponeMessage(message, queue)).toBe(true);
    const read = parseDeliveryMessage(JSON.parse(JSON.stringify(sent[0]?.message)));
    expect(read).toEqual({ ...message, failures: 1 });
  });

  it('gives up, and sends nothing, once it has failed for days', async () => {
    const { queue, sent } = makeQueue();
    expect(await postponeMessage(aDeliveryMessage({ failures: FAILURES_ALLOWED }), queue)).toBe(false);
    expect(sent).toEqual([]);
  });

  it('fails with the queue, so that the message stays where it is', async () => {
    const queue: DeliveryQueue = { send: () => Promise.reject(new Error('no queue')) };
    await expect(postponeMessage(aDeliveryMessage(), queue)).rejects.toThrow('no queue');
  });
});
