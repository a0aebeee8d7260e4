import { setTimeout as wait } from 'node:timers/promises';
import type { CloudFormationCustomResourceEvent } from 'aws-lambda';

export type ResourceAnswer =
  | { readonly status: 'SUCCESS'; readonly physicalResourceId: string }
  | { readonly status: 'FAILED'; readonly physicalResourceId: string; readonly reason: string };

const TRIES = 4;
const TRY_MILLISECONDS = 5000;

/**
 * Tells CloudFormation how a custom resource went, at the pre-signed address that came with the event.
 * @throws when the address cannot be reached; Lambda then invokes the function again.
 */
export async function answerCloudFormation(
  event: CloudFormationCustomResourceEvent,
  answer: ResourceAnswer,
): Promise<void> {
  const { StackId, RequestId, LogicalResourceId, ResponseURL } = event;
  const body = Buffer.from(
    JSON.stringify({
      Status: answer.status,
      ...(answer.status === 'FAILED' && { Reason: answer.reason }),
      PhysicalResourceId: answer.physicalResourceId,
      StackId,
      RequestId,
      LogicalResourceId,
      NoEcho: true,
    }),
  );
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await put(ResponseURL, body);
    } catch (error) {
      if (attempt >= TRIES) {
        throw error;
      }
      await wait(250 * 2 ** attempt);
    }
  }
}

async function put(url: string, body: Buffer): Promise<void> {
  const response = await fetch(url, {
    method: 'PUT',
    // The signature of the address covers the content type: an empty one.
    headers: { 'content-type': '' },
    body,
    signal: AbortSignal.timeout(TRY_MILLISECONDS),
  });
  await response.arrayBuffer();
  if (!response.ok) {
    throw new Error(`CloudFormation's address answered ${response.status}`);
  }
}
