const MAX_HEADERS = 20;
/** Together with our own they stay below what common servers take (8 kB). */
const MAX_BYTES = 4096;

/** RFC 9110, 5.6.2. */
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,64}$/;

/** Visible ASCII with spaces and tabs within: what every server reads alike, and no line break. */
const VALUE = /^[\x21-\x7e](?:[\t\x20-\x7e]*[\x21-\x7e])?$/;

/** Shown in place of every value: the usual reason for a header of one's own is a key. */
export const HIDDEN_VALUE = '***';

/** Of one connection (RFC 9110, 7.6.1), or ours to set. */
const reserved: ReadonlySet<string> = new Set([
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'host',
  'content-length',
  'content-type',
  'content-encoding',
  'expect',
  'user-agent',
  // No header's: the first changes the object that holds it, the second the store takes for a class.
  '__proto__',
  'constructor',
]);

/**
 * Whether a subscription's own headers can be sent with every delivery.
 * @returns what is wrong, naming the header and never its value; `undefined` when nothing is.
 */
export function checkHeaders(headers: Readonly<Record<string, string>>): string | undefined {
  const entries = Object.entries(headers);
  if (entries.length > MAX_HEADERS) {
    return `at most ${MAX_HEADERS} headers`;
  }
  if (entries.reduce((sum, [name, value]) => sum + name.length + value.length + 4, 0) > MAX_BYTES) {
    return `the headers have more than ${MAX_BYTES} bytes together`;
  }
  const names = entries.map(([name]) => name.toLowerCase());
  const doubled = names.find((name, index) => names.indexOf(name) !== index);
  if (doubled !== undefined) {
    return `"${doubled}" comes twice`;
  }
  return entries.map(([name, value]) => checkHeader(name, value)).find((problem) => problem !== undefined);
}

/** Headers that a subscription may not set, whatever their case: the connection's, and the delivery's and its event's own. */
export function isReservedHeader(name: string): boolean {
  const lowerCased = name.toLowerCase();
  return reserved.has(lowerCased) || lowerCased.startsWith('webhook-') || lowerCased.startsWith('ce-');
}

function checkHeader(name: string, value: string): string | undefined {
  if (!NAME.test(name)) {
    return `${JSON.stringify(name.slice(0, 64))} is not a header name`;
  }
  if (isReservedHeader(name)) {
    return `"${name}" is set by the delivery itself or belongs to the connection`;
  }
  if (value === HIDDEN_VALUE) {
    // Whoever sends back what was read would replace the key by its cover.
    return `the value of "${name}" is the cover under which it is shown; send the value, or no headers at all`;
  }
  return VALUE.test(value) ? undefined : `the value of "${name}" is not visible ASCII`;
}
