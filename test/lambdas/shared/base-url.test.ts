import { baseUrlOf } from '../../../lambdas/shared/base-url';

const resource = '/v2/user/{by}/{value}';
const path = '/v2/user/uuid/u%2F1';
const of = (
  headers: Record<string, string>,
  contextPath: string | undefined,
  domainName?: string,
  at = resource,
) =>
  baseUrlOf({
    resource: at,
    path,
    headers,
    requestContext: {
      ...(contextPath !== undefined && { path: contextPath }),
      ...(domainName && { domainName }),
    },
  });

describe('baseUrlOf', () => {
  it.each([
    [
      { host: 'x.execute-api.aws', 'x-forwarded-proto': 'https' },
      `/prod${path}`,
      'https://x.execute-api.aws/prod',
    ],
    [{ host: 'api.example.org', 'x-forwarded-proto': 'https' }, path, 'https://api.example.org'],
    // A custom domain with a base path.
    [{ host: 'api.example.org' }, `/people/v1${path}`, 'https://api.example.org/people/v1'],
    [{ host: '127.0.0.1:9000', 'x-forwarded-proto': 'http' }, path, 'http://127.0.0.1:9000'],
    [{ host: '[::1]:9000', 'x-forwarded-proto': 'http' }, path, 'http://[::1]:9000'],
    [{ host: 'api.example.org' }, `${path}/`, 'https://api.example.org'],
    [{ host: 'api.example.org' }, undefined, 'https://api.example.org'],
  ])('is what the caller asked: %j %s', (headers, contextPath, url) => {
    expect(of(headers as Record<string, string>, contextPath)).toBe(url);
  });

  it.each(['', 'a b', 'evil.test/x', 'evil.test#', 'user@evil.test', 'a:b', 'evil.test\r\nx: y', 'x:123456'])(
    'falls back on the gateway’s own name for the host %j',
    (host) => {
      expect(of({ host }, path, 'api.example.org')).toBe('https://api.example.org');
      expect(of({ host }, path)).toBe('https://localhost');
    },
  );

  it('repeats no name of the gateway that is none: a gateway may take it from the caller', () => {
    expect(of({ host: 'user@evil.test' }, path, 'user@evil.test')).toBe('https://localhost');
    expect(of({ host: 'evil.test/x' }, path, 'evil.test/x')).toBe('https://localhost');
  });

  it('knows no prefix where the resource takes any path', () => {
    expect(of({ host: 'a' }, '/prod/x/y', undefined, '/{proxy+}')).toBe('https://a');
  });
});
