import { awsFailure } from '../../../../lambdas/aws/targets/aws-failure';
import { RefusedEntryError, TooLargeError } from '../../../../lambdas/aws/targets/aws-sender';

/** As the SDK throws: the message may quote what must not be told. */
function fault(name: string, httpStatusCode: number) {
  return Object.assign(new Error('X-Amz-Security-Token: hush'), { name, $metadata: { httpStatusCode } });
}

describe('awsFailure', () => {
  it.each([
    ['ThrottlingException', 400, 429],
    ['Throttled', 429, 429],
    ['RequestThrottled', 403, 429],
    ['KMSThrottlingException', 400, 429],
    ['ProvisionedThroughputExceededException', 400, 429],
    ['AccessDeniedException', 400, 403],
    ['AccessDenied', 403, 403],
    ['AuthorizationErrorException', 403, 403],
    ['InvalidClientTokenId', 403, 403],
    ['ExpiredTokenException', 400, 403],
    ['SignatureDoesNotMatch', 403, 403],
    ['KmsAccessDenied', 400, 403],
    ['KMSDisabledException', 400, 403],
    ['QueueDoesNotExist', 400, 404],
    ['AWS.SimpleQueueService.NonExistentQueue', 400, 404],
    ['NotFoundException', 404, 404],
    ['ResourceNotFoundException', 400, 404],
    ['InternalFailure', 500, 503],
    ['SomethingNew', 502, 503],
    ['InvalidParameterValue', 400, 400],
    ['InvalidMessageContents', 400, 400],
  ])('%s (%d) is told as %d, by its name alone', (name, answered, status) => {
    expect(awsFailure(fault(name, answered))).toEqual({ status, answer: name });
  });

  it.each([
    ['ThrottlingException', 429],
    ['InternalFailure', 503],
    ['MalformedDetail', 400],
    ['NotAuthorizedForSourceException', 403],
  ])('an entry refused with %s within a call that succeeded is told as %d', (code, status) => {
    expect(awsFailure(new RefusedEntryError(code))).toEqual({ status, answer: code });
  });

  it('says final of what is too large, and nothing else', () => {
    expect(awsFailure(new TooLargeError('the message has 9 bytes; SNS takes 8'))).toEqual({
      status: 413,
      answer: 'the message has 9 bytes; SNS takes 8',
      isFinal: true,
    });
  });

  it('has a failure where the service gave no answer', () => {
    expect(awsFailure(Object.assign(new Error(), { code: 'ECONNREFUSED' }))).toEqual({
      failure: 'connection_refused',
    });
    expect(awsFailure(Object.assign(new Error(), { name: 'TimeoutError', $metadata: {} }))).toEqual({
      failure: 'timeout',
    });
    // An answer of 200 that is none of the service's.
    expect(awsFailure(fault('SyntaxError', 200))).toEqual({ failure: 'connection_failed' });
    expect(awsFailure(new Error('no credentials'))).toEqual({ failure: 'connection_failed' });
  });
});
