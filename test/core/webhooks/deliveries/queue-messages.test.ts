import {
  parseDeadLetterMessage,
  parseDeliveryMessage,
} from '../../../../core/webhooks/deliveries/queue-messages';
import { aDeliveryMessage, anEvent } from '../../../support/deliveries';

const pointer = { v: 1, eventId: 'e', subscriptionId: 's', run: 0, reason: 'gone' };

describe('messages of the queues', () => {
  it('read back as they were sent, with and without the event', () => {
    const full = anEvent({ attributes: { a: 'b' }, actor: { type: 'user', id: '1' } });
    const held = aDeliveryMessage({
      ...{ holds: 3, heldSince: '2026-11-20T10:00:00.000Z', heldBy: 'circuit' as const },
      ...{ circuitSince: '2026-11-20T10:00:00.000Z', slotAt: '2026-11-20T10:00:00.000Z' },
    });
    for (const message of [aDeliveryMessage(), held, aDeliveryMessage({ event: full, run: 3, attempt: 9 })]) {
      expect(parseDeliveryMessage(JSON.parse(JSON.stringify(message)))).toEqual(message);
    }
    expect(parseDeadLetterMessage(pointer)).toEqual(pointer);
  });

  it('are never taken for one another', () => {
    expect(parseDeadLetterMessage(aDeliveryMessage())).toBeUndefined();
    expect(parseDeliveryMessage(pointer)).toBeUndefined();
  });

  it.each([
    null,
    undefined,
    'text',
    [],
    {},
    { ...aDeliveryMessage(), v: 2 },
    { ...aDeliveryMessage(), run: -1 },
    { ...aDeliveryMessage(), attempt: 1.5 },
    { ...aDeliveryMessage(), topic: 'no-door' },
    { ...aDeliveryMessage(), eventId: '' },
    { ...aDeliveryMessage(), event: { id: 'x' } },
    { ...aDeliveryMessage(), holds: 0 },
    { ...aDeliveryMessage(), heldBy: 'whim' },
  ])('that are none are told apart (%#)', (body) => {
    expect(parseDeliveryMessage(body)).toBeUndefined();
  });
});
