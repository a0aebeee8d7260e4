import { InvokeCommand, LambdaClient } from '@aws-sdk/client-lambda';
import { clientSettings, type ServiceEndpoint } from './stream-access';

/** How a batch ended that a function was given. */
export type BatchEnding =
  | { readonly state: 'processed' }
  | { readonly state: 'failed'; readonly reason: string };

/** Hands a batch to a function and waits for its end. @param event JSON. */
export type BatchInvoker = (event: string) => Promise<BatchEnding>;

/** The longest time-out of a stream function is 300 s. */
const PATIENCE_MILLISECONDS = 320_000;

/** Lambda's synchronous invocation, as the mapping makes it. */
export function openFunction(functionName: string, at: ServiceEndpoint): BatchInvoker {
  const client = new LambdaClient(clientSettings(at, PATIENCE_MILLISECONDS));
  return async (event) => {
    const { FunctionError, Payload } = await client.send(
      new InvokeCommand({ FunctionName: functionName, Payload: Buffer.from(event) }),
    );
    const answer = JSON.parse(Buffer.from(Payload ?? []).toString() || 'null') as Answer | null;
    if (FunctionError !== undefined) {
      return { state: 'failed', reason: answer?.errorType ?? FunctionError };
    }
    const failures = answer?.batchItemFailures ?? [];
    return failures.length === 0
      ? { state: 'processed' }
      : { state: 'failed', reason: `${failures.length} records were not processed` };
  };
}

interface Answer {
  readonly errorType?: string;
  readonly batchItemFailures?: readonly unknown[];
}
