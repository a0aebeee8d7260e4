import { corsHeaders, withCredentials, withoutCredentials } from '../../../lambdas/shared/cors';

const origin = 'https://people.example.org';
const preflight = (headers: Record<string, string>) =>
  corsHeaders(
    { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'PUT', ...headers } },
    withCredentials,
  );

describe('corsHeaders', () => {
  it('echo the origin, with credentials or without', () => {
    const call = { method: 'GET', headers: { origin } };
    expect(corsHeaders(call, withCredentials)).toEqual({
      vary: 'Origin',
      'access-control-allow-origin': origin,
      'access-control-allow-credentials': 'true',
    });
    expect(corsHeaders(call, withoutCredentials)).toEqual({
      vary: 'Origin',
      'access-control-allow-origin': origin,
    });
  });

  it.each([
    '',
    '*',
    'people.example.org',
    'https://a b',
    'https://a\r\nset-cookie: x',
    'https://a/path',
    '"https://a"',
  ])('echo nothing that is no origin: %j', (text) => {
    const call = { method: 'OPTIONS', headers: { origin: text, 'access-control-request-method': 'GET' } };
    expect(corsHeaders(call, withCredentials)).toEqual({ vary: 'Origin' });
  });

  it('tell a preflight the methods, and of the headers that it names those that are known', () => {
    const headers = preflight({
      'access-control-request-headers': 'Authorization, X-Evil,content-type, X-CSRFToken',
    });
    expect(headers['access-control-allow-methods']).toBe('DELETE, GET, HEAD, OPTIONS, PATCH, POST, PUT');
    expect(headers['access-control-allow-headers']).toBe('content-type, authorization, x-csrftoken');
    expect(preflight({ 'access-control-request-headers': 'x-evil' })).not.toHaveProperty(
      'access-control-allow-headers',
    );
  });

  it('take a plain OPTIONS for no preflight', () => {
    const headers = corsHeaders({ method: 'OPTIONS', headers: { origin } }, withCredentials);
    expect(headers).not.toHaveProperty('access-control-allow-methods');
  });
});
