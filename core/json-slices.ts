/**
 * The texts of the members of a JSON object, as they came: numbers keep every digit. Of a name that comes twice
 * the last one counts, as in `JSON.parse`.
 * @param text a JSON object that `JSON.parse` takes; anything else gives nonsense.
 */
export function sliceMembers(text: string): ReadonlyMap<string, string> {
  const members = new Map<string, string>();
  let at = skipSpace(text, text.indexOf('{') + 1);
  while (text[at] === '"') {
    const nameEnd = skipText(text, at);
    const name = JSON.parse(text.slice(at, nameEnd)) as string;
    const start = skipSpace(text, skipSpace(text, nameEnd) + 1);
    const end = skipValue(text, start);
    members.set(name, text.slice(start, end));
    at = skipSpace(text, skipSpace(text, end) + 1);
  }
  return members;
}

/**
 * The texts of the elements of a JSON array, as they came.
 * @param text a JSON array that `JSON.parse` takes; anything else gives nonsense.
 * @param most how many, from the first one on.
 */
export function sliceElements(text: string, most: number = Number.POSITIVE_INFINITY): readonly string[] {
  const elements: string[] = [];
  let at = skipSpace(text, text.indexOf('[') + 1);
  while (at < text.length && text[at] !== ']' && elements.length < most) {
    const end = skipValue(text, at);
    elements.push(text.slice(at, end));
    const separator = skipSpace(text, end);
    if (text[separator] !== ',') {
      break;
    }
    at = skipSpace(text, separator + 1);
  }
  return elements;
}

/** JSON's own four; `\s` would take more. */
const SPACE = /[ \t\n\r]*/y;
const SCALAR = /[^ \t\n\r,\]}]*/y;
/** What matters between the braces of a value: texts, which may hold braces, and the braces. */
const MARK = /["[\]{}]/g;

function skipSpace(text: string, at: number): number {
  return endOf(SPACE, text, at);
}

function skipValue(text: string, start: number): number {
  const first = text[start];
  if (first === '"') {
    return skipText(text, start);
  }
  return first === '{' || first === '[' ? skipNested(text, start) : endOf(SCALAR, text, start);
}

/** A loop, because a hostile text may nest deeper than the stack. */
function skipNested(text: string, start: number): number {
  let depth = 0;
  let at = start;
  for (;;) {
    MARK.lastIndex = at;
    const mark = MARK.exec(text);
    if (mark === null) {
      return text.length;
    }
    if (mark[0] === '"') {
      at = skipText(text, mark.index);
      continue;
    }
    depth += mark[0] === '{' || mark[0] === '[' ? 1 : -1;
    at = mark.index + 1;
    if (depth === 0) {
      return at;
    }
  }
}

/** @param start of the opening quote. @returns the place behind the closing one. */
function skipText(text: string, start: number): number {
  let at = text.indexOf('"', start + 1);
  while (at !== -1 && isEscaped(text, at)) {
    at = text.indexOf('"', at + 1);
  }
  return at === -1 ? text.length : at + 1;
}

function isEscaped(text: string, at: number): boolean {
  let backslashes = 0;
  while (text[at - 1 - backslashes] === '\\') {
    backslashes += 1;
  }
  return backslashes % 2 === 1;
}

function endOf(pattern: RegExp, text: string, at: number): number {
  pattern.lastIndex = at;
  return at + (pattern.exec(text)?.[0].length ?? 0);
}
