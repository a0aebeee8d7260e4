import { ServiceError } from '../../core/errors';
import { findPerson, parseActivity } from '../../core/person/find-person';
import { describeExistence } from '../../core/person/person-metadata';
import { type LookUpKey, lookUpKeys, type PersonReader } from '../../core/person/ports';
import { viewProfile } from '../../core/person/profile-view';
import { documentClient } from '../aws/document-client';
import { makeDynamoPersonReader } from '../aws/dynamo-person-reader';
import { type Authenticator, makeAuthenticator } from '../shared/authenticate';
import { cisDialect } from '../shared/cis-dialect';
import { withCredentials } from '../shared/cors';
import { readEnvironment } from '../shared/environment';
import { httpFunction } from '../shared/http-function';
import type { HttpHandler, HttpReply, HttpRequest } from '../shared/http-message';

export interface ReadPersonPorts {
  readonly authenticate: Authenticator;
  readonly people: PersonReader;
  /** Whether anybody may ask if an e-mail address is known, as in the original. */
  readonly publicMetadata: boolean;
}

/**
 * Trigger: GET /v2/user/{by}/{value} with a token; GET /v2/user/metadata/{primary_email}, perhaps without.
 * Success: 200 with what the token's scopes may see of the profile; `{}` when there is none of that activity.
 * Refusal: 401; 404 for a look-up by anything else.
 * Retry: harmless.
 */
export function makeReadPerson(ports: ReadPersonPorts): HttpHandler {
  return async (request) => {
    const { primary_email } = request.parameters;
    return primary_email === undefined
      ? readProfile(request, ports)
      : readMetadata(request, primary_email, ports);
  };
}

async function readProfile(request: HttpRequest, ports: ReadPersonPorts): Promise<HttpReply> {
  const { scopes } = await ports.authenticate(request);
  const { by = '', value = '' } = request.parameters;
  if (!isLookUpKey(by)) {
    throw new ServiceError('not_found', `a person is looked up by ${lookUpKeys.join(', ')}, not by this`);
  }
  const { active, filterDisplay } = request.query;
  const profile = await findPerson(
    { by, value: decodeAgain(value), activity: parseActivity(active) },
    ports.people,
  );
  return { status: 200, body: profile ? viewProfile(profile, { scopes, filterDisplay }) : {} };
}

async function readMetadata(
  request: HttpRequest,
  primaryEmail: string,
  ports: ReadPersonPorts,
): Promise<HttpReply> {
  if (!ports.publicMetadata) {
    await ports.authenticate(request);
  }
  return { status: 200, body: await describeExistence(decodeAgain(primaryEmail), ports.people) };
}

function isLookUpKey(text: string): text is LookUpKey {
  return (lookUpKeys as readonly string[]).includes(text);
}

/** CIS's clients encode twice. What is no encoding the second time was encoded once. */
function decodeAgain(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}

export const handler = httpFunction({
  name: 'read-person',
  dialect: cisDialect,
  methods: ['GET'],
  cors: withCredentials,
  wire: () => {
    const environment = readEnvironment('read-person');
    return makeReadPerson({
      authenticate: makeAuthenticator(environment),
      people: makeDynamoPersonReader(documentClient(), environment.PROFILES_TABLE_NAME),
      publicMetadata: environment.PUBLIC_METADATA === 'true',
    });
  },
});
