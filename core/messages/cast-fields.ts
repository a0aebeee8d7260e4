import { BLANK, INVALID, RefusedFields } from './field-errors';
import { type Fields, MOST_CHARACTERS } from './message';

/** The largest whole number that the original's columns hold. */
const LARGEST_INTEGER = 2_147_483_647;

/**
 * Reads the fields of a call as the original casts them (contract Postoffice, section 1): truths and whole numbers also
 * as text. What is wrong is collected; `finish` refuses it all at once.
 */
export interface FieldCast {
  /** Not blank; of at most 255 characters. */
  text(name: string): string;
  /** `null` is blank where `orNull` is left out. */
  truth(name: string, otherwise: boolean): boolean;
  /** Above 0. `undefined` where it is not given. */
  count(name: string, most?: number): number | null | undefined;
  /** @throws RefusedFields. */
  finish(): void;
  refuse(name: string, problem: string): void;
}

export function castFields(fields: Fields): FieldCast {
  const problems: Record<string, string[]> = {};
  return { text, truth, count, finish, refuse };

  function refuse(name: string, problem: string): void {
    problems[name] = [...(problems[name] ?? []), problem];
  }

  function given(name: string): unknown {
    const text = fields.get(name);
    return text === undefined ? undefined : JSON.parse(text);
  }

  function text(name: string): string {
    const value = given(name) ?? '';
    if (typeof value !== 'string' || /[\p{Surrogate}\0]/u.test(value)) {
      refuse(name, INVALID);
      return '';
    }
    if (value.trim() === '') {
      refuse(name, BLANK);
    } else if (value.length > MOST_CHARACTERS) {
      refuse(name, `should be at most ${MOST_CHARACTERS} character(s)`);
    }
    return value;
  }

  function truth(name: string, otherwise: boolean): boolean {
    const value = given(name);
    if (value === undefined) {
      return otherwise;
    }
    if (value === null) {
      refuse(name, BLANK);
      return otherwise;
    }
    const read = truths.get(value);
    if (read === undefined) {
      refuse(name, INVALID);
    }
    return read ?? otherwise;
  }

  function count(name: string, most = LARGEST_INTEGER): number | null | undefined {
    const text = fields.get(name);
    if (text === undefined || text === 'null') {
      return text === undefined ? undefined : null;
    }
    const [, digits] = /^"?([+-]?\d{1,15})"?$/.exec(text) ?? [];
    const number = Number(digits);
    if (digits === undefined) {
      refuse(name, INVALID);
    } else if (number < 1) {
      refuse(name, 'must be greater than 0');
    } else if (number > most) {
      refuse(name, `must be less than or equal to ${most}`);
    }
    return number;
  }

  function finish(): void {
    if (Object.keys(problems).length > 0) {
      throw new RefusedFields(problems);
    }
  }
}

const truths: ReadonlyMap<unknown, boolean> = new Map<unknown, boolean>([
  [true, true],
  ['true', true],
  ['1', true],
  [false, false],
  ['false', false],
  ['0', false],
]);
