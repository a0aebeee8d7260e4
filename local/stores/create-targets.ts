import { setTimeout as pause } from 'node:timers/promises';
import { AwsError, callAws } from '../aws/call';
import { ACCOUNT_ID, type Endpoints, REGION } from '../aws/identity';
import type { Inventory } from '../template/inventory';

/** What the functions are told of the targets that are ARNs. */
const VARIABLE = 'TARGET_ARNS';

/**
 * Makes the queues, topics and streams of others that the stage's subscriptions may lead to, so that they are
 * there to be received from. Event buses have no emulator: what is put on one fails, and says so.
 */
export async function createTargets(
  inventory: Inventory,
  endpoints: Pick<Endpoints, 'sqs' | 'kinesis'>,
): Promise<void> {
  await Promise.all(
    ownTargets(inventory).map(async (arn) => {
      const [, , service, , , resource = ''] = arn.split(':');
      if (service === 'sqs') {
        await callAws('sqs', endpoints.sqs, 'CreateQueue', {
          QueueName: resource,
          ...(isFifo(resource) && { Attributes: { FifoQueue: 'true' } }),
        });
      } else if (service === 'sns') {
        await createTopic(endpoints.sqs, resource);
      } else if (service === 'kinesis') {
        await createStream(endpoints.kinesis, resource.replace(/^stream\//, ''));
      }
    }),
  );
}

/** Of this machine's account and region: those of others the functions refuse. */
function ownTargets(inventory: Inventory): readonly string[] {
  const texts = inventory.ofType('AWS::Lambda::Function').flatMap(({ properties }) => {
    const { Variables = {} } = (properties.Environment ?? {}) as { Variables?: Record<string, unknown> };
    return Variables[VARIABLE] ? [String(Variables[VARIABLE])] : [];
  });
  const arns = texts.flatMap((text) => (JSON.parse(text) as { arns: string[] }).arns);
  return [...new Set(arns)].filter((arn) => arn.includes(`:${REGION}:${ACCOUNT_ID}:`));
}

function isFifo(name: string): boolean {
  return name.endsWith('.fifo');
}

/** SNS speaks AWS's older protocol, by forms; its emulator shares the port of the queues'. */
async function createTopic(endpoint: string, name: string): Promise<void> {
  const fifo = { 'Attributes.entry.1.key': 'FifoTopic', 'Attributes.entry.1.value': 'true' };
  const scope = `local/20260101/${REGION}/sns/aws4_request`;
  const response = await fetch(endpoint, {
    method: 'POST',
    headers: {
      authorization: `AWS4-HMAC-SHA256 Credential=${scope}, SignedHeaders=host, Signature=local`,
    },
    body: new URLSearchParams({ Action: 'CreateTopic', Name: name, ...(isFifo(name) && fifo) }),
  });
  if (!response.ok) {
    throw new Error(`the topic ${name} could not be made: ${await response.text()}`);
  }
}

async function createStream(endpoint: string, name: string): Promise<void> {
  try {
    await callAws('kinesis', endpoint, 'CreateStream', { StreamName: name, ShardCount: 1 });
  } catch (error) {
    // Kept by a data directory.
    if (!(error instanceof AwsError && error.code === 'ResourceInUseException')) {
      throw error;
    }
  }
  for (;;) {
    const { StreamDescriptionSummary: summary } = await callAws<{
      StreamDescriptionSummary: { readonly StreamStatus: string };
    }>('kinesis', endpoint, 'DescribeStreamSummary', { StreamName: name });
    if (summary.StreamStatus === 'ACTIVE') {
      return;
    }
    await pause(5);
  }
}
