import { makeSqsDeliveryQueue } from '../../../lambdas/aws/sqs-delivery-queue';
import { handler as resendDeadLetters } from '../../../lambdas/webhooks/resend-dead-letters';
import { aTick } from '../../support/a-tick';
import { aDelivery, aDeliveryMessage } from '../../support/deliveries';
import { type DeliveryStack, startDeliveryStack } from '../../support/delivery-stack';

let stack: DeliveryStack;

beforeAll(async () => {
  stack = await startDeliveryStack();
});

afterAll(() => stack.stop());

describe('resend-dead-letters', () => {
  it('keeps pointers to the dead, removes the others, and buries what the worker could not take', async () => {
    const ended = { endedAt: new Date().toISOString() };
    const dead = aDelivery({ eventId: 'dead', state: 'dead', reason: 'attempts_used_up', ...ended });
    const revived = aDelivery({ eventId: 'revived' });
    await Promise.all([stack.deliveries.write(dead), stack.deliveries.write(revived)]);
    const queue = makeSqsDeliveryQueue(stack.sqs, stack.deadLetterUrl);
    await queue.send([{ message: aDeliveryMessage({ eventId: 'crashed-ü' }), delaySeconds: 0 }]);
    await queue.send(
      [dead, revived].map(({ eventId, subscriptionId, run }) => {
        const pointer = { v: 1, eventId, subscriptionId, run, reason: 'attempts_used_up' };
        return { message: pointer as never, delaySeconds: 0 };
      }),
    );
    await resendDeadLetters(...aTick);
    expect(await stack.deliveries.read(aDeliveryMessage({ eventId: 'crashed-ü' }))).toMatchObject({
      state: 'dead',
      reason: 'worker_crashed',
    });
    // What was kept is hidden for minutes: the queue still counts it, and nothing else.
    expect(await stack.countMessages(stack.deadLetterUrl)).toBe(2);
  });
});
