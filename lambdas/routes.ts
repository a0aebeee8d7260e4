import type { FunctionName } from './functions';

/** THE MAP of the API: method + path → function. Functions answer OPTIONS and 405 themselves, hence ANY. */
export interface Route {
  readonly method: 'ANY' | 'GET' | 'POST' | 'PUT' | 'DELETE' | 'OPTIONS';
  /** API Gateway's resource path: `{name}` is one segment, `{name+}` the rest. */
  readonly path: string;
  readonly function: FunctionName;
}

export const routes: readonly Route[] = [
  { method: 'ANY', path: '/change', function: 'submit-change' },
  { method: 'ANY', path: '/changes', function: 'submit-change' },
  { method: 'ANY', path: '/change/status', function: 'read-change-status' },
  { method: 'ANY', path: '/v2', function: 'read-health' },
  { method: 'ANY', path: '/v2/version', function: 'read-health' },
  { method: 'ANY', path: '/v2/status', function: 'read-change-status' },
  { method: 'ANY', path: '/v2/user', function: 'submit-change' },
  // Two services of the original share this path: the listing (below) and the batch.
  { method: 'POST', path: '/v2/users', function: 'submit-change' },
  { method: 'PUT', path: '/v2/users', function: 'submit-change' },
  { method: 'ANY', path: '/v2/user/{by}/{value}', function: 'read-person' },
  { method: 'ANY', path: '/v2/user/metadata/{primary_email}', function: 'read-person' },
  { method: 'ANY', path: '/v2/users', function: 'list-people' },
  { method: 'ANY', path: '/v2/users/id/all', function: 'list-people' },
  { method: 'ANY', path: '/v2/users/id/all/by_attribute_contains', function: 'list-people' },
  { method: 'ANY', path: '/.well-known/mozilla-iam', function: 'read-well-known' },
  { method: 'ANY', path: '/.well-known/mozilla-iam-publisher-rules', function: 'read-well-known' },
  { method: 'ANY', path: '/.well-known/profile.schema', function: 'read-well-known' },
  { method: 'ANY', path: '/v1/topics', function: 'manage-topics' },
  { method: 'ANY', path: '/v1/topics/{name}', function: 'manage-topics' },
  { method: 'ANY', path: '/v1/subscriptions', function: 'manage-subscriptions' },
  { method: 'ANY', path: '/v1/subscriptions/{id}', function: 'manage-subscriptions' },
  { method: 'ANY', path: '/v1/subscriptions/{id}/replays', function: 'manage-replays' },
  { method: 'ANY', path: '/v1/subscriptions/{id}/replays/{run}', function: 'manage-replays' },
  { method: 'ANY', path: '/v1/subscriptions/{id}/rotate-secret', function: 'manage-subscriptions' },
  { method: 'ANY', path: '/v1/subscriptions/{id}/test', function: 'manage-subscriptions' },
  { method: 'ANY', path: '/.well-known/webhooks/{id}/jwks.json', function: 'read-webhook-keys' },
  { method: 'ANY', path: '/v1/events', function: 'manage-events' },
  { method: 'ANY', path: '/v1/events/{id}', function: 'manage-events' },
  { method: 'ANY', path: '/v1/events/{id}/ledger', function: 'manage-events' },
  { method: 'ANY', path: '/v1/ledger', function: 'manage-events' },
  { method: 'ANY', path: '/v1/deliveries', function: 'manage-deliveries' },
  { method: 'ANY', path: '/v1/deliveries/resend', function: 'manage-deliveries' },
  { method: 'ANY', path: '/v1/deliveries/{id}', function: 'manage-deliveries' },
  { method: 'ANY', path: '/v1/erasures', function: 'manage-erasures' },
  { method: 'ANY', path: '/v1/erasures/{id}', function: 'manage-erasures' },
  { method: 'ANY', path: '/v1/accounts', function: 'manage-accounts' },
  { method: 'ANY', path: '/v1/accounts/{id}', function: 'manage-accounts' },
  { method: 'ANY', path: '/v1/accounts/{id}/rotate-token', function: 'manage-accounts' },
  { method: 'ANY', path: '/v1/accounts/{id}/keys', function: 'manage-accounts' },
  { method: 'ANY', path: '/v1/accounts/{id}/keys/{key_id}', function: 'manage-accounts' },
  { method: 'ANY', path: '/v1/accounts/{id}/keys/{key_id}/rotate', function: 'manage-accounts' },
  // The code of the original serves the short paths, its README names the long ones.
  { method: 'ANY', path: '/account', function: 'register-account' },
  { method: 'ANY', path: '/webhooks/account', function: 'register-account' },
  { method: 'ANY', path: '/subscribe', function: 'subscribe-callback' },
  { method: 'ANY', path: '/webhooks/subscribe', function: 'subscribe-callback' },
  { method: 'ANY', path: '/trigger', function: 'trigger-event' },
  { method: 'ANY', path: '/webhooks/trigger', function: 'trigger-event' },
  { method: 'ANY', path: '/webhooks/resend', function: 'resend-callbacks' },
  { method: 'ANY', path: '/resources', function: 'list-resources' },
  { method: 'ANY', path: '/webhooks/resources', function: 'list-resources' },
  { method: 'ANY', path: '/events', function: 'publish-events' },
  { method: 'ANY', path: '/events/bulk', function: 'publish-events' },
  { method: 'ANY', path: '/api/messages', function: 'accept-messages' },
  { method: 'ANY', path: '/hubs/{hub}/events', function: 'handle-hub-events' },
  { method: 'ANY', path: '/health', function: 'read-health' },
  { method: 'ANY', path: '/openapi.json', function: 'read-openapi' },
  { method: 'ANY', path: '/', function: 'answer-not-found' },
  // `//events`, which no resource can be: bc-events sends it when its URL ends in a slash. The rest is not found.
  { method: 'POST', path: '/{proxy+}', function: 'publish-events' },
  { method: 'ANY', path: '/{proxy+}', function: 'answer-not-found' },
];
