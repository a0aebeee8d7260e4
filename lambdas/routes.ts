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
  { method: 'ANY', path: '/change/status', function: 'read-change-status' },
  { method: 'ANY', path: '/v2/user/{by}/{value}', function: 'read-person' },
  { method: 'ANY', path: '/v1/topics', function: 'manage-topics' },
  { method: 'ANY', path: '/v1/topics/{name}', function: 'manage-topics' },
  { method: 'ANY', path: '/v1/subscriptions', function: 'manage-subscriptions' },
  { method: 'ANY', path: '/v1/subscriptions/{id}', function: 'manage-subscriptions' },
  { method: 'ANY', path: '/v1/deliveries', function: 'manage-deliveries' },
  { method: 'ANY', path: '/v1/deliveries/resend', function: 'manage-deliveries' },
  { method: 'ANY', path: '/health', function: 'read-health' },
  { method: 'ANY', path: '/', function: 'answer-not-found' },
  { method: 'ANY', path: '/{proxy+}', function: 'answer-not-found' },
];
