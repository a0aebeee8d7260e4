/**
 * JSON that keeps the text of its numbers: `1.0`, `1e22` and integers of any length stay what they were. Each
 * part knows its own text, so that it can be handed on as it came.
 */
export type ExactJson =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'number'; readonly text: string }
  | { readonly kind: 'string'; readonly text: string; readonly value: string }
  | { readonly kind: 'array'; readonly text: string; readonly items: readonly ExactJson[] }
  | { readonly kind: 'object'; readonly text: string; readonly members: ReadonlyMap<string, ExactJson> };

/** Deeper than any data is meant to be; what reads it later may recurse. */
const MAX_DEPTH = 500;

const SPACE = /[ \t\n\r]*/y;
const LITERAL = /true|false|null/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
/** Up to the closing quote; what stands inside is judged by the platform's own parser. */
const STRING = /"[^"\\]*(?:\\.[^"\\]*)*"/y;

/**
 * Reads strict JSON (RFC 8259); of members with the same name the last one counts.
 * @returns `undefined` for what is none, or is nested more than 500 deep.
 */
export function parseExactJson(text: string): ExactJson | undefined {
  const reader = makeReader(text);
  try {
    const value = reader.value(0);
    reader.skip(SPACE);
    return reader.isAtEnd() ? value : undefined;
  } catch (error) {
    if (error instanceof SyntaxError) {
      return undefined;
    }
    throw error;
  }
}

function makeReader(text: string) {
  let at = 0;
  return { value, skip, isAtEnd: () => at === text.length };

  function skip(pattern: RegExp): string | undefined {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    at += found?.length ?? 0;
    return found;
  }

  function expect(character: string): void {
    if (text[at] !== character) {
      throw new SyntaxError(`expected ${character}`);
    }
    at += 1;
  }

  function value(depth: number): ExactJson {
    if (depth > MAX_DEPTH) {
      throw new SyntaxError('too deep');
    }
    skip(SPACE);
    const start = at;
    switch (text[at]) {
      case '{':
        return { kind: 'object', members: members(depth), text: text.slice(start, at) };
      case '[':
        return { kind: 'array', items: items(depth), text: text.slice(start, at) };
      case '"':
        return { kind: 'string', value: string(), text: text.slice(start, at) };
      default:
        return scalar();
    }
  }

  function scalar(): ExactJson {
    const literal = skip(LITERAL);
    if (literal !== undefined) {
      return { kind: 'literal', text: literal };
    }
    const number = skip(NUMBER);
    if (number === undefined || number === '') {
      throw new SyntaxError('no value');
    }
    return { kind: 'number', text: number };
  }

  function string(): string {
    const quoted = skip(STRING);
    if (quoted === undefined) {
      throw new SyntaxError('no string');
    }
    return JSON.parse(quoted);
  }

  function members(depth: number): ReadonlyMap<string, ExactJson> {
    const found = new Map<string, ExactJson>();
    list('{', '}', () => {
      skip(SPACE);
      const name = string();
      skip(SPACE);
      expect(':');
      found.set(name, value(depth + 1));
    });
    return found;
  }

  function items(depth: number): readonly ExactJson[] {
    const found: ExactJson[] = [];
    list('[', ']', () => found.push(value(depth + 1)));
    return found;
  }

  function list(open: string, close: string, read: () => void): void {
    expect(open);
    skip(SPACE);
    if (text[at] !== close) {
      read();
      skip(SPACE);
      while (text[at] === ',') {
        at += 1;
        read();
        skip(SPACE);
      }
    }
    expect(close);
  }
}
