import type { APIGatewayProxyEvent } from 'aws-lambda';

type Call = Pick<APIGatewayProxyEvent, 'resource' | 'path'> & {
  readonly headers: Readonly<Record<string, string>>;
  readonly requestContext?: { readonly path?: string; readonly domainName?: string | undefined };
};

/** A host as it may stand in a URL, with its port; what is none of these is not repeated to anybody. */
const HOST = /^([a-z0-9.-]+|\[[0-9a-f:.]+\])(:\d{1,5})?$/i;

/**
 * Where the caller finds this API: scheme, host and port as asked, and what the gateway puts before our paths (the
 * stage, or the base path of a custom domain); no slash at the end.
 * @param headers in lower case.
 */
export function baseUrlOf({ resource, path, headers, requestContext }: Call): string {
  // A gateway may take its own name from the caller, too.
  const names = [headers.host, requestContext?.domainName];
  const host = names.find((name) => name !== undefined && HOST.test(name)) ?? 'localhost';
  const scheme = headers['x-forwarded-proto'] === 'http' ? 'http' : 'https';
  return `${scheme}://${host}${prefixOf(requestContext?.path ?? path, resource)}`;
}

/** The segments of the asked path that come before those of the resource. */
function prefixOf(path: string, resource: string): string {
  if (resource.includes('+}')) {
    return '';
  }
  const segments = (text: string) => text.split('/').filter((segment) => segment !== '');
  const asked = segments(path);
  return asked
    .slice(0, Math.max(asked.length - segments(resource).length, 0))
    .map((segment) => `/${segment}`)
    .join('');
}
