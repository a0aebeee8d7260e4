import { asciiJson } from '../../ascii-json';
import type { ExactJson } from '../../exact-json';

/**
 * JSON as Python's `json.dumps` writes it: `, ` and `: ` between, ASCII alone. The numbers are written by
 * `number`, their own text unless it says otherwise.
 */
export function pythonJson(
  value: ExactJson,
  options: { readonly sortKeys?: boolean; readonly number?: (text: string) => string } = {},
): string {
  const { sortKeys = false, number = (text) => text } = options;
  return write(value);

  function write(part: ExactJson): string {
    switch (part.kind) {
      case 'literal':
        return part.text;
      case 'number':
        return number(part.text);
      case 'string':
        return asciiJson(part.value);
      case 'array':
        return `[${part.items.map(write).join(', ')}]`;
      default: {
        const members = [...part.members];
        const ordered = sortKeys ? members.sort(([a], [b]) => byCodePoint(a, b)) : members;
        return `{${ordered.map(([name, member]) => `${asciiJson(name)}: ${write(member)}`).join(', ')}}`;
      }
    }
  }
}

/**
 * The text by which the original tells duplicates: contract ADS, section 5. Keys sorted at every level, numbers as
 * Python spells them, so that neither the order of keys nor white space matters, while `1` and `1.0` differ.
 */
export function canonicalPythonJson(value: ExactJson): string {
  return pythonJson(value, { sortKeys: true, number: pythonNumber });
}

/** Python compares texts by code points, JavaScript by halves of them. */
function byCodePoint(a: string, b: string): number {
  return Buffer.compare(utf32(a), utf32(b));
}

/** Big-endian, four bytes each: compares as its code points do; halves of surrogate pairs count as themselves. */
function utf32(text: string): Buffer {
  const points = Array.from(text, (character) => character.codePointAt(0) as number);
  const bytes = Buffer.alloc(points.length * 4);
  points.forEach((point, index) => {
    bytes.writeUInt32BE(point, index * 4);
  });
  return bytes;
}

const INTEGER = /^-?\d+$/;

/** From this exponent on Python writes a float with one; JavaScript does from 21 on. */
const EXPONENT_FROM = 16;
const EXPONENT_BELOW = -4;

/** A number as Python's `repr` spells it: integers in full, floats by their shortest digits, `1e+22`, `1e-07`. */
export function pythonNumber(text: string): string {
  if (INTEGER.test(text)) {
    return text === '-0' ? '0' : text;
  }
  const value = Number(text);
  if (!Number.isFinite(value)) {
    return value < 0 ? '-Infinity' : 'Infinity';
  }
  // The shortest digits that read back as the same float, which are the same in both languages.
  const [, sign = '', first = '', rest = '', exponentText = ''] =
    /^(-?)(\d)(?:\.(\d+))?e([+-]\d+)$/.exec(value.toExponential()) ?? [];
  const exponent = Number(exponentText);
  const minus = sign || Object.is(value, -0) ? '-' : '';
  if (exponent < EXPONENT_BELOW || exponent >= EXPONENT_FROM) {
    const fraction = rest === '' ? '' : `.${rest}`;
    const digits = String(Math.abs(exponent)).padStart(2, '0');
    return `${minus}${first}${fraction}e${exponent < 0 ? '-' : '+'}${digits}`;
  }
  return minus + placePoint(first + rest, exponent);
}

/** @param digits without a point; the first one counts ten to the power of `exponent`. */
function placePoint(digits: string, exponent: number): string {
  if (exponent < 0) {
    return `0.${'0'.repeat(-exponent - 1)}${digits}`;
  }
  const whole = digits.slice(0, exponent + 1).padEnd(exponent + 1, '0');
  return `${whole}.${digits.slice(exponent + 1) || '0'}`;
}
