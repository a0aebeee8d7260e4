import { callAws } from '../aws/call';
import type { Inventory } from '../template/inventory';
import { required, unknownValue } from '../template/properties';
import type { Resource } from '../template/template';

const attributes = [
  'VisibilityTimeout',
  'DelaySeconds',
  'MessageRetentionPeriod',
  'MaximumMessageSize',
  'ReceiveMessageWaitTimeSeconds',
] as const;

/** Creates the template's queues, the dead-letter queues among them; they always start empty. */
export async function createQueues(inventory: Inventory, endpoint: string): Promise<void> {
  for (const queue of inventory.ofType('AWS::SQS::Queue')) {
    const expectedUrl = String(inventory.ref(queue.logicalId));
    const { QueueUrl } = await callAws<{ QueueUrl: string }>('sqs', endpoint, 'CreateQueue', {
      QueueName: String(inventory.attribute(queue.logicalId, 'QueueName')),
      Attributes: attributesOf(queue),
    });
    if (QueueUrl !== expectedUrl) {
      throw new Error(`the queue emulator made ${QueueUrl} where ${expectedUrl} was expected`);
    }
  }
}

function attributesOf(queue: Resource): Record<string, string> {
  const redrive = queue.properties.RedrivePolicy as
    | { readonly deadLetterTargetArn?: string; readonly maxReceiveCount?: number | string }
    | undefined;
  return {
    ...Object.fromEntries(
      attributes.flatMap((name) => {
        const value = queue.properties[name];
        return value === undefined ? [] : [[name, String(value)]];
      }),
    ),
    ...(redrive && { RedrivePolicy: JSON.stringify(redrivePolicy(queue, redrive)) }),
  };
}

function redrivePolicy(
  queue: Resource,
  policy: { readonly deadLetterTargetArn?: string; readonly maxReceiveCount?: number | string },
): object {
  const maxReceiveCount = Number(policy.maxReceiveCount);
  if (!Number.isInteger(maxReceiveCount) || maxReceiveCount < 1) {
    throw unknownValue(queue, 'RedrivePolicy', policy);
  }
  // The emulator compares: a number that came as text would never be reached.
  return {
    deadLetterTargetArn: required(queue, 'RedrivePolicy', policy.deadLetterTargetArn),
    maxReceiveCount,
  };
}
