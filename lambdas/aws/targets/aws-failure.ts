import type { TargetFailure } from '../../../core/webhooks/ports';
import { targetFailure } from '../target-failure';
import type { RefusedEntryError } from './aws-sender';

/** The part of an SDK's error that is read: never its message, which may quote signed headers. */
interface ServiceFault {
  readonly name: string;
  readonly $metadata?: { readonly httpStatusCode?: number };
}

/** AWS names the same thing differently from service to service; the first match counts. */
const statuses: readonly (readonly [status: number, names: RegExp])[] = [
  [429, /Throttl|TooManyRequests|RequestLimitExceeded|ProvisionedThroughputExceeded|OverLimit/],
  [403, /AccessDenied|AuthorizationError|NotAuthorized|UnrecognizedClient|InvalidClientTokenId/],
  [403, /ExpiredToken|SignatureDoesNotMatch|MissingAuthenticationToken|OptInRequired|^Kms(?!Throttl)|^KMS/],
  [404, /NotFound|QueueDoesNotExist|NonExistentQueue/],
  [503, /InternalFailure|InternalError|InternalException|ServiceUnavailable|InternalServer/],
];

/** What the engine is to make of an error: the status that an HTTP subscriber would have answered with. */
export function awsFailure(
  error: unknown,
):
  | { readonly status: number; readonly answer: string; readonly isFinal?: boolean }
  | { readonly failure: TargetFailure } {
  const { name, $metadata } = error as ServiceFault;
  // By their names: a sender in a file of its own has these classes once more.
  if (name === 'TooLargeError') {
    return { status: 413, answer: (error as Error).message, isFinal: true };
  }
  const isEntry = name === 'RefusedEntryError';
  const code = isEntry ? (error as RefusedEntryError).code : name;
  const answered = isEntry ? 400 : $metadata?.httpStatusCode;
  if (answered === undefined || answered < 400) {
    // No answer of the service, or none that could be read.
    return { failure: targetFailure(error) };
  }
  const known = statuses.find(([, names]) => names.test(code))?.[0];
  return { status: known ?? (answered >= 500 ? 503 : 400), answer: code };
}
