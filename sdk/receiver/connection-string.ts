import { hostOf } from './request-validator';

export interface Endpoint {
  /** With its port, in lower case. */
  readonly host: string;
  readonly accessKey: string;
}

/**
 * Reads `Endpoint=https://…;AccessKey=…;Version=1.0;`. Of a repeated part the first counts.
 * @throws TypeError that names the missing part, and never shows the text: the key is in it.
 */
export function parseConnectionString(text: string): Endpoint {
  const parts = new Map<string, string>();
  for (const part of text.split(';').filter((one) => one.trim() !== '')) {
    const at = part.indexOf('=');
    if (at < 0) {
      throw new TypeError('Malformed connection string: each part has the form Key=Value.');
    }
    const name = part.slice(0, at).trim().toLowerCase();
    parts.set(name, parts.get(name) ?? part.slice(at + 1).trim());
  }
  return { host: hostOf(required(parts, 'endpoint')), accessKey: required(parts, 'accesskey') };
}

function required(parts: ReadonlyMap<string, string>, name: string): string {
  const value = parts.get(name);
  if (value === undefined) {
    throw new TypeError(`The connection string has no ${name}.`);
  }
  return value;
}
