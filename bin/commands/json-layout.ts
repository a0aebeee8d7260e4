/** A text, what stands alone, or what marks the structure; white space falls between them. */
const token = /"(?:[^"\\]|\\.)*"|[{}[\],:]|[^\s{}[\],:"]+/g;

const tokensOf = (json: string): readonly string[] => json.match(token) ?? [];

/** JSON on one line; parsing and writing it again would cost digits of its numbers. */
export function compactJson(json: string): string {
  return tokensOf(json).join('');
}

/** JSON as `JSON.stringify(…, null, 2)` lays it out, its numbers as they came. */
export function indentedJson(json: string): string {
  let depth = 0;
  let isFirst = false;
  return tokensOf(json)
    .map((one) => {
      const begins = isFirst;
      isFirst = one === '{' || one === '[';
      if (one === '}' || one === ']') {
        depth -= 1;
        return begins ? one : `${lineOf(depth)}${one}`;
      }
      const before = begins ? lineOf(depth) : '';
      depth += isFirst ? 1 : 0;
      return `${before}${one}${one === ':' ? ' ' : ''}${one === ',' ? lineOf(depth) : ''}`;
    })
    .join('');
}

const lineOf = (depth: number): string => `\n${'  '.repeat(depth)}`;
