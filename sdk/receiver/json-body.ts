import type { ConnectionContext } from './connection-context';
import { InvalidConnectRequestError } from './errors';
import type { RawBody } from './http';

/** Values by name. It has no prototype, so that `claims.constructor` is there only when somebody sent it. */
export type ListsByName = Readonly<Record<string, readonly string[]>>;

export function bytesOf(body: RawBody): Uint8Array {
  return typeof body === 'string' ? new TextEncoder().encode(body) : body;
}

/** @throws TypeError for bytes that are not UTF-8. */
export function textOf(body: RawBody): string {
  return typeof body === 'string' ? body : new TextDecoder('utf-8', { fatal: true }).decode(body);
}

/** @throws TypeError for what JSON cannot say: `JSON.stringify` gives no text for a function or a symbol. */
export function jsonOf(value: unknown): string {
  const text: string | undefined = JSON.stringify(value);
  if (text === undefined) {
    throw new TypeError(`a handler answered with a ${typeof value} that JSON cannot say`);
  }
  return text;
}

/** The members of a JSON body, each checked as it is read: a signature covers the connection, not the body. */
export class JsonBody {
  private constructor(
    private readonly context: ConnectionContext,
    private readonly members: Readonly<Record<string, unknown>>,
  ) {}

  /** @throws InvalidConnectRequestError for what is no JSON object; nothing at all counts as an empty one if `mayBeEmpty`. */
  static parse(context: ConnectionContext, body: RawBody, mayBeEmpty = false): JsonBody {
    if (body.length === 0 && mayBeEmpty) {
      return new JsonBody(context, {});
    }
    const value = parseJson(context, body);
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      const text = `The body of ${context.eventType} must be a JSON object.`;
      // The Python library fails on it with an error that is none of its own.
      throw context.profile.isPython
        ? new TypeError(text)
        : new InvalidConnectRequestError(context, { text });
    }
    return new JsonBody(context, value as Record<string, unknown>);
  }

  /** Lists of strings by name; none when it is missing or null. */
  lists(name: string): ListsByName {
    const value = this.members[name] ?? {};
    this.expect(
      name,
      isObject(value) && Object.values(value).every(isListOfStrings),
      'lists of strings by name',
    );
    return Object.assign(Object.create(null), value);
  }

  strings(name: string): readonly string[] {
    const value = this.members[name] ?? [];
    this.expect(name, isListOfStrings(value), 'a list of strings');
    return value as string[];
  }

  objects<Member>(name: string): readonly Member[] {
    const value = this.members[name] ?? [];
    this.expect(name, Array.isArray(value) && value.every(isObject), 'a list of objects');
    return value as Member[];
  }

  object<Member>(name: string): Member | undefined {
    const value = this.members[name] ?? undefined;
    this.expect(name, value === undefined || isObject(value), 'an object');
    return value as Member | undefined;
  }

  /** Null stays null; missing is undefined. */
  string(name: string): string | null | undefined {
    const value = this.members[name];
    this.expect(name, value === undefined || value === null || typeof value === 'string', 'text');
    return value as string | null | undefined;
  }

  private expect(key: string, isExpected: boolean, expected: string): void {
    // The Python library hands over whatever came.
    if (!isExpected && !this.context.profile.isPython) {
      const text = `${key} in the body of ${this.context.eventType} must be ${expected}.`;
      throw new InvalidConnectRequestError(this.context, { key, text });
    }
  }
}

function parseJson(context: ConnectionContext, body: RawBody): unknown {
  try {
    return JSON.parse(textOf(body));
  } catch {
    throw new InvalidConnectRequestError(context, { text: `The body of ${context.eventType} is not JSON.` });
  }
}

function isObject(value: unknown): value is object {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isListOfStrings(value: unknown): boolean {
  return Array.isArray(value) && value.every((item) => typeof item === 'string');
}
