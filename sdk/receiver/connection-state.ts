import { decodeBase64, encodeBase64 } from './base64';
import { MAX_STATE_BYTES } from './limits';

/** Decoded state: the names are the application's own. It has no prototype. */
export type StateValues = Record<string, unknown>;

/**
 * The state of a connection, which its sender keeps for the handlers: base64 of a JSON object, in a header of
 * requests and replies. Names are kept in a map: `__proto__` is a name like any other.
 */
export class ConnectionState {
  /** Whether a handler has edited it: only then is it sent back. */
  isChanged = false;

  private constructor(
    private values: ReadonlyMap<string, unknown>,
    /** JSON that is no object; the Python library echoes it. */
    private readonly echoed?: unknown,
  ) {}

  static empty(): ConnectionState {
    return new ConnectionState(new Map());
  }

  /** @returns undefined for what is not base64 of a JSON object, or larger than a state can be. */
  static decode(header: string): ConnectionState | undefined {
    const bytes = header.length <= MAX_STATE_BYTES ? decodeBase64(header) : undefined;
    const value = bytes && parse(bytes);
    return isObject(value) ? new ConnectionState(new Map(Object.entries(value))) : undefined;
  }

  /** As the Python library does: any JSON is taken. @throws what is not base64 of JSON. */
  static decodeLeniently(header: string): ConnectionState {
    const text = new TextDecoder('utf-8', { fatal: true }).decode(
      ConnectionState.decodeBytesLeniently(header),
    );
    const value: unknown = JSON.parse(text);
    return isObject(value)
      ? new ConnectionState(new Map(Object.entries(value)))
      : new ConnectionState(new Map(), value);
  }

  /** Python's base64 skips foreign characters. @throws TypeError for a length that cannot be. */
  static decodeBytesLeniently(header: string): Uint8Array {
    const bytes = decodeBase64(header.replace(/[^A-Za-z0-9+/=]/g, ''));
    if (bytes === undefined) {
      throw new TypeError('ce-connectionstate is not base64');
    }
    return bytes;
  }

  copy(): ConnectionState {
    return new ConnectionState(this.values, this.echoed);
  }

  /** @throws TypeError for what JSON cannot hold, RangeError when the state outgrows the header that carries it. */
  set(name: string, value: unknown): void {
    this.replace(new Map([...this.values, [name, value]]));
  }

  /** Quiet when there is no such name. */
  delete(name: string): void {
    this.replace(new Map([...this.values].filter(([other]) => other !== name)));
  }

  clear(): void {
    this.replace(new Map());
  }

  /** Fresh at each read: editing it changes nothing. */
  toObject(): StateValues {
    return Object.assign(Object.create(null), JSON.parse(json(this.values)));
  }

  /** As the header carries it. */
  encode(): string {
    return encodeBase64(
      new TextEncoder().encode(this.echoed === undefined ? json(this.values) : JSON.stringify(this.echoed)),
    );
  }

  private replace(values: ReadonlyMap<string, unknown>): void {
    if (this.echoed !== undefined) {
      throw new TypeError('the connection state that came is no JSON object, so nothing can be set in it');
    }
    const next = new ConnectionState(values).encode();
    if (next.length > MAX_STATE_BYTES) {
      throw new RangeError(
        `the connection state would have ${next.length} bytes, ${MAX_STATE_BYTES} are the most: it travels in a header`,
      );
    }
    this.values = values;
    this.isChanged = true;
  }
}

function json(values: ReadonlyMap<string, unknown>): string {
  return JSON.stringify(Object.fromEntries(values));
}

function parse(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
