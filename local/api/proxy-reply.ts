/** What a function's reply becomes on the wire. */
export interface ProxyReply {
  readonly status: number;
  readonly headers: readonly (readonly [string, string])[];
  readonly body: Buffer;
}

const members = ['statusCode', 'headers', 'multiValueHeaders', 'body', 'isBase64Encoded'];

/** Headers that API Gateway keeps for itself: a function's value comes out under another name. */
const remapped = new Set([
  'authorization',
  'connection',
  'content-length',
  'content-md5',
  'date',
  'expect',
  'host',
  'max-forwards',
  'server',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'user-agent',
  'via',
  'www-authenticate',
]);

/**
 * Reads a function's reply as a proxy integration does.
 * @returns undefined for a reply that API Gateway calls malformed.
 */
export function parseProxyReply(payload: string): ProxyReply | undefined {
  const reply: unknown = JSON.parse(payload);
  if (typeof reply !== 'object' || reply === null || Array.isArray(reply)) {
    return undefined;
  }
  const { statusCode, headers, multiValueHeaders, body, isBase64Encoded } = reply as Record<string, unknown>;
  const status = Number(statusCode);
  const wellFormed =
    Object.keys(reply).every((key) => members.includes(key)) &&
    Number.isInteger(status) &&
    status >= 200 &&
    status <= 599 &&
    (body === undefined || body === null || typeof body === 'string');
  if (!wellFormed) {
    return undefined;
  }
  const pairs = headerPairs(headers, multiValueHeaders);
  return pairs && { status, headers: pairs, body: bytesOf(body, isBase64Encoded === true) };
}

function bytesOf(body: unknown, isBase64Encoded: boolean): Buffer {
  return Buffer.from(typeof body === 'string' ? body : '', isBase64Encoded ? 'base64' : 'utf8');
}

/** Both kinds of headers in one list, the multi-value ones first; undefined when they are malformed. */
function headerPairs(
  headers: unknown,
  multiValueHeaders: unknown,
): (readonly [string, string])[] | undefined {
  const pairs: (readonly [string, unknown])[] = [
    ...Object.entries(multiValueHeaders ?? {}).flatMap(([name, values]) =>
      Array.isArray(values) ? values.map((value) => [name, value] as const) : [[name, {}] as const],
    ),
    ...Object.entries(headers ?? {}),
  ];
  if (!pairs.every(([name, value]) => isHeader(name, value))) {
    return undefined;
  }
  const named = pairs.map(([name, value]) => [wireName(name), String(value)] as const);
  const hasType = named.some(([name]) => name.toLowerCase() === 'content-type');
  return hasType ? named : [...named, ['content-type', 'application/json']];
}

/** Only what can stand on a header line: anything else would let a value write lines of its own. */
function isHeader(name: string, value: unknown): boolean {
  return (
    /^[!#$%&'*+.^_`|~\w-]+$/.test(name) &&
    ['string', 'number', 'boolean'].includes(typeof value) &&
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones to refuse.
    !/[\u0000-\u0008\u000a-\u001f\u007f]|[^\u0000-\u00ff]/.test(String(value))
  );
}

function wireName(name: string): string {
  return remapped.has(name.toLowerCase()) ? `x-amzn-remapped-${name.toLowerCase()}` : name;
}
