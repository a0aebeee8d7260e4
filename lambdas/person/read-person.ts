import { ServiceError } from '../../core/errors';
import { findPerson, parseActivity } from '../../core/person/find-person';
import { type LookUpKey, lookUpKeys, type PersonReader } from '../../core/person/ports';
import { viewProfile } from '../../core/person/profile-view';
import { documentClient } from '../aws/document-client';
import { makeDynamoPersonReader } from '../aws/dynamo-person-reader';
import { type Authenticator, makeAuthenticator } from '../shared/authenticate';
import { cisDialect } from '../shared/cis-dialect';
import { readEnvironment } from '../shared/environment';
import { httpFunction } from '../shared/http-function';
import type { HttpHandler } from '../shared/http-message';

/**
 * Trigger: GET /v2/user/{by}/{value} with a token.
 * Success: 200 with what the token's scopes may see of the profile; `{}` when there is none of that activity.
 * Refusal: 401; 404 for a look-up by anything else.
 * Retry: harmless.
 */
export function makeReadPerson(ports: {
  readonly authenticate: Authenticator;
  readonly people: PersonReader;
}): HttpHandler {
  return async (request) => {
    const { scopes } = await ports.authenticate(request);
    const { by = '', value = '' } = request.parameters;
    if (!isLookUpKey(by)) {
      throw new ServiceError('not_found', `a person is looked up by ${lookUpKeys.join(', ')}, not by this`);
    }
    const profile = await findPerson(
      { by, value: decodeAgain(value), activity: parseActivity(request.query.active) },
      ports.people,
    );
    const { filterDisplay } = request.query;
    return {
      status: 200,
      body: profile ? viewProfile(profile, { scopes, ...(filterDisplay && { filterDisplay }) }) : {},
    };
  };
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
  wire: () => {
    const environment = readEnvironment('read-person');
    return makeReadPerson({
      authenticate: makeAuthenticator(environment),
      people: makeDynamoPersonReader(documentClient(), environment.PROFILES_TABLE_NAME),
    });
  },
});
