import { acceptChange } from '../../core/change/accept-change';
import type { ChangeStream } from '../../core/change/ports';
import { requireScope } from '../../core/principal';
import { makeKinesisChangeStream } from '../aws/kinesis-change-stream';
import { kinesisClient } from '../aws/kinesis-client';
import { type Authenticator, makeAuthenticator } from '../shared/authenticate';
import { cisDialect } from '../shared/cis-dialect';
import { readEnvironment } from '../shared/environment';
import { httpFunction } from '../shared/http-function';
import { type HttpHandler, parseJsonBody } from '../shared/http-message';

/** A profile with every attribute signed by 4096-bit keys has some 60 kB. */
const MAX_PROFILE_BYTES = 300_000;

/**
 * Trigger: POST /change with one profile and a token with the scope `write`.
 * Success: 200 `{"status_code":200,"sequence_number":"N"}`, once the stream has the change.
 * Refusal: 400 with the schema's complaints, 401, 403, 413; nothing is kept.
 * Retry: harmless; a change that was accepted twice ends as integrated, then noop.
 */
export function makeSubmitChange(ports: {
  readonly authenticate: Authenticator;
  readonly stream: ChangeStream;
  readonly clock: () => Date;
}): HttpHandler {
  return async (request) => {
    requireScope(await ports.authenticate(request), 'write');
    const acceptance = await acceptChange(parseJsonBody(request, MAX_PROFILE_BYTES), request.query.user_id, {
      stream: ports.stream,
      now: ports.clock().toISOString(),
    });
    if (acceptance.state === 'accepted') {
      return { status: 200, body: { status_code: 200, sequence_number: acceptance.sequenceNumber } };
    }
    const { description } = acceptance;
    return {
      status: 400,
      body: { code: 'schema_invalid', description, status_code: 400, sequence_number: null },
    };
  };
}

export const handler = httpFunction({
  name: 'submit-change',
  dialect: cisDialect,
  methods: ['POST'],
  wire: () => {
    const environment = readEnvironment('submit-change');
    return makeSubmitChange({
      authenticate: makeAuthenticator(environment),
      stream: makeKinesisChangeStream(kinesisClient(), environment.CHANGES_STREAM_NAME),
      clock: () => new Date(),
    });
  },
});
