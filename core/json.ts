/** Any value that JSON can express. */
export type Json = null | boolean | number | string | readonly Json[] | { readonly [key: string]: Json };
export type JsonObject = { readonly [key: string]: Json };

/**
 * The JSON of a text that somebody configured.
 * @throws Error that names it by `what`; the parser's own message would quote it, and it may be a secret.
 */
export function parseConfiguredJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new Error(`${what} must be JSON`);
  }
}

/** Whether a text is JSON, whatever its value. */
export function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Whether a value nests arrays and objects in more levels than that; looks no deeper. */
export function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) {
    return false;
  }
  return levels === 0 || Object.values(value).some((inner) => isDeeperThan(inner, levels - 1));
}

const SPACE_OR_TEXT = /"[^"\\]*(?:\\.[^"\\]*)*"|[ \t\n\r]+/g;

/** A JSON text without the white space between its parts. @param text that `JSON.parse` takes. */
export function withoutSpace(text: string): string {
  return text.replace(SPACE_OR_TEXT, (part) => (part.startsWith('"') ? part : ''));
}
