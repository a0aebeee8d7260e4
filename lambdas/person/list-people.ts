import { ServiceError } from '../../core/errors';
import { parseActivity } from '../../core/person/find-person';
import { listByConnectionMethod, listPeople, listPeopleByEmail } from '../../core/person/list-people';
import { parsePageObject, parsePageToken } from '../../core/person/page-token';
import type { PersonDirectory, PersonReader } from '../../core/person/ports';
import type { Profile } from '../../core/person/profile';
import { viewProfile } from '../../core/person/profile-view';
import { parseBoolean, parsePersonSearch, searchPeople } from '../../core/person/search-people';
import { type Principal, requireScope } from '../../core/principal';
import { documentClient } from '../aws/document-client';
import { makeDynamoPersonDirectory } from '../aws/dynamo-person-directory';
import { makeDynamoPersonReader } from '../aws/dynamo-person-reader';
import { type Authenticator, makeAuthenticator } from '../shared/authenticate';
import { cisDialect } from '../shared/cis-dialect';
import { withCredentials } from '../shared/cors';
import { readEnvironment } from '../shared/environment';
import { httpFunction } from '../shared/http-function';
import type { HttpHandler, HttpReply, HttpRequest } from '../shared/http-message';

export interface ListPeoplePorts {
  readonly authenticate: Authenticator;
  readonly people: PersonReader;
  readonly directory: PersonDirectory;
}

type List = (request: HttpRequest, caller: Principal, ports: ListPeoplePorts) => Promise<HttpReply>;

const lists: Readonly<Record<string, List>> = {
  '/v2/users': listProfiles,
  '/v2/users/id/all': listUserIds,
  '/v2/users/id/all/by_attribute_contains': searchByAttribute,
};

/**
 * Trigger: GET /v2/users, /v2/users/id/all and /v2/users/id/all/by_attribute_contains with a token.
 * Success: 200 with a page and `nextPage`, which is null at the end; a page may be short, even empty, before that.
 * Refusal: 400 for a parameter that is missing or wrong, 401, 403 for a search without the scope `search:all`.
 * Retry: harmless.
 */
export function makeListPeople(ports: ListPeoplePorts): HttpHandler {
  return async (request) => {
    const list = Object.hasOwn(lists, request.resource) ? lists[request.resource] : undefined;
    if (list === undefined) {
      throw new ServiceError('not_found', 'there is no such list of people');
    }
    return list(request, await ports.authenticate(request), ports);
  };
}

async function listProfiles(
  { query }: HttpRequest,
  caller: Principal,
  ports: ListPeoplePorts,
): Promise<HttpReply> {
  const { primaryEmail, filterDisplay } = query;
  // This list knows no `any`.
  const activity = parseActivity(query.active) === 'inactive' ? 'inactive' : 'active';
  const view = (profile: Profile) => viewProfile(profile, { scopes: caller.scopes, filterDisplay });
  const after = parsePageObject(query.nextPage);
  const page =
    primaryEmail === undefined
      ? await listPeople({ activity, after }, ports.directory, view)
      : await listPeopleByEmail({ primaryEmail, activity }, ports.people, view);
  return {
    status: 200,
    body: { Items: page.items, nextPage: page.next === undefined ? null : { id: page.next } },
  };
}

async function listUserIds(
  { query }: HttpRequest,
  _caller: Principal,
  ports: ListPeoplePorts,
): Promise<HttpReply> {
  const { connectionMethod } = query;
  if (connectionMethod === undefined || connectionMethod === '') {
    throw new ServiceError('parameter_missing', 'name a "connectionMethod", such as "ad" or "email"');
  }
  const page = await listByConnectionMethod(
    { connectionMethod, activity: parseActivity(query.active), after: parsePageToken(query.nextPage) },
    ports.directory,
  );
  return { status: 200, body: { users: page.items, nextPage: page.next ?? null } };
}

async function searchByAttribute(
  { query }: HttpRequest,
  caller: Principal,
  ports: ListPeoplePorts,
): Promise<HttpReply> {
  requireScope(caller, 'search:all');
  const { filterDisplay, fullProfiles = 'false' } = query;
  const { scopes } = caller;
  const view = parseBoolean(fullProfiles, 'fullProfiles')
    ? (profile: Profile) => ({
        id: profile.user_id,
        profile: viewProfile(profile, { scopes, filterDisplay }),
      })
    : (profile: Profile) => ({ id: profile.user_id.value });
  const page = await searchPeople<unknown>(
    {
      matches: parsePersonSearch(query),
      activity: parseActivity(query.active),
      after: parsePageToken(query.nextPage),
    },
    ports.directory,
    view,
  );
  return { status: 200, body: { users: page.items, nextPage: page.next ?? null } };
}

export const handler = httpFunction({
  name: 'list-people',
  dialect: cisDialect,
  methods: ['GET'],
  cors: withCredentials,
  wire: () => {
    const environment = readEnvironment('list-people');
    const people = makeDynamoPersonReader(documentClient(), environment.PROFILES_TABLE_NAME);
    return makeListPeople({
      authenticate: makeAuthenticator(environment),
      people,
      directory: makeDynamoPersonDirectory(documentClient(), environment.PROFILES_TABLE_NAME, people),
    });
  },
});
